"""The settings in force, or one sentence that says what is wrong with them and where; never what was set."""

import json
import os
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from midwatch.domain.refusal import Refusal
from midwatch.settings import Settings, in_environment, other_variables, unknown_variable
from midwatch.wiring.registry import Registry, registry
from midwatch.wiring.settings_files import HINT, check_files, is_empty, near, places
from midwatch.wiring.settings_words import first_problem, list_or_table, path_of, words_of

_UNREADABLE = (yaml.YAMLError, OSError, ValueError, TypeError, AttributeError, RecursionError)
_PREFIX = "MIDWATCH_"


def load() -> Settings:
    """Raises Refusal. Without the cause: its text quotes what was set, and a traceback would print it."""
    plugged = registry()
    composed = plugged.settings
    if unknown := unknown_variable(composed):
        first = unknown.upper().removeprefix(_PREFIX).partition("__")[0]
        raise _refusal(f"unknown setting {unknown}{near(first, composed.model_fields)}")
    check_files(composed.model_fields)
    try:
        found = composed()
    except ValidationError as error:
        raise _refusal(_problem(first_problem(error), composed)) from None
    except SettingsError as error:
        raise _refusal(_no_json(error, composed)) from None
    except _UNREADABLE as error:
        raise _refusal(_unreadable(error)) from None
    _check_senders(found, plugged)
    return found


def _refusal(problem: str) -> Refusal:
    return Refusal(f"Invalid settings: {problem}.", HINT)


def _check_senders(found: Settings, plugged: Registry) -> None:
    """Alerts of a source that is misspelt here would be refused, and nothing would say why. What a plug-in that cannot
    be loaded brings is not known: `doctor` tells of it."""
    if not found.senders:
        return
    known = {*plugged.alert_sources, *(one.name for one in plugged.broken)}
    for name in found.senders:
        if name not in known:
            said = near(name, plugged.alert_sources) or f" (one of {', '.join(sorted(plugged.alert_sources))})"
            raise _refusal(f"senders.{name} is not an alert source{said}{_placed(('senders', name))}")


def _unreadable(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and (mark := error.problem_mark):
        return f"not valid YAML in {Path(mark.name).absolute()}, line {mark.line + 1}, column {mark.column + 1}"
    if isinstance(error, OSError):
        return f"{error.filename} cannot be read ({error.strerror})"
    return "midwatch.yaml is not a YAML file of names and values"


def _problem(problem: ErrorDetails, composed: type[Settings]) -> str:
    path = path_of(problem)
    if problem["type"] == "extra_forbidden":
        return f"unknown setting {'.'.join(path)}{near(path[-1], _names(composed, path[:-1]))}{_placed(path)}"
    said = " has nothing below it: leave it out, or set something" if is_empty(path) else words_of(problem)
    return f"{'.'.join(path)}{said}{_placed(path)}"


def _placed(path: Sequence[str]) -> str:
    where = next(iter([*_in_variables(path), *_in_other_variables(path), *places(path)]), "")
    return f" ({where})" if where else ""


def _names(model: type[BaseModel], path: Sequence[str]) -> Collection[str]:
    """What a section can hold; nothing where it is no section."""
    found = _annotation(model, path)
    return found.model_fields if isinstance(found, type) and issubclass(found, BaseModel) else ()


def _annotation(model: type[BaseModel], path: Sequence[str]) -> Any:
    """The declared type of a setting; None where there is none of this path."""
    found: Any = model
    for name in path:
        if not (isinstance(found, type) and issubclass(found, BaseModel)):
            found = get_args(found)[-1] if get_origin(found) is dict else None
            continue
        field = found.model_fields.get(name)
        found = field.annotation if field else None
    return found


def _no_json(error: SettingsError, composed: type[Settings]) -> str:
    """pydantic-settings names the section alone: the variable is the one of it that should be JSON and is none."""
    section = re.search(r'field "([\w.]{1,100})"', str(error))
    if section is None:
        return "a variable is not valid JSON"
    for name in sorted(os.environ):
        path = tuple(name.lower().removeprefix(_PREFIX.lower()).split("__"))
        if name.upper().startswith(_PREFIX) and path[0] == section[1].lower() and _should_be_json(composed, path, name):
            return f"{list_or_table(path)} ({name})"
    return list_or_table((section[1],))


def _should_be_json(composed: type[Settings], path: Sequence[str], name: str) -> bool:
    if _annotation(composed, path) in (str, int, float, bool):
        return False
    try:
        json.loads(os.environ[name])
    except ValueError:
        return True
    return False


def _in_other_variables(path: Sequence[str]) -> Iterator[str]:
    for known, _, also in other_variables(registry().settings):
        if tuple(path[: len(known)]) == known:
            yield from in_environment(also.variables)


def _in_variables(path: Sequence[str]) -> Iterator[str]:
    """The variable that sets it, or a part of it; then one that sets something below it."""
    known = {name.upper(): name for name in os.environ}
    for length in range(len(path), 0, -1):
        name = _PREFIX + "__".join(path[:length]).upper()
        if name in known:
            yield known[name]
    below = _PREFIX + "__".join(path).upper() + "__"
    yield from (known[name] for name in sorted(known) if name.startswith(below))
