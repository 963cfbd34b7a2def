"""Plug-in contracts: an integration (an outside system), a diagnosis area (knowledge), and their declarations.

Both are typed values, found by their folder or by the entry-point groups `midwatch.integrations` and `midwatch.areas`.
Capabilities are optional fields: what something cannot do, it leaves out. tests/outside/midwatch_tides is the model
of a package of one's own; wiring/registry defines their names, domain/topics how a finding of an area
answers its alert. Functions of an outside package get seconds, not minutes, and what they raise is a gap in its name.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel

from midwatch.domain.alert import Alert
from midwatch.domain.alert_source import AlertSource, Envelope
from midwatch.domain.evidence import Evidence, Gap, Lead, ToolRequest
from midwatch.domain.finding import Analysis, Code
from midwatch.domain.intent import Intent
from midwatch.domain.investigation import Request
from midwatch.domain.question import Question
from midwatch.domain.tool import Tool
from midwatch.domain.topics import EntityKind, Topic

# Every command loads this module, and only a worker loads the content of notifications: incidents and reports.
if TYPE_CHECKING:
    from midwatch.domain.notifier import Notifier


@dataclass(frozen=True)
class Health:
    """One line of `midwatch doctor`: `state` is ok, missing (not configured), refused or failed."""

    name: str
    state: str
    detail: str
    hint: str = ""


@dataclass(frozen=True)
class Scheduled:
    """Recurring work of an area. `cron` has five fields, or six with seconds first, in UTC; `request` makes the
    investigation of one such time, and is pure."""

    name: str
    cron: str
    request: Callable[[datetime], Request]


async def _closed() -> None:
    """Closes nothing: no connection is open."""


async def _unchecked(_asks: Sequence[ToolRequest]) -> tuple[Health, ...]:
    """No health check."""
    return ()


async def _placeless() -> str:
    """No place name."""
    return ""


async def _complete(alert: Alert) -> tuple[Alert, tuple[Gap, ...]]:
    return alert, ()


@dataclass(frozen=True)
class SystemConnection:
    """One connection to one outside system: a context, a region, an account, or a dump in its place.

    Opened lazily: `about` is the first thing that may be sent. It names the place for people ("" when there is nothing
    to name) and raises Refusal when it cannot be reached.
    `health` is told the requests that investigations open with. `complete` fetches what the sender of an alert left
    out; `memory` is the state of its cache, as JSON.
    """

    tools: tuple[Tool, ...] = ()
    about: Callable[[], Awaitable[str]] = _placeless
    health: Callable[[Sequence[ToolRequest]], Awaitable[tuple[Health, ...]]] = _unchecked
    close: Callable[[], Awaitable[None]] = _closed
    complete: Callable[[Alert], Awaitable[tuple[Alert, tuple[Gap, ...]]]] = _complete
    notifier: "Notifier | None" = None
    memory: Callable[[], str] = lambda: ""


@dataclass(frozen=True)
class Selection:
    """The connection that a command names: a context, or a saved cluster. `words` are those of the question, as people
    paste messages there too."""

    context: str = ""
    dump: str = ""
    words: str = ""

    @property
    def is_explicit(self) -> bool:
        return bool(self.context or self.dump)


def _as_recorded(item: Evidence | Gap) -> Evidence | Gap:
    """The recorded call unchanged: no tool was renamed."""
    return item


# The integration's own section of the settings, the selection, and the connections of the systems that it uses.
Connect = Callable[[Any, Selection, Mapping[str, SystemConnection]], SystemConnection]


@dataclass(frozen=True)
class Integration:
    """An outside system: its settings, connection, tools, alert source and notifier. It holds no diagnosis rules.

    `settings` is its section of midwatch.yaml, called `section` or else as the integration is. `connect` opens
    nothing by itself and may raise Refusal. `lasting`: one connection for the life of the process; otherwise one for
    each investigation, since credentials expire. `place`: what it is a connection to, for "no cluster (reason)".
    `unreachable` gives the tools of one that cannot be reached, which tell why. `contexts` are the configured ones, ""
    for the default. `migrate` gives what an earlier version recorded as its tools would give it today: every later
    version replays a bundle. `uses` names the systems it stands on. `configured` is whether its settings name
    anything; a system that is not configured is a state, never an error. What loads more than the standard library is
    imported when it is called.
    """

    name: str
    title: str
    settings: type[BaseModel] | None = None
    section: str = ""
    uses: tuple[str, ...] = ()
    connect: Connect | None = None
    lasting: bool = True
    place: str = ""
    unreachable: Callable[[str], tuple[Tool, ...]] = lambda _: ()
    contexts: Callable[[Any], tuple[str, ...]] = lambda _: ("",)
    configured: Callable[[Any], bool] = lambda _: True
    alert_source: Callable[[], AlertSource] | None = None
    notifies: bool = False
    migrate: Callable[[Evidence | Gap], Evidence | Gap] = _as_recorded


def _nothing_wanted(_evidence: Sequence[Evidence], _question: Question) -> tuple[ToolRequest | Lead, ...]:
    """No further requests after the opening ones."""
    return ()


def _no_opening(_question: Question) -> tuple[ToolRequest, ...]:
    """No requests of its own: reads only the evidence of others."""
    return ()


def _nothing_found(_evidence: Sequence[Evidence], _question: Question) -> Analysis:
    return Analysis()


def _no_codes() -> Mapping[str, Code]:
    return {}


def _nothing() -> str:
    """No question words of its own."""
    return ""


def _no_entities(_section: Any) -> Mapping[str, Iterable[str | tuple[str, str]]]:
    """No entities in its settings."""
    return {}


class AreaRun(Protocol):
    """The computation of one area for one investigation; it may cache results of the evidence, which only grows.
    Pickled before it begins, if at all."""

    def next_requests(self, evidence: Sequence[Evidence], question: Question) -> tuple[ToolRequest | Lead, ...]: ...
    def analyse(self, evidence: Sequence[Evidence], question: Question) -> Analysis: ...


@dataclass(frozen=True)
class Area:
    """A diagnosis area: pure knowledge without access to any client.

    It takes part in investigations of its `topics` and of those it `joins`; with `alerts`, in every investigation of
    an alert. `systems` are asked for it; without the `essential` ones a question of its topics cannot be answered.
    `opening` puts its first requests; `next_requests` gives its further requests, cheaply, after each round;
    `analyse` runs once, when nothing more is wanted. `opens` gives the requests about one entity of a kind to which a
    `Lead` of any area points. All of them compute from their arguments alone, and can be pickled: a worker computes in
    a process beside it. `run` gives `next_requests` and `analyse` for one investigation, where something is to be kept
    from one round to the next. `configure` binds them to its own section of the settings, or to that of the integration
    which `configured_by` names; `connection_labels` are labels of an alert, beside `cluster`, that may name a context;
    `for_envelope` binds them to what the source of an alert sends with every alert;
    `own_tools` read what is configured as evidence, so that it can be cited; `known` gives the names that its section
    knows, by entity kind.

    `grammar` and `questions` read their YAML when they are called: the fragment of the grammar, and the table of
    questions that have to be understood. `query_tools` are what programs ask by name: each takes the present time and
    declared arguments. `abilities` say in a few words what can be asked ("websites (up, slow, certificates)");
    `examples` are questions to choose from. `schedules` is work that it wants done again and again.
    """

    name: str
    title: str
    topics: tuple[Topic, ...] = ()
    entities: tuple[EntityKind, ...] = ()
    grammar: Callable[[], str] = _nothing
    questions: Callable[[], str] = _nothing
    query_tools: Callable[[], tuple[Callable[..., Intent], ...]] = tuple
    abilities: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    joins: tuple[str, ...] = ()
    alerts: bool = False
    systems: tuple[str, ...] = ()
    essential: tuple[str, ...] = ()
    opening: Callable[[Question], tuple[ToolRequest, ...]] = _no_opening
    next_requests: Callable[[Sequence[Evidence], Question], tuple[ToolRequest | Lead, ...]] = _nothing_wanted
    analyse: Callable[[Sequence[Evidence], Question], Analysis] = _nothing_found
    run: Callable[[], AreaRun] | None = None
    codes: Callable[[], Mapping[str, Code]] = _no_codes
    opens: tuple[tuple[str, Callable[[str], tuple[ToolRequest, ...]]], ...] = ()
    connection_labels: tuple[str, ...] = ()
    schedules: tuple[Scheduled, ...] = ()
    settings: type[BaseModel] | None = None
    section: str = ""
    configured_by: str = ""
    configure: Callable[["Area", Any], "Area"] = lambda area, _: area
    for_envelope: Callable[["Area", Envelope], "Area"] = lambda area, _: area
    own_tools: Callable[[Any], tuple[Tool, ...]] = lambda _: ()
    known: Callable[[Any], Mapping[str, Iterable[str | tuple[str, str]]]] = _no_entities

    def owns(self, topic: str) -> bool:
        """Whether the answer depends on it: then it must have been checked before the verdict can be HEALTHY."""
        return any(topic == own.id for own in self.topics)

    def takes_part(self, request: Request, topic: str) -> bool:
        return bool(self.reason(request, topic))

    def reason(self, request: Request, topic: str) -> str:
        """The reason to take part: `topic` (one of its own), `joins` (one of another area) or `alert`; "" when it does
        not."""
        if self.owns(topic):
            return "topic"
        if topic in self.joins:
            return "joins"
        return "alert" if self.alerts and request.alert is not None else ""

    def for_investigation(self) -> "Area":
        """The part of the area that computes for one investigation; without the parts that stay in the asking
        process."""
        own = self.run() if self.run else self
        return replace(
            self,
            next_requests=own.next_requests,
            analyse=own.analyse,
            run=None,
            grammar=_nothing,
            questions=_nothing,
            query_tools=tuple,
            schedules=(),
            own_tools=_no_tools,
            configure=_as_it_is,
            for_envelope=_as_it_is,
            known=_no_entities,
            settings=None,
        )


def open_topic(areas: Iterable[Area]) -> str:
    """The open topic ("is anything wrong"), of which exactly one exists in all areas."""
    return next((topic.id for area in areas for topic in area.topics if topic.open), "")


def _no_tools(_section: Any) -> tuple[Tool, ...]:
    return ()


def _as_it_is(area: Area, _bound_to: Any) -> Area:
    return area
