"""What is computed from the evidence of one investigation, and who computes it: this process, or one beside it that can
be killed.

Evidence holds texts of others. Whatever they make a program do, a computation ends: an `Analyst` is given seconds, and
raises `Ended` when they are over.
"""

import signal
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol, TypeVar

from midwatch.analysis.question import Question
from midwatch.domain.diagnosis import Diagnosis
from midwatch.domain.evidence import Ask, Evidence, Gap
from midwatch.domain.finding import Analysis
from midwatch.domain.intent import Intent, Topic
from midwatch.domain.investigation import Request
from midwatch.engine.alerts import ALERT
from midwatch.integrations.manifest import Integration
from midwatch.reasoning.alertscope import concerned, tied
from midwatch.reasoning.rules import diagnose
from midwatch.reasoning.scope import Scope, scope

T = TypeVar("T")


class Conclusion(NamedTuple):
    """The diagnosis, and what of the question it is about."""

    diagnosis: Diagnosis
    scope: Scope


@dataclass(frozen=True)
class Case:
    """One request and the integrations that have a say in it. Pure: the same evidence gives the same bytes, in any
    process."""

    request: Request
    integrations: tuple[Integration, ...]

    @classmethod
    def of(cls, request: Request, integrations: Sequence[Integration]) -> "Case":
        """With what computes of the integrations, and what they keep of it: nothing outlives the case."""
        return cls(request, tuple(i.begun() for i in integrations if request.topic in i.topics))

    @property
    def question(self) -> Question:
        request = self.request
        return Question(request.question, request.intent or Intent(topic=request.topic), request.namespace)

    def wanted(self, evidence: Sequence[Evidence]) -> tuple[Ask, ...]:
        """What the evidence so far makes worth asking."""
        question = self.question
        return tuple(a for i in self.integrations for a in i.wanted(evidence, question))

    def conclude(self, evidence: Sequence[Evidence], gaps: Sequence[Gap]) -> Conclusion:
        request, question = self.request, self.question
        analysis = self._analyse(evidence, question)
        # Other topics were told what is named when the question was understood.
        subject = scope(request.question, analysis.subjects) if request.topic is Topic.CLUSTER else Scope()
        if request.alert and request.topic is not Topic.CLUSTER:
            analysis = tied(analysis, ALERT, all_of_it=True)
        elif request.alert:
            analysis = tied(analysis, ALERT)
            subject = Scope(concerned(analysis, ALERT) if not subject.named else subject.named)
        codes = {code: entry for i in self.integrations for code, entry in i.codes.items()}
        slow = question.is_about_slowness
        return Conclusion(
            diagnose(analysis, evidence, (*gaps, *analysis.gaps), codes, subject, question, slow=slow), subject
        )

    def _analyse(self, evidence: Sequence[Evidence], question: Question) -> Analysis:
        parts = [i.analyse(evidence, question) for i in self.integrations if i.analyse]
        return Analysis(
            findings=tuple(f for p in parts for f in p.findings),
            links=tuple(x for p in parts for x in p.links),
            subjects=tuple(s for p in parts for s in p.subjects),
            fine=tuple(f for p in parts for f in p.fine),
            gaps=tuple(g for p in parts for g in p.gaps),
            answer=next((p.answer for p in parts if p.answer), None),
            tables=tuple(t for p in parts for t in p.tables),
        )


class Ended(Exception):
    """The computation was ended before it had a result."""


class TookTooLong(Ended):
    """Its seconds were over."""


class Died(Ended):
    """The process that computed ended; the message says how."""


class Analyst(Protocol):
    """Computes for one case, for at most `seconds`; raises Ended. The evidence of one case only grows.

    `spent`: the seconds it has computed so far. To wait for a processor is no computing.
    """

    spent: float

    async def wanted(self, evidence: Sequence[Evidence], seconds: float) -> Sequence[Ask]: ...
    async def conclude(self, evidence: Sequence[Evidence], gaps: Sequence[Gap], seconds: float) -> Conclusion: ...


Analysts = Callable[[Case], AbstractAsyncContextManager[Analyst]]


class Here:
    """Computes in this process: the time limit is an alarm of the operating system, which interrupts a regular
    expression too."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self.spent = 0.0

    async def wanted(self, evidence: Sequence[Evidence], seconds: float) -> Sequence[Ask]:
        return self._timed(seconds, partial(self._case.wanted, evidence))

    async def conclude(self, evidence: Sequence[Evidence], gaps: Sequence[Gap], seconds: float) -> Conclusion:
        return self._timed(seconds, partial(self._case.conclude, evidence, gaps))

    def _timed(self, seconds: float, compute: Callable[[], T]) -> T:
        started = time.monotonic()
        try:
            return _within(seconds, compute)
        finally:
            self.spent += time.monotonic() - started


@asynccontextmanager
async def here(case: Case) -> AsyncGenerator[Here]:
    yield Here(case)


AGAIN_S = 1.0  # an alarm that is raised while Python cleans up is swallowed: it rings until somebody hears it


class _Rang(BaseException):
    """No Exception: what computes may expect some of these."""


def _within(seconds: float, compute: Callable[[], T]) -> T:
    """Raises TookTooLong. Only the main thread can be interrupted, and only where nobody else has set the alarm."""
    available = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not available or signal.getitimer(signal.ITIMER_REAL)[0]:
        return compute()
    armed = True

    def ring(_signal: int, _frame: object) -> None:
        if armed:  # else it is too late: there is a result already
            raise _Rang

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_S)
        result = compute()
        armed = False
    except _Rang:
        raise TookTooLong from None
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return result
