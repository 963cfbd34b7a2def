"""The settings in force, or one sentence that says what is wrong with them and where; never what was set."""

import os
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from midwatch.domain.refusal import Refusal
from midwatch.settings import Settings, files, unknown_variable
from midwatch.wiring.registry import registry

_HINT = "Correct midwatch.yaml or the MIDWATCH_ variable; docs/settings.md has all of them"
_UNREADABLE = (yaml.YAMLError, OSError, ValueError, TypeError, AttributeError, RecursionError)


def load() -> Settings:
    """Raises Refusal. Without the cause: its text quotes what was set, and a traceback would print it."""
    composed = registry().settings
    if unknown := unknown_variable(composed):
        first = unknown.upper().removeprefix("MIDWATCH_").partition("__")[0].lower()
        raise Refusal(f"The settings are not right: {unknown} is no setting{_near(first, composed)}.", _HINT)
    try:
        return composed()
    except ValidationError as error:
        raise Refusal(f"The settings are not right: {_problem(error, composed)}.", _HINT) from None
    except SettingsError as error:
        found = re.search(r'field "([\w.]{1,100})"', str(error))
        what = f"{found[1]}: not valid JSON in its variable" if found else "a variable is not valid JSON"
        raise Refusal(f"The settings are not right: {what}.", _HINT) from None
    except _UNREADABLE as error:
        raise Refusal(f"The settings are not right: {_unreadable(error)}.", _HINT) from None


def _unreadable(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and (mark := error.problem_mark):
        return f"not valid YAML in {mark.name}, line {mark.line + 1}, column {mark.column + 1}"
    if isinstance(error, OSError):
        return f"{error.filename} cannot be read ({error.strerror})"
    return "midwatch.yaml is not a YAML file of names and values"


def _problem(error: ValidationError, composed: type[Settings]) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    path = tuple(str(part) for part in first["loc"])
    where = next(iter([*_in_variables(path), *_in_files(path)]), "")
    return f"{'.'.join(path)}{_said(first, path, composed)}{f' ({where})' if where else ''}"


def _said(problem: ErrorDetails, path: Sequence[str], composed: type[Settings]) -> str:
    if problem["type"] != "extra_forbidden":
        return f": {problem['msg'].removeprefix('Value error, ')}"
    return f" is no setting{_near(path[-1], _inside(composed, path[:-1]))}"


def _inside(model: type[BaseModel], path: Sequence[str]) -> type[BaseModel] | None:
    for name in path:
        field = model.model_fields.get(name)
        if field is None or not isinstance(field.annotation, type) or not issubclass(field.annotation, BaseModel):
            return None
        model = field.annotation
    return model


def _near(name: str, model: type[BaseModel] | None) -> str:
    near = get_close_matches(name, model.model_fields, n=1) if model else []
    return f" (did you mean {near[0]}?)" if near else ""


def _in_variables(path: Sequence[str]) -> Iterator[str]:
    """The variable that sets it, or a part of it."""
    known = {name.upper(): name for name in os.environ}
    for length in range(len(path), 0, -1):
        name = "MIDWATCH_" + "__".join(path[:length]).upper()
        if name in known:
            yield known[name]


def _in_files(path: Sequence[str]) -> Iterator[str]:
    """The file and line, of the file that wins."""
    for file in reversed(files()):
        try:
            node = cast(Any, yaml).compose(file.read_text("utf-8"), Loader=yaml.CSafeLoader)
        except (OSError, ValueError, yaml.YAMLError):
            continue
        if line := _line(node, path):
            yield f"{_shown(file)}, line {line}"


def _line(node: Any, path: Sequence[str]) -> int:
    """Of the key, counted from 1; 0 where the file does not have it."""
    line = 0
    for part in path:
        items = cast("list[Any]", node.value) if isinstance(node, yaml.SequenceNode) else []
        if part.isdigit() and int(part) < len(items):
            node = items[int(part)]
            line = int(node.start_mark.line) + 1
            continue
        entries = cast("list[tuple[Any, Any]]", node.value) if isinstance(node, yaml.MappingNode) else []
        found = [(key, value) for key, value in entries if key.value == part]
        if not found:
            return 0
        line, node = int(found[0][0].start_mark.line) + 1, found[0][1]
    return line


def _shown(file: Path) -> str:
    return str(file if file.is_absolute() else file.absolute())
