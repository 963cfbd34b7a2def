"""Analysis of one investigation's evidence, in this process or in a child process that can be killed.

Evidence holds texts of others. Whatever they make a program do, a computation ends: an `Analyst` is given seconds, and
raises `Ended` when they are over.
"""

import signal
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol, TypeVar

from midwatch.domain.alert import AlertStatus
from midwatch.domain.capabilities import Area, open_topic
from midwatch.domain.diagnosis import Diagnosis
from midwatch.domain.evidence import Evidence, Gap, Lead, ToolRequest
from midwatch.domain.finding import Analysis
from midwatch.domain.intent import Intent
from midwatch.domain.investigation import Request
from midwatch.domain.question import Question
from midwatch.domain.subject import Subject
from midwatch.domain.window import Window
from midwatch.engine.alerts import ALERT
from midwatch.reasoning.alertscope import alert_subjects, link_alert
from midwatch.reasoning.rules import diagnose
from midwatch.reasoning.scope import Scope, scope

T = TypeVar("T")


class Conclusion(NamedTuple):
    """The diagnosis, and its scope."""

    diagnosis: Diagnosis
    scope: Scope


def intent_of(request: Request, areas: Sequence[Area]) -> Intent:
    """The understood intent; the open topic for a request without one."""
    return request.intent or Intent(topic=open_topic(areas))


@dataclass(frozen=True)
class Case:
    """One request and the participating areas. Pure: the same evidence gives the same bytes, in any process."""

    request: Request
    areas: tuple[Area, ...]

    @classmethod
    def of(cls, request: Request, areas: Sequence[Area]) -> "Case":
        """A case with the areas' own runs and their caches: nothing outlives the case."""
        intent = intent_of(request, areas)
        whole = request.model_copy(update={"intent": intent})
        return cls(whole, tuple(area.for_investigation() for area in areas if area.takes_part(request, intent.topic)))

    @property
    def question(self) -> Question:
        intent, alert = intent_of(self.request, self.areas), self.request.alert
        if alert and alert.status is AlertStatus.RESOLVED and alert.ends_at and intent.window is None:
            intent = intent.model_copy(update={"window": Window(alert.starts_at, alert.ends_at)})
        return Question(self.request.question, intent, self.request.namespace, self.request.since)

    @property
    def particular(self) -> bool:
        """Whether the topic is a specific one, not the open topic."""
        topic = self.question.intent.topic
        return topic != open_topic(self.areas) and any(area.owns(topic) for area in self.areas)

    def opening(self) -> tuple[ToolRequest, ...]:
        """Opening requests of every participating area."""
        return tuple(a.by(area.name) for area in self.areas for a in area.opening(self.question))

    def next_requests(self, evidence: Sequence[Evidence]) -> tuple[ToolRequest, ...]:
        """Further requests that the evidence so far justifies. A lead of one area is followed by the areas that open
        its kind."""
        asks: dict[str, ToolRequest] = {}
        for area in self.areas:
            for one in area.next_requests(evidence, self.question):
                for ask in self._followed(one) if isinstance(one, Lead) else (one.by(area.name),):
                    asks.setdefault(ask.key, ask)
        return tuple(asks.values())

    def _followed(self, lead: Lead) -> Iterator[ToolRequest]:
        for area in self.areas:
            for asked in (requests(lead.name) for kind, requests in area.opens if kind == lead.kind):
                yield from (a.model_copy(update={"why": lead.why}).by(area.name) for a in asked)

    def conclude(self, evidence: Sequence[Evidence], gaps: Sequence[Gap]) -> Conclusion:
        request, question = self.request, self.question
        analysis = self._analyse(evidence, question)
        # For a specific topic the names were resolved when the question was parsed.
        subject = Scope() if self.particular else scope(request.question, analysis.subjects, _labels(analysis))
        if request.alert and self.particular:
            analysis = link_alert(analysis, ALERT, request.alert.labels, all_of_it=True)
        elif request.alert:
            analysis = link_alert(analysis, ALERT, request.alert.labels)
            subject = Scope(alert_subjects(analysis, ALERT) if not subject.named else subject.named)
        found = {finding.code for finding in analysis.findings}
        codes = {code: known[code] for known in (a.codes() for a in self.areas) for code in found if code in known}
        return Conclusion(diagnose(analysis, evidence, (*gaps, *analysis.gaps), codes, subject, question), subject)

    def _analyse(self, evidence: Sequence[Evidence], question: Question) -> Analysis:
        parts = [area.analyse(evidence, question) for area in self.areas]
        return Analysis(
            findings=tuple(f for p in parts for f in p.findings),
            links=tuple(x for p in parts for x in p.links),
            subjects=tuple(s for p in parts for s in p.subjects),
            fine=tuple(f for p in parts for f in p.fine),
            gaps=tuple(g for p in parts for g in p.gaps),
            answer=next((p.answer for p in parts if p.answer), None),
            tables=tuple(t for p in parts for t in p.tables),
            fact=any(p.fact for p in parts),
            labels=tuple(x for p in parts for x in p.labels),
            states=tuple(s for p in parts for s in p.states),
            period=next((p.period for p in parts if p.period), None),
            period_covered=any(p.period_covered for p in parts),
        )


