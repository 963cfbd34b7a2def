"""An integration whose evidence can make it compute for ever, die or fail: for tests of what is done about that."""

import os
import re
import signal
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from midwatch.domain.capabilities import Area
from midwatch.domain.evidence import Citation, Evidence, ToolRequest
from midwatch.domain.finding import Analysis, CausalRole, Code, Finding, Severity
from midwatch.domain.question import Question
from midwatch.domain.subject import Subject

HANGS = "a" * 60 + "b"  # 2^60 steps
HANGS_EARLY = "early " + HANGS
DIES = "please die"
FAILS = "please fail"
CODE = Code(
    code="TST-1",
    title="Fault",
    severity=Severity.CRITICAL,
    role=CausalRole.CAUSE,
    directness=50,
    message="{what}",
    meaning="A test's.",
)
_CATASTROPHIC = re.compile(r"(a|a)+$")


def _asks(last: int, evidence: Sequence[Evidence]) -> tuple[ToolRequest, ...]:
    return tuple(
        ToolRequest(tool="log", arguments={"round": n}, essential=True) for n in range(min(last, len(evidence) + 1))
    )


def _opening(_question: Question) -> tuple[ToolRequest, ...]:
    return (ToolRequest(tool="log", arguments={"round": 0}, essential=True),)


def _next_requests(last: int, evidence: Sequence[Evidence], _question: Question) -> tuple[ToolRequest, ...]:
    for item in evidence:
        if HANGS_EARLY in item.text:
            _CATASTROPHIC.search(item.text)
    return _asks(last, evidence)


def _analyse(evidence: Sequence[Evidence], _question: Question) -> Analysis:
    found: list[Finding] = []
    for item in evidence:
        text = item.text
        if HANGS in text:
            _CATASTROPHIC.search(text)
        elif text == DIES:
            os.kill(os.getpid(), signal.SIGKILL)
        elif text == FAILS:
            raise KeyError(text)
        elif text.startswith("fault: "):
            found.append(_fault(item, text.removeprefix("fault: ")))
    return Analysis(findings=tuple(found))


def _fault(item: Evidence, what: str) -> Finding:
    pod = Subject(kind="Pod", name="web", namespace="shop")
    return Finding(
        code=CODE.code,
        subject=pod,
        owner=pod,
        title=CODE.title,
        message=what,
        severity=CODE.severity,
        role=CODE.role,
        directness=CODE.directness,
        cites=(Citation(evidence=item.id, quote=what),),
    )


def hostile(rounds: int) -> Area:
    """Reads as many logs, one a round."""
    return Area(
        name="hostile",
        title="Hostile",
        joins=("",),
        opening=_opening,
        next_requests=partial(_next_requests, rounds),
        analyse=_analyse,
        codes=_codes,
    )


def _codes() -> dict[str, Code]:
    return {CODE.code: CODE}


def hostile_alerts() -> Area:
    """Reads nothing but the alert."""
    return replace(AREA, analyse=_analyse, codes=_codes, alerts=True)


AREA = Area(name="hostile", title="Hostile")
