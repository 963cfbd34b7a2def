"""Playbooks for well-known alerts: one entry each in playbooks/*.yaml, by category.

ALT-1xx databases, 2xx servers, 3xx security, 4xx network and traffic, 5xx queues and data, 6xx etcd, 7xx websites and
services, 8xx Kubernetes (whose own rules find the reason), 9xx the rest.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from midwatch.analysis.codes import Catalogue
from midwatch.domain.base import Model
from midwatch.domain.finding import Code

_DIRECTNESS = 10  # below every rule that reads the object itself: direct evidence outranks an alert


class Match(Model, frozen=True):
    """Matching rules. `names` are whole names of alerts. Of `words`, one entry must fit: all its parts (&), of each
    part one word (|)."""

    names: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


class SituationMeasure(Model, frozen=True):
    """Selector of the measured number: `words` of its key or its surroundings, and its dimension (`units`, as in
    facts.yaml; count)."""

    words: tuple[str, ...] = ()
    units: tuple[str, ...] = ()


class SituationSource(Model, frozen=True):
    """A source that could confirm the alert, and its relevant data."""

    name: str
    shows: str


class Situation(Model, frozen=True):
    """One playbook. `needs` are facts without which the entry is a guess: value, limit, about (a subject), or a kind of
    name. `of_state`: it describes the current state of an object, which reading the object confirms or refutes."""

    code: Code
    category: str
    causes: tuple[str, ...] = ()
    match: Match
    measure: SituationMeasure
    needs: tuple[str, ...] = ()
    ask: tuple[SituationSource, ...] = ()
    of_state: bool = False


@cache
def situations() -> dict[str, Situation]:
    found: dict[str, Situation] = {}
    for file in sorted(files(__package__ or "").joinpath("playbooks").iterdir(), key=lambda f: f.name):
        for code, fields in yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader).items():
            if code in found:
                raise ValueError(f"{file.name}: {code} is declared twice")
            found[code] = _situation(code, fields)
    return found


def _situation(code: str, fields: dict[str, Any]) -> Situation:
    ask = [
        dict(zip(("name", "shows"), map(str.strip, entry.split(":", 1)), strict=True))
        for entry in fields.pop("ask", ())
    ]
    own = {key: fields.pop(key, ()) for key in ("causes", "needs")} | {"of_state": fields.pop("of_state", False)}
    match = {"without" if key == "not" else key: value for key, value in fields.pop("match").items()}
    rest: dict[str, Any] = {
        "category": fields.pop("category"),
        "match": match,
        "measure": fields.pop("measure"),
        "ask": ask,
    } | own
    if own["causes"]:
        fields["meaning"] += f" Common causes: {'; '.join(own['causes'])}."
    return Situation.model_validate({"code": {"code": code, "directness": _DIRECTNESS, **fields}, **rest})


@cache
def catalogue() -> Catalogue:
    return Catalogue({code: s.code for code, s in situations().items()})
