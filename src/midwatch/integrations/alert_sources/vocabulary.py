"""Translation of other systems' words: severities, statuses, label names. The words are data: words.yaml."""

import re
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from midwatch.domain.alert import AlertSeverity, AlertStatus

_NOT_WORD = re.compile(r"[^a-z0-9]+")
_TAG = re.compile(r"(?<![a-z0-9])(?:p[1-5]|sev[-_ ]?[0-5])(?![a-z0-9-])", re.IGNORECASE)
_LONGEST = 100  # characters; a severity is one word


@cache
def vocabulary() -> dict[str, Any]:
    return yaml.load(files(__package__ or "").joinpath("vocabulary.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)


@cache
def _table(kind: str) -> dict[str, str]:
    return {spelling: ours for ours, spellings in vocabulary()[kind].items() for spelling in (plain(ours), *spellings)}


def plain(name: str) -> str:
    """The text in lower case, letters and digits only."""
    return _NOT_WORD.sub("", name.lower())


def label(name: str) -> str:
    """The standard name of a label, "" when it has none."""
    return _table("labels").get(plain(name), "")


def resource(name: str) -> str:
    """The standard label of a resource id, by its format; "" for any other text."""
    return next((ours for ours, shape in vocabulary()["ids"].items() if re.fullmatch(shape, name[:_LONGEST])), "")


def severity(word: str) -> AlertSeverity | None:
    """The severity of a text: `critical`, `P2`, `SEV-1`, `1 - Critical`, `4`; None without one. The first word that is
    one counts."""
    table, low = _table("severities"), word[:_LONGEST].strip().lower()
    spellings = (plain(low), f"p{low}", *_NOT_WORD.split(low))
    found = next((table[s] for s in spellings if s in table), None)
    return AlertSeverity(found) if found else None


def severity_tag(text: str) -> AlertSeverity | None:
    """The severity in a name: `[P1] disk full`, `sev-2: queue`."""
    match = _TAG.search(text[:1000])
    return severity(match[0]) if match else None


def status(word: str) -> AlertStatus | None:
    """The status of a whole word: `not ok` is no `ok`."""
    found = _table("statuses").get(plain(word[:_LONGEST]))
    return AlertStatus(found) if found else None