def _labels(analysis: Analysis) -> dict[str, dict[Subject, str]]:
    found: dict[str, dict[Subject, str]] = {}
    for value, label, subject in analysis.labels:
        found.setdefault(value.lower(), {}).setdefault(subject, label)
    return found


class Ended(Exception):
    """The computation was ended before it had a result."""


class TookTooLong(Ended):
    """The computation exceeded its time limit."""


class AnalystProcessDied(Ended):
    """The computing process ended; the message says how."""


class Analyst(Protocol):
    """Computes for one case, for at most `seconds`; raises Ended. The evidence of one case only grows.

    `spent`: the seconds it has computed so far. To wait for a processor is no computing.
    """

    spent: float

    async def next_requests(self, evidence: Sequence[Evidence], seconds: float) -> Sequence[ToolRequest]: ...
    async def conclude(self, evidence: Sequence[Evidence], gaps: Sequence[Gap], seconds: float) -> Conclusion: ...


Analysts = Callable[[Case], AbstractAsyncContextManager[Analyst]]


class LocalAnalyst:
    """Computes in this process: the time limit is an operating system alarm, which interrupts regular expressions
    too."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self.spent = 0.0

    async def next_requests(self, evidence: Sequence[Evidence], seconds: float) -> Sequence[ToolRequest]:
        return self._timed(seconds, partial(self._case.next_requests, evidence))

    async def conclude(self, evidence: Sequence[Evidence], gaps: Sequence[Gap], seconds: float) -> Conclusion:
        return self._timed(seconds, partial(self._case.conclude, evidence, gaps))

    def _timed(self, seconds: float, compute: Callable[[], T]) -> T:
        started = time.monotonic()
        try:
            return _within(seconds, compute)
        finally:
            self.spent += time.monotonic() - started


@asynccontextmanager
async def local_analyst(case: Case) -> AsyncGenerator[LocalAnalyst]:
    yield LocalAnalyst(case)


AGAIN_S = 1.0  # an alarm raised while Python cleans up is swallowed, so it repeats


class _TimeLimitReached(BaseException):
    """A BaseException, so that computing code with an `except Exception` cannot catch it."""


def _within(seconds: float, compute: Callable[[], T]) -> T:
    """Raises TookTooLong. Only the main thread can be interrupted, and only where nobody else has set the alarm."""
    available = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not available or signal.getitimer(signal.ITIMER_REAL)[0]:
        return compute()
    armed = True

    def ring(_signal: int, _frame: object) -> None:
        if armed:  # else it is too late: there is a result already
            raise _TimeLimitReached

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_S)
        result = compute()
        armed = False
    except _TimeLimitReached:
        raise TookTooLong from None
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return result
