"""Where the answers of a command go: each as it is found, or in JSON and YAML several as one document."""

import json
import sys
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from midwatch.domain.investigation import Answer, CaseFile
from midwatch.interfaces.cli.forms import Form, Presentation, SharedPlace


@dataclass
class AnswerOutput:
    """With `several` investigations JSON and YAML are one list, printed by `finish`; it holds what was answered."""

    shown: Presentation
    several: bool
    answers: list[Answer] = field(default_factory=list[Answer])

    @property
    def _listed(self) -> bool:
        return self.several and self.shown.form in (Form.JSON, Form.YAML)

    def add(self, found: CaseFile, shared: SharedPlace = SharedPlace()) -> None:  # noqa: B008  (frozen)
        if self._listed:
            self.answers.append(Answer.of(found))
        else:
            show(found, self.shown, shared)

    def finish(self) -> None:
        if not self._listed:
            return
        listed = [json.loads(answer.json_text()) for answer in self.answers]
        if self.shown.form is Form.JSON:
            sys.stdout.write(json.dumps(listed, indent=2, ensure_ascii=False) + "\n")
        else:
            _layout().show_yaml(listed)


def show(found: CaseFile, shown: Presentation, shared: SharedPlace = SharedPlace()) -> None:  # noqa: B008  (frozen)
    """Prints the answer. What lays a report out is loaded where a person reads it, not where a program does."""
    if shown.form is Form.JSON:
        sys.stdout.write(Answer.of(found).json_text())
    elif shown.form is Form.YAML:
        _layout().show_yaml(json.loads(Answer.of(found).json_text()))
    elif shown.quiet:
        _layout().show_first_line(found, shown.form)
    else:
        _layout().show(found, shown.form, shared, verbose=shown.verbose)


def _layout() -> Any:
    return import_module("midwatch.interfaces.cli.layout")
