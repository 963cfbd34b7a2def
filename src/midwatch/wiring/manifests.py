"""What is wrong with the manifest of an outside package, found when it is loaded: the type of every field, names,
expressions, times of schedules, and whether an area can be computed in another process.

The manifests of Midwatch itself are held to the same by a test instead.
"""

import pickle
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from importlib import import_module
from inspect import signature
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin

from midwatch.domain.alert_source import AlertSource
from midwatch.domain.capabilities import Area, Integration

# Without an underscore: a tool's name begins with that of its integration and one, and so belongs to it alone.
NAME = re.compile(r"[a-z][a-z0-9]{0,39}")
SECTION = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")  # one underscore at most between words: variables join with two
_CODE = re.compile(r"[A-Z][A-Z0-9]{1,9}-\d{3,4}")


def mismatch(value: Any, declared: Any, where: str) -> str:
    """What of a value is not of its declared type, in one sentence; "" when all of it is. Annotations that are only
    text are not looked at."""
    origin, inner = get_origin(declared), get_args(declared)
    if declared is Any or isinstance(declared, str):
        return ""
    if origin in (Union, UnionType):
        found = [mismatch(value, one, where) for one in inner]
        return "" if "" in found else found[0]
    if origin is tuple and isinstance(value, tuple):
        return _inside(cast("tuple[Any, ...]", value), inner, where)
    if origin is type:
        return "" if isinstance(value, type) and issubclass(value, inner[0]) else f"{where} is no {inner[0].__name__}"
    if origin is Callable:
        return _not_callable(value, inner, where)
    kind: Any = origin or declared
    if not isinstance(kind, type):
        return ""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        return f"{where} is of type {type(value).__name__}, not {kind.__name__}"
    return _fields(value, where) if is_dataclass(kind) else ""


def _fields(value: Any, where: str) -> str:
    inner = (mismatch(getattr(value, f.name), f.type, f"{where}.{f.name}".lstrip(".")) for f in fields(value))
    return next(filter(None, inner), "")


def _inside(value: Sequence[Any], inner: Sequence[Any], where: str) -> str:
    types = [inner[0]] * len(value) if inner[1:] == (...,) else inner
    if len(types) != len(value):
        return f"{where} has {len(value)} parts, not {len(types)}"
    found = (
        mismatch(one, type_, f"{where}[{place}]") for place, (one, type_) in enumerate(zip(value, types, strict=True))
    )
    return next(filter(None, found), "")


def _not_callable(value: Any, inner: Sequence[Any], where: str) -> str:
    if not callable(value):
        return f"{where} is of type {type(value).__name__}, not a function"
    if not inner or not isinstance(inner[0], list):
        return ""
    try:
        signature(value).bind(*cast("list[Any]", inner[0]))
    except TypeError:
        return f"{where} does not take the {len(cast('list[Any]', inner[0]))} arguments that it is given"
    except ValueError:  # written in C, and tells nothing of its arguments
        return ""
    return ""


def integration_problem(value: Integration) -> str:
    """ "" where nothing is wrong. What its functions give is checked when they are called."""
    return mismatch(value, Integration, "") or next(_integration(value), "")


def _integration(value: Integration) -> Iterator[str]:
    yield from _names(value)
    if value.name in value.uses:
        yield f"it uses itself ({value.name})"


def alert_source_problem(value: Any) -> str:
    """What an integration brings as its alert source."""
    if wrong := mismatch(value, AlertSource, "alert_source"):
        return wrong
    if value.recognises is None:
        return "its alert source has no `recognises`; only the built-in one takes what no other does"
    return ""


def area_problem(value: Area) -> str:
    """ "" where nothing is wrong. Reads neither its grammar nor its codes."""
    return mismatch(value, Area, "") or next(_area(value), "")


def _area(value: Area) -> Iterator[str]:
    yield from _names(value)
    yield from _topics(value)
    for kind in value.entities:
        for text in (kind.pattern, kind.unlike, kind.partial, kind.partial_with, kind.places):
            if wrong := _expression(text):
                yield f"entity kind {kind.name!r}: {text!r} is no regular expression: {wrong}"
    if lacking := set(value.essential) - set(value.systems):
        yield f"{', '.join(sorted(lacking))} is essential, and not one of its systems"
    for scheduled in value.schedules:
        if not _is_cron(scheduled.cron):
            yield f"the schedule {scheduled.name!r} has no valid cron expression: {scheduled.cron!r}"
    yield from pickling(value)


def _topics(value: Area) -> Iterator[str]:
    for topic in value.topics:
        if not SECTION.fullmatch(topic.id.replace("-", "_")):
            yield f"its topic {topic.id!r} is not named in lower case letters, digits and single - or _"
        if topic.area != value.name:
            yield f"its topic {topic.id!r} says that its area is {topic.area!r}"
    if len({topic.id for topic in value.topics}) < len(value.topics):
        yield "two of its topics have one id"


def pickling(value: Area) -> Iterator[str]:
    """Why what it computes with cannot be sent to the process that computes."""
    for name in ("opening", "next_requests", "analyse", "codes", "opens"):
        try:
            pickle.dumps(getattr(value, name))
        except (pickle.PicklingError, AttributeError, TypeError, ValueError, RecursionError):
            yield f"{name} cannot be pickled: it has to be a function of a module, no lambda or inner one"


def _names(value: Integration | Area) -> Iterator[str]:
    if not NAME.fullmatch(value.name):
        yield f"its name {value.name!r} is not 1 to 40 lower case letters and digits, a letter first"
    if value.section and not SECTION.fullmatch(value.section):
        yield f"its section {value.section!r} is not named in lower case letters, digits and single underscores"
    if not value.title.strip():
        yield "it has no title"


def code_problem(codes: Any, own: Sequence[str]) -> str:
    """What is wrong with the codes of an area's findings; `own` are the prefixes that belong to Midwatch."""
    if not isinstance(codes, Mapping):
        return f"codes is of type {type(codes).__name__}, not Mapping"
    names = list(cast("Mapping[Any, Any]", codes))
    for name in names:
        if not isinstance(name, str) or not _CODE.fullmatch(name):
            return f"its finding code {name!r} is not written as ABC-101"
        if name.partition("-")[0] in own:
            return f"its finding code {name!r} is one of Midwatch's: {name.partition('-')[0]} is taken"
    return ""


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        return str(error)
    return ""


def _is_cron(text: str) -> bool:
    """As the queue reads it; loaded only where a schedule is declared."""
    return bool(import_module("croniter").croniter.is_valid(text, second_at_beginning=True))
