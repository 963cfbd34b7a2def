"""Who answers questions about a cluster: a live API server or a dump. Both give the same typed objects."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from midwatch.analysis.series import Series
from midwatch.domain.snapshot import Snapshot
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.kit.redaction import redact_text


class Refused(Exception):
    """The question was understood and not answered. `permission` names a missing right as `list pods in namespace
    shop`."""

    def __init__(self, reason: str, *, query: str = "", permission: str = "", absent: bool = False) -> None:
        super().__init__(redact_text(reason))  # an answer in trouble may repeat what we sent
        self.query = query
        self.permission = permission
        self.absent = absent  # the thing asked for does not exist (or is not there yet): an answer, no failure


@dataclass(frozen=True)
class ListRequest:
    """`names_only` asks for metadata without contents (ConfigMaps of a whole cluster)."""

    plural: str
    namespace: str = ""
    labels: str = ""
    fields: str = ""
    names_only: bool = False


@dataclass(frozen=True)
class Listing:
    """`query` is what was sent, as a person could repeat it; `partial` says what the answer leaves out.

    `missed` says what should be in it and could not be read. `whole`: the namespaces of a partial answer of which
    nothing was left out. `snapshot`: the moment of a saved state.
    """

    items: Sequence[Object]
    query: str
    partial: str = ""
    whole: tuple[str, ...] = ()
    missed: str = ""
    snapshot: Snapshot | None = None


@dataclass(frozen=True)
class LogRequest:
    namespace: str
    pod: str
    container: str = ""
    previous: bool = False
    tail_lines: int = 200
    limit_bytes: int = 512 * 1024
    since: datetime | None = None


@dataclass(frozen=True)
class LogText:
    text: str
    query: str
    truncated: bool = False
    snapshot: Snapshot | None = None


@dataclass(frozen=True)
class MeasuredSeries:
    """`query` names the files or the question, as a person could repeat it."""

    series: Sequence[Series]
    query: str
    snapshot: Snapshot | None = None


@dataclass(frozen=True)
class Unreadable:
    """A file of a dump, or a part of one, that could not be read."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True)
class About:
    """Where the answers come from: a sentence for people, the server's version, and what could not be read at all."""

    source: str
    version: str = ""
    unreadable: tuple[Unreadable, ...] = field(default=())


class Reader(Protocol):
    async def list(self, request: ListRequest) -> Listing:
        """All objects of a kind; raises Refused."""
        ...

    async def saved_objects(self, plural: str, namespace: str = "") -> Listing:
        """What people saved beside kubectl's lists, by a format of objects.saved; raises Refused (absent=True where
        nothing was)."""
        ...

    async def custom_resources(self, namespace: str = "") -> Listing:
        """The status of every object of a kind that is not one of objects.kinds, of all namespaces or of one and of the
        kinds without a namespace; raises Refused (absent=True where there is none)."""
        ...

    async def log(self, request: LogRequest) -> LogText:
        """The end of one container's log; raises Refused (absent=True when there is no such log yet)."""
        ...

    async def series(self, namespace: str) -> MeasuredSeries:
        """What was measured over time, of one namespace or, for "", of all; raises Refused."""
        ...

    async def version(self) -> About: ...

    async def close(self) -> None: ...


class UnavailableReader:
    """The reader where no cluster is: every question is refused, with the reason why."""

    def __init__(self, reason: str = "no cluster is configured") -> None:
        self._reason = reason

    async def list(self, request: ListRequest) -> Listing:
        raise Refused(self._reason)

    async def saved_objects(self, plural: str, namespace: str = "") -> Listing:
        raise Refused(self._reason, absent=True)

    async def custom_resources(self, namespace: str = "") -> Listing:
        raise Refused(self._reason)

    async def log(self, request: LogRequest) -> LogText:
        raise Refused(self._reason)

    async def series(self, namespace: str) -> MeasuredSeries:
        raise Refused(self._reason)

    async def version(self) -> About:
        return About(source="no cluster")

    async def close(self) -> None:
        return None
