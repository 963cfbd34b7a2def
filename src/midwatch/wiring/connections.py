"""Connections to the outside systems, and what one investigation is made of: areas, tools, and where it looks."""

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from midwatch.domain.alert import Alert
from midwatch.domain.capabilities import Area, Integration, Selection, SystemConnection
from midwatch.domain.evidence import Gap
from midwatch.domain.investigation import Request
from midwatch.domain.refusal import Refusal
from midwatch.domain.tool import Tool
from midwatch.engine.gather import Door
from midwatch.kit.clock import utc_now
from midwatch.services.context import Context
from midwatch.settings import Settings
from midwatch.toolbox.cache import cache
from midwatch.toolbox.guard import guard
from midwatch.toolbox.limit import limit
from midwatch.toolbox.redact import redact
from midwatch.toolbox.toolbox import Toolbox
from midwatch.wiring.registry import Registry, registry

# An answer this old is still the state of the system; within one investigation nothing is asked twice.
FRESH_S = 30.0
EVERYTHING = Selection()


def toolbox(tools: Sequence[Tool]) -> Door:
    return Toolbox(tools, (guard, cache(FRESH_S, time.monotonic), redact, limit()), utc_now)


class _Reached(NamedTuple):
    """The connection of one system for one investigation; `failure` is why it cannot be reached."""

    name: str
    connection: SystemConnection
    place: str = ""
    failure: str = ""


@dataclass
class Connections:
    """Lives as long as its process. Connections are opened when they are needed; lasting ones are kept and closed once,
    by `close`."""

    settings: Settings
    plugged: Registry = field(default_factory=registry)
    _kept: dict[str, SystemConnection] = field(default_factory=dict[str, SystemConnection])

    @cached_property
    def areas(self) -> Mapping[str, Area]:
        """Every area, bound to its settings."""
        return {name: area.configure(area, self._section(area)) for name, area in self.plugged.areas.items()}

    def taking_part(self, request: Request) -> tuple[Area, ...]:
        return tuple(area for area in self.areas.values() if area.takes_part(request))

    def connected(self, name: str, selection: Selection = EVERYTHING) -> SystemConnection:
        """The connection of one system; raises Refusal when there can be none."""
        kept = self._kept.get(name)
        if kept is not None and not selection.named:
            return kept
        owner = self.plugged.integrations[name]
        if owner.connect is None:
            raise Refusal(f"{owner.title} has nothing to connect to.")
        used = {other: self.connected(other) for other in owner.uses}
        made = owner.connect(self._section(owner), selection, used)
        if owner.lasting:
            self._kept[name] = made
        return made

    @asynccontextmanager
    async def opened(self, request: Request, selection: Selection = EVERYTHING) -> AsyncGenerator[Context]:
        """For one investigation. A system that cannot be reached is a gap, except where it was named, or where a
        question is about nothing else."""
        areas = self.taking_part(request)
        async with AsyncExitStack() as stack:
            reached = [await self._reach(name, selection, stack) for name in _systems(areas)]
            failed = {one.name: one.failure for one in reached if one.failure}
            areas, source = self._weighed(request, areas, reached, failed)
            tools = [t for area in areas for t in area.own_tools(self._section(area))]
            tools += [t for one in reached for t in one.connection.tools]
            yield Context(areas, toolbox(tools), source, self.settings.budget)

    async def _reach(self, name: str, selection: Selection, stack: AsyncExitStack) -> _Reached:
        owner = self.plugged.integrations.get(name)
        if owner is None:
            return _Reached(name, SystemConnection(), failure=f"{name} is not installed")
        chosen = selection if owner.place else EVERYTHING
        try:
            connection = self.connected(name, chosen)
            if not owner.lasting:
                stack.push_async_callback(connection.close)
            return _Reached(name, connection, await connection.about())
        except Refusal as refused:
            if chosen.named:
                raise
            return _Reached(name, SystemConnection(tools=owner.unreachable(str(refused))), failure=str(refused))

    async def complete(self, alert: Alert) -> tuple[Alert, tuple[Gap, ...]]:
        """The alert with the details that its sender keeps, and what of them could not be read."""
        owner = self.plugged.integrations.get(alert.source)
        if owner is None or owner.connect is None or not self.configured(owner):
            return alert, ()
        return await self.connected(owner.name).complete(alert)

    def configured(self, owner: Integration) -> bool:
        return owner.configured(self._section(owner))

    def contexts(self, owner: Integration) -> tuple[str, ...]:
        """The configured connections of one system; "" for the default one."""
        return owner.contexts(self._section(owner))

    @property
    def memory(self) -> str:
        """What the kept connections remember, as JSON: for /health."""
        return next((told for kept in self._kept.values() if (told := kept.memory())), "")

    async def close(self) -> None:
        kept, self._kept = self._kept, {}
        for connection in kept.values():
            await connection.close()

    def _section(self, owner: Integration | Area) -> Any:
        """Its part of the settings; that of another where it says so."""
        if isinstance(owner, Area) and owner.configured_by:
            owner = self.plugged.integrations[owner.configured_by]
        return self.settings.of(owner.settings) if owner.settings else None

    def _weighed(
        self, request: Request, areas: Sequence[Area], reached: Sequence[_Reached], failed: Mapping[str, str]
    ) -> tuple[tuple[Area, ...], str]:
        """The areas that can say something, and what the answer calls the place it looked at."""
        places = [one.place for one in reached if one.place]
        if places or not failed:
            return tuple(areas), "; ".join(places)
        name, reason = next(iter(failed.items()))
        left = tuple(area for area in areas if not set(area.essential) & set(failed))
        owns = any(str(request.topic) in area.topics for area in areas if area not in left)
        if not owns:
            return left, f"no {self.plugged.integrations[name].place or name} ({reason})"
        if request.alert is None:
            raise Refusal(reason)
        return left, f"the alert alone ({reason})"


def _systems(areas: Sequence[Area]) -> tuple[str, ...]:
    """Each once, in the order of the areas."""
    return tuple(dict.fromkeys(name for area in areas for name in area.systems))


@asynccontextmanager
async def opened(
    settings: Settings, request: Request | None = None, *, dump: str = "", context: str = ""
) -> AsyncGenerator[Context]:
    """Everything for one investigation, of one cluster or dump where no request is given; closes what it opened."""
    connections = Connections(settings)
    try:
        async with connections.opened(request or Request(), Selection(context, dump)) as ctx:
            yield ctx
    finally:
        await connections.close()
