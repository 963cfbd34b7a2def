"""What high water means: a topic, an entity kind and a finding."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from midwatch.analysis.codes import Catalogue
from midwatch.domain.capabilities import Area
from midwatch.domain.evidence import Citation, Evidence, Lead, ToolRequest
from midwatch.domain.finding import Analysis, Code, Finding
from midwatch.domain.observation import AlertText
from midwatch.domain.question import Question
from midwatch.domain.subject import Subject
from midwatch.domain.topics import EntityKind, Topic
from midwatch_tides.integration import TidesSettings

HIGH_M = 2.0  # metres above normal: the quays of the oldest harbours are under water
_CODES = Catalogue.load("midwatch_tides.codes")


def _opening(question: Question) -> tuple[ToolRequest, ...]:
    return tuple(_ask(name) for name in question.intent.entities_of("harbour"))


def _ask(harbour: str) -> ToolRequest:
    return ToolRequest(tool="tides_level", arguments={"harbour": harbour}, essential=True)


def _next_requests(evidence: Sequence[Evidence], _question: Question) -> tuple[ToolRequest | Lead, ...]:
    """The harbour of an alert of ours."""
    alerts = [e for e in evidence if isinstance(e.observation, AlertText) and "Gauge alarm at " in e.text]
    return tuple(_ask(e.text.partition("Gauge alarm at ")[2].split()[0].strip('".,')) for e in alerts)


def _analyse(evidence: Sequence[Evidence], _question: Question) -> Analysis:
    gauges = [(e, json.loads(e.text)[0]) for e in evidence if e.tool == "tides_level"]
    subjects = tuple(_harbour(seen) for _, seen in gauges)
    found = tuple(_high(e, seen) for e, seen in gauges if seen["level"] > HIGH_M)
    return Analysis(findings=found, subjects=subjects)


def _harbour(seen: Mapping[str, Any]) -> Subject:
    return Subject(kind="Harbour", name=seen["metadata"]["name"])


def _high(item: Evidence, seen: Mapping[str, Any]) -> Finding:
    quote = f'"level": {seen["level"]}'
    return _CODES.finding(
        "TID-101", _harbour(seen), cites=(Citation(evidence=item.id, quote=quote),), level=f"{seen['level']:g} m"
    )


def _codes() -> Mapping[str, Code]:
    return _CODES


def _known(settings: TidesSettings) -> Mapping[str, Sequence[str]]:
    return {"harbour": tuple(settings.levels)}


_HARBOURS = EntityKind(
    name="harbour", title="harbour", rank=15, label="harbour {names}", which="Which harbour do you mean?"
)
AREA = Area(
    name="tides",
    title="Tides",
    topics=(Topic("tide", "Tide", "tides", periods=0, takes=("harbour",), needs="harbour"),),
    entities=(_HARBOURS,),
    grammar=files("midwatch_tides").joinpath("grammar.yaml").read_text,
    questions=files("midwatch_tides").joinpath("questions.yaml").read_text,
    abilities=("tides (high water at a harbour)",),
    examples=("How high is the tide at Dover?",),
    alerts=True,
    systems=("tides",),
    opening=_opening,
    next_requests=_next_requests,
    analyse=_analyse,
    codes=_codes,
    configured_by="tides",
    known=_known,
)
