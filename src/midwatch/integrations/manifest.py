"""What an integration is: a typed value, found by its folder, never a name guessed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from midwatch.analysis.question import Question
from midwatch.domain.evidence import Ask, Evidence
from midwatch.domain.finding import Analysis, Code
from midwatch.domain.intent import Topic
from midwatch.domain.tool import Tool
from midwatch.integrations.inbox import Inbox


@dataclass(frozen=True)
class Health:
    """One line of `midwatch doctor`: `state` is ok, missing (not configured), refused or failed."""

    name: str
    state: str
    detail: str
    hint: str = ""


def nothing_wanted(_evidence: Sequence[Evidence], _question: Question) -> tuple[Ask, ...]:
    """The first questions were all it has."""
    return ()


class Run(Protocol):
    """The computing of one investigation: it may keep what it made of the evidence, which only grows. Pickled before it
    begins, if at all."""

    def wanted(self, evidence: Sequence[Evidence], question: Question) -> tuple[Ask, ...]: ...
    def analyse(self, evidence: Sequence[Evidence], question: Question) -> Analysis: ...


@dataclass(frozen=True)
class Integration:
    """Capabilities are optional fields: what an integration cannot do, it leaves out.

    `topics` are what it has a say in. `opening` puts its first questions; `wanted` says what it would still like to
    see, cheaply, after each round; `analyse` is run once, when nothing more is wanted. Both compute
    from their arguments alone, and can be pickled: a worker computes in a process beside it. `run` gives both for one
    investigation, where something is to be kept from one round to the next; `begun` has these.
    """

    name: str
    title: str
    topics: frozenset[Topic] = frozenset({Topic.CLUSTER})
    tools: tuple[Tool, ...] = ()
    opening: Callable[[Question], tuple[Ask, ...]] | None = None
    analyse: Callable[[Sequence[Evidence], Question], Analysis] | None = None
    wanted: Callable[[Sequence[Evidence], Question], tuple[Ask, ...]] = nothing_wanted
    run: Callable[[], Run] | None = None
    codes: dict[str, Code] = field(default_factory=dict[str, Code])
    inbox: Inbox | None = None

    def begun(self) -> "Integration":
        """What computes of it, for one investigation; its tools, and the connections behind them, stay where they
        are."""
        own = self.run() if self.run else None
        bare = replace(self, tools=(), opening=None, inbox=None, run=None)
        return replace(bare, analyse=own.analyse, wanted=own.wanted) if own else bare
