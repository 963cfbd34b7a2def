"""What the status of an object says is wrong, whatever its kind: one reading of conditions, phases and errors.

The meaning of a condition's type stands in conditions.yaml.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import cache
from importlib.resources import files
from typing import Any, cast

from midwatch.integrations.kubernetes.objects.custom import CustomResource, StatusCondition
from midwatch.kit import fast_yaml


class Grade(IntEnum):
    """How bad, the worst first."""

    FAILED = 0
    WARNING = 1
    UNKNOWN = 2
    STARTING = 3
    HELD = 4


@dataclass(frozen=True)
class StatusProblem:
    """`label`: `Ready=False`, `phase Failed`. `quote` stands in the object word for word.

    `named`: the text names a failure, and not only what is waited for.
    """

    grade: Grade
    label: str
    reason: str
    said: str
    quote: str
    since: datetime | None = None
    named: bool = False


@cache
def _table() -> Mapping[str, Any]:
    text = files("midwatch.diagnosis.kubernetes").joinpath("conditions.yaml").read_text("utf-8")
    return cast("Mapping[str, Any]", fast_yaml.load(text))


@cache
def _words(name: str) -> re.Pattern[str]:
    return re.compile("|".join(_table()[name]), re.I)


def _ends(type_: str, name: str) -> bool:
    """`example.com/Ready` and `RepositoryReady` end with `ready`."""
    return type_.rpartition("/")[2].lower().endswith(tuple(_table()[name]))


def problems(obj: CustomResource) -> Sequence[StatusProblem]:
    """All that is wrong with the object, the worst and most telling first."""
    found = [p for c in obj.conditions or () if (p := _of_condition(c))]
    found += _of_states(obj)
    if not any(_is_well(c) for c in obj.conditions or ()) or any(
        "detach" in field.lower() for field in obj.errors or ()
    ):
        found += _of_errors(obj)
    if obj.failures:
        results = f"{obj.failures} result{'s' * (obj.failures > 1)} failed"
        found.append(StatusProblem(Grade.WARNING, results, "", obj.said, obj.said))
    return sorted(found, key=lambda p: (p.grade, not p.named, _is_vague(p), -len(p.said)))


def _is_vague(problem: StatusProblem) -> bool:
    return not problem.said or problem.said == problem.reason


def _of_condition(condition: StatusCondition) -> StatusProblem | None:
    grade = _graded(condition)
    if grade is None:
        return None
    said = condition.message.strip()
    part = f" ({condition.part})" if condition.part else ""
    return StatusProblem(
        grade,
        f"{condition.type}={condition.status}{part}",
        condition.reason,
        said or condition.reason,
        condition.message or condition.reason or condition.type,
        condition.last_transition_time,
        grade is Grade.FAILED and names_failure(said),
    )


def _graded(condition: StatusCondition) -> Grade | None:
    type_, status = condition.type, condition.status.lower()
    if status == "false" and condition.reason.lower().endswith(("paused", "suspended")):
        return Grade.HELD
    if _ends(type_, "held"):
        return Grade.HELD if status == "true" else None
    if _ends(type_, "warning"):
        return Grade.WARNING if status == "true" else None
    if type_.rpartition("/")[2].lower() in _table()["neutral"] or condition.severity.lower() == "info":
        return None
    if _ends(type_, "faults"):
        return Grade.FAILED if status == "true" else None
    if _ends(type_, "healthy"):
        return _unwell(condition, status)
    failing = status == "false" and _words("failing").search(condition.reason)
    return Grade.FAILED if failing and not _is_denied(condition.reason) else None


def _unwell(condition: StatusCondition, status: str) -> Grade | None:
    starting = _is_starting(condition)
    if status == "unknown":
        return None if starting else Grade.UNKNOWN
    if status != "false":
        return None
    return Grade.STARTING if starting else Grade.FAILED


def _is_starting(condition: StatusCondition) -> bool:
    """On its way, as far as its reason says, and nothing failed."""
    said = f"{condition.reason} {condition.message}"
    return bool(_words("starting").search(condition.reason)) and not _words("failing").search(said)


def _is_denied(reason: str) -> bool:
    """`NoErrors`, `NotFailed`."""
    return bool(re.match(r"No(?:t|n)?(?=[A-Z])(?!tFound)", reason)) and not reason.endswith("NotFound")


def _is_well(condition: StatusCondition) -> bool:
    return condition.status == "True" and _ends(condition.type, "healthy") and not _ends(condition.type, "faults")


def names_failure(text: str) -> bool:
    """Whether a text says what failed: its last clause does, as errors are wrapped from the outside in."""
    last = text.rstrip(". ").rpartition(": ")[2]
    if _words("failing").search(last):
        return not _words("waiting").search(last)
    return bool(_words("failing").search(text)) and not _words("waiting").search(text)


def _of_states(obj: CustomResource) -> Iterator[StatusProblem]:
    table, states = _table()["states"], obj.states or {}
    for field, value in states.items():
        word = value.lower()
        said = _beside(obj, field)
        failed = word in table["faults"] or word.endswith(("failed", "error"))
        failed = failed or (" " in word and word not in table["healthy"] and names_failure(value))
        label, quote = f"{field} {value}", said or value
        if failed:
            named = names_failure(said or (value if " " in value else ""))
            yield StatusProblem(Grade.FAILED, label, "", said, quote, named=named)
        elif word in table["warnings"]:
            yield StatusProblem(Grade.WARNING, label, "", said, quote)
        elif said and word not in table["healthy"] and names_failure(said):
            yield StatusProblem(Grade.FAILED, label, "", said, quote, named=True)


def _beside(obj: CustomResource, field: str) -> str:
    """The words that explain a state: its own message, that of the status, or an error in the status."""
    errors = obj.errors or {}
    return errors.get(f"{field.partition('.')[0]}.message", "") or obj.said or next(iter(errors.values()), "")


def _of_errors(obj: CustomResource) -> Iterator[StatusProblem]:
    for field, said in (obj.errors or {}).items():
        if not field.endswith(".message"):
            yield StatusProblem(Grade.FAILED, field, "", said, said, named=names_failure(said))
