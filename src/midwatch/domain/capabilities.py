"""What can be plugged in: an integration (an outside system), a diagnosis area (knowledge), and what they declare.

Both are typed values, found by their folder or by the entry-point groups `midwatch.integrations` and `midwatch.areas`.
Capabilities are optional fields: what something cannot do, it leaves out.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from midwatch.domain.alert import Alert, Delivery
from midwatch.domain.evidence import Ask, Evidence, Gap, Lead
from midwatch.domain.finding import Analysis, Code
from midwatch.domain.investigation import Request
from midwatch.domain.question import Question
from midwatch.domain.sender import SenderSettings
from midwatch.domain.tool import Tool


@dataclass(frozen=True)
class Health:
    """One line of `midwatch doctor`: `state` is ok, missing (not configured), refused or failed."""

    name: str
    state: str
    detail: str
    hint: str = ""


class SignatureInvalid(Exception):
    """The request does not prove that it comes from the configured sender. The text says what is missing, never the
    secret."""


@dataclass(frozen=True)
class WebhookRequest:
    """One request as it came. Names of headers are lower case. `certificate` is what was found at the source's
    `certificate_url`.

    `token` is what the address carried as `?token=`, for senders that can set neither a header nor a signature.
    """

    body: bytes
    received_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    certificate: bytes = b""
    token: str = ""


@dataclass(frozen=True)
class AlertSource:
    """A monitoring system that sends alerts: raw bytes in, a delivery out. Pure; what is stored and started is not
    decided here.

    `verify` raises SignatureInvalid. `parse` never raises on strange content: what it does not understand it says in
    `unknown`. `certificate_url` tells which certificate `verify` will need, "" for none; it raises SignatureInvalid for
    an address that is not the sender's own. `recognises` looks at the decoded body of a file that names no source: at
    least one key or value is the sender's own, so that no two sources claim the same. A source without it takes what
    no other does.
    """

    source: str
    title: str
    verify: Callable[[WebhookRequest, SenderSettings], None]
    parse: Callable[[WebhookRequest, SenderSettings], Delivery]
    certificate_url: Callable[[WebhookRequest], str] = lambda _: ""
    recognises: Callable[[object], bool] | None = None


async def _closed() -> None:
    """Nothing is open."""


async def _unchecked(_asks: Sequence[Ask]) -> tuple[Health, ...]:
    """It has no health check of its own."""
    return ()


async def _placeless() -> str:
    """It names no place."""
    return ""


async def _complete(alert: Alert) -> tuple[Alert, tuple[Gap, ...]]:
    return alert, ()


@dataclass(frozen=True)
class SystemConnection:
    """One way to one outside system: a context, a region, an account; a dump stands for one.

    Opened lazily: `about` is the first thing that may be sent. It names the place for people ("" when there is nothing
    to name) and raises Refusal when it cannot be reached.
    `health` is told the requests that investigations open with. `complete` fetches what the sender of an alert left
    out; `memory` says, as JSON, what remembered answers are worth.
    """

    tools: tuple[Tool, ...] = ()
    about: Callable[[], Awaitable[str]] = _placeless
    health: Callable[[Sequence[Ask]], Awaitable[tuple[Health, ...]]] = _unchecked
    close: Callable[[], Awaitable[None]] = _closed
    complete: Callable[[Alert], Awaitable[tuple[Alert, tuple[Gap, ...]]]] = _complete
    memory: Callable[[], str] = lambda: ""


@dataclass(frozen=True)
class Selection:
    """Which connection a command names: a context, or a saved cluster."""

    context: str = ""
    dump: str = ""

    @property
    def named(self) -> bool:
        return bool(self.context or self.dump)


# The integration's own section of the settings, what was selected, and the connections of the systems that it uses.
Connect = Callable[[Any, Selection, Mapping[str, SystemConnection]], SystemConnection]


@dataclass(frozen=True)
class Integration:
    """An outside system: how it is configured, reached, asked, listened to and told. It knows no rules.

    `settings` is its section of midwatch.yaml, called `section` or else as the integration is. `connect` opens
    nothing by itself and may raise Refusal. `lasting`: one connection for the life of the process; otherwise one for
    each investigation, since credentials expire. `place`: what it is a connection to, for "no cluster (reason)".
    `unreachable` gives the tools of one that cannot be reached, which tell why. `contexts` are the configured ones, ""
    for the default. `uses` names the systems it stands on. `configured` says whether its settings name anything; a
    system that is not configured is a state, never an error. What loads more than the standard library is imported when
    it is called.
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
    notifier: Callable[[Any], Any] | None = None


def _nothing_wanted(_evidence: Sequence[Evidence], _question: Question) -> tuple[Ask | Lead, ...]:
    """The first questions were all it has."""
    return ()


def _no_opening(_question: Question, _request: Request) -> tuple[Ask, ...]:
    """It only reads what others asked for."""
    return ()


def _nothing_found(_evidence: Sequence[Evidence], _question: Question) -> Analysis:
    return Analysis()


def _no_codes() -> Mapping[str, Code]:
    return {}


@dataclass(frozen=True)
class Area:
    """A diagnosis area: pure knowledge, which never sees a client.

    It takes part in investigations of its `topics` and of those it `joins`; with `alerts`, in every investigation of
    an alert. `systems` are asked for it; without the `essential` ones a question of its topics cannot be answered.
    `opening` puts its first requests; `wanted` says what it would still like to see, cheaply, after each round;
    `analyse` runs once, when nothing more is wanted. `opens` gives the requests about one entity of a kind to which a
    `Lead` of any area points. All of them compute from their arguments alone, and can be pickled: a worker computes in
    a process beside it. `configure` binds them to its own section of the settings, or to that of the integration which
    `configured_by` names; `own_tools` read what is configured as evidence, so that it can be cited.
    """

    name: str
    title: str
    topics: tuple[str, ...] = ()
    joins: tuple[str, ...] = ()
    alerts: bool = False
    systems: tuple[str, ...] = ()
    essential: tuple[str, ...] = ()
    opening: Callable[[Question, Request], tuple[Ask, ...]] = _no_opening
    wanted: Callable[[Sequence[Evidence], Question], tuple[Ask | Lead, ...]] = _nothing_wanted
    analyse: Callable[[Sequence[Evidence], Question], Analysis] = _nothing_found
    codes: Callable[[], Mapping[str, Code]] = _no_codes
    opens: Mapping[str, Callable[[str], tuple[Ask, ...]]] = field(default_factory=dict[str, Any])
    settings: type[BaseModel] | None = None
    section: str = ""
    configured_by: str = ""
    configure: Callable[["Area", Any], "Area"] = lambda area, _: area
    own_tools: Callable[[Any], tuple[Tool, ...]] = lambda _: ()

    def takes_part(self, request: Request) -> bool:
        topic = str(request.topic)
        return topic in self.topics or topic in self.joins or (self.alerts and request.alert is not None)

    @property
    def pure(self) -> "Area":
        """What computes; without what stays in the process that asks."""
        return replace(self, own_tools=_no_tools, configure=_as_it_is, settings=None)


def _no_tools(_section: Any) -> tuple[Tool, ...]:
    return ()


def _as_it_is(area: Area, _section: Any) -> Area:
    return area
