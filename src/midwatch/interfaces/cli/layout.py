import io
import sys
from typing import Any

import yaml
from rich.console import Console

from midwatch.domain.investigation import CaseFile
from midwatch.interfaces.cli.forms import Form, SharedPlace
from midwatch.reports import terminal
from midwatch.reports.compose import compose
from midwatch.reports.markdown import markdown

_ONE_LINE = 10_000  # columns: no headline is as long


def show(found: CaseFile, form: Form, place: SharedPlace, *, verbose: bool = False) -> None:
    """Prints the report for people to read: as Markdown, or laid out for a terminal, where several causes are one line
    each without `verbose`."""
    report = compose(found, verbose=verbose or form is Form.MARKDOWN, named=place.several)
    heading = report.source[:1].upper() + report.source[1:] if place.begins else ""
    if form is Form.MARKDOWN:
        sys.stdout.write(markdown(report, heading) + ("\n" if place.several else ""))
    else:
        terminal.show(terminal.console(), report, heading)
        if place.several:
            sys.stdout.write("\n")


def show_first_line(found: CaseFile, form: Form) -> None:
    """The first line of the report, however long it is."""
    head = compose(found).model_copy(update={"sections": ()})
    if form is Form.MARKDOWN:
        text = markdown(head)
    else:
        out = Console(file=io.StringIO(), width=_ONE_LINE, highlight=False, force_terminal=sys.stdout.isatty())
        terminal.show(out, head)
        text = out.file.getvalue() if isinstance(out.file, io.StringIO) else ""
    sys.stdout.write(next((line for line in text.splitlines() if line.strip()), "") + "\n")


def show_yaml(answers: Any) -> None:
    """What -o json prints, as YAML."""
    sys.stdout.write("---\n" + yaml.safe_dump(answers, sort_keys=False, allow_unicode=True))
