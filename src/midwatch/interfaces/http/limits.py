"""How many connections a server holds, and which of them are closed when there is no room."""

import resource
from asyncio import get_running_loop
from collections import OrderedDict
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Protocol

from midwatch.settings import ServerSettings

Network = IPv4Network | IPv6Network

FILES_KEPT = (
    512  # for the store, the log, outgoing requests, and connections that the system accepts before we see them
)
# of connections nobody has accepted yet; the loop accepts all of them at once, and twice more before any is counted
BACKLOG = 128
BUSY_SHARE = (
    0.9  # of the connections may have a request in work; the rest is for those that only begin, a probe's among them
)
SWEEP_S = 1.0


@dataclass(frozen=True)
class ConnectionLimits:
    """Numbers of connections, and seconds. `proxies` may open any number: they speak for many clients."""

    total: int
    per_address: int
    head_s: float
    body_s: float
    body_bytes: int
    proxies: tuple[Network, ...] = ()

    @classmethod
    def of(cls, server: ServerSettings, files: int = 1_000_000) -> "ConnectionLimits":
        """`files` is how many file descriptors the process may have: each connection needs one."""
        total = max(16, min(server.connections, files - FILES_KEPT))
        per_address = min(server.connections_per_address, total)
        return cls(total, per_address, server.head_within, server.body_within, server.largest_body, server.proxies)


def raise_file_limit() -> int:
    """Raises the soft limit of open files to the hard one; the limit then in force."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = max(soft, 65_536)  # some systems refuse "unlimited"
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    except (ValueError, OSError):
        return soft
    return max(soft, hard)


def address_group(address: str) -> str:
    """What is counted as one client: an IPv4 address, or the /64 network of an IPv6 one, which one machine can use all
    of."""
    if ":" not in address:
        return address
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or ip_network((int(parsed) >> 64 << 64, 64)))


def within(address: str, networks: tuple[Network, ...]) -> bool:
    if not networks:
        return False
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(parsed in network for network in networks)


class Counted(Protocol):
    """A connection, as far as it is counted."""

    peer: str

    def drop(self) -> None:
        """Closes it at once, unsent bytes or not."""
        ...

    def check(self, now: float) -> None:
        """Ends what has taken too long; `now` is the loop's time."""
        ...


@dataclass
class _Group:
    members: set[Counted] = field(default_factory=set[Counted])
    waiting: OrderedDict[Counted, None] = field(default_factory=OrderedDict[Counted, None])  # longest wait first


class OpenConnections:
    """All open connections. One that waits for its client (for the rest of a request, or for the next) makes room for a
    new one.

    Half-open connections therefore lock nobody out: a new client, a probe for instance, replaces the one that waits
    longest.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._all = _Group()
        self._groups: dict[str, _Group] = {}
        self._swept = False

    def add(self, new: Counted) -> bool:
        """Counts a connection; False when there is no room and all others have requests in work."""
        free = within(new.peer, self.limits.proxies)
        group = self._groups.get(address_group(new.peer))
        if group and not free and len(group.members) >= self.limits.per_address and not self._replace(group):
            return False
        if len(self._all.members) >= self.limits.total and not self._replace(self._all):
            return False
        for one in (self._all, self._groups.setdefault(address_group(new.peer), _Group())):
            one.members.add(new)
            one.waiting[new] = None
        if not self._swept:
            self._swept = True
            get_running_loop().call_later(SWEEP_S, self._sweep)
        return True

    def waits(self, connection: Counted) -> None:
        """It waits for its client, from now on."""
        for group in self._of(connection):
            group.waiting[connection] = None
            group.waiting.move_to_end(connection)

    def works(self, connection: Counted) -> None:
        """Its request is all there: it is not closed for another."""
        for group in self._of(connection):
            group.waiting.pop(connection, None)

    def remove(self, connection: Counted) -> None:
        for group in self._of(connection):
            group.members.discard(connection)
            group.waiting.pop(connection, None)
            if not group.members and group is not self._all:
                del self._groups[address_group(connection.peer)]

    def _of(self, connection: Counted) -> tuple[_Group, ...]:
        group = self._groups.get(address_group(connection.peer))
        return (self._all, group) if group and connection in group.members else ()

    def _replace(self, group: _Group) -> bool:
        if not group.waiting:
            return False
        oldest = next(iter(group.waiting))
        self.remove(oldest)
        oldest.drop()
        return True

    def check(self, now: float) -> None:
        """Ends what has taken too long; `now` is the loop's time."""
        for connection in tuple(self._all.members):
            connection.check(now)

    def __len__(self) -> int:
        return len(self._all.members)

    def _sweep(self) -> None:
        loop = get_running_loop()
        self.check(loop.time())
        self._swept = bool(self._all.members)
        if self._swept:
            loop.call_later(SWEEP_S, self._sweep)
