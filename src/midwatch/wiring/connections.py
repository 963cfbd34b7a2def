"""Connections to the outside systems, and what one investigation is made of: areas, tools, and where it looks."""

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from typing import Any, NamedTuple

from midwatch.domain.alert import Alert
from midwatch.domain.capabilities import Area, Integration, Selection, SystemConnection, open_topic
from midwatch.domain.evidence import Gap
from midwatch.domain.investigation import Request
from midwatch.domain.refusal import Refusal
from midwatch.domain.tool import Tool
from midwatch.engine.gather import ToolCaller
from midwatch.engine.investigation_context import InvestigationContext
from midwatch.kit.clock import utc_now
from midwatch.settings import Settings
from midwatch.toolbox.cache import cache
from midwatch.toolbox.guard import guard
from midwatch.toolbox.limit import limit
from midwatch.toolbox.redact import redact
from midwatch.toolbox.toolbox import Toolbox
from midwatch.wiring.registry import Registry, registry
from midwatch.wiring.selection import Choice, choose, naming_labels

# An answer this old is still the state of the system; within one investigation nothing is asked twice.
FRESH_S = 30.0
EVERYTHING = Selection()


def toolbox(tools: Sequence[Tool], failed: Mapping[str, str] | None = None) -> ToolCaller:
    return Toolbox(tools, (guard, cache(FRESH_S, time.monotonic), redact, limit()), utc_now, failed)


class _Reached(NamedTuple):
    """The connection of one system for one investigation; `failure` is why it cannot be reached."""

    name: str
    connection: SystemConnection
    place: str = ""
    failure: str = ""
    gaps: tuple[Gap, ...] = ()


@dataclass
class Connections:
    """Lives as long as its process. Connections are opened when they are needed; lasting ones are kept, one for each
    context, and closed once, by `close`."""

    settings: Settings
    plugged: Registry = field(default_factory=registry)
    _kept: dict[tuple[str, Selection], SystemConnection] = field(
        default_factory=dict[tuple[str, Selection], SystemConnection]
    )

    @cached_property
    def areas(self) -> Mapping[str, Area]:
        """Every area, bound to its settings; one that lacks what it requires only says so."""
        return {
            name: self._unset(area, reason)
            if (reason := self.lacking(area))
            else area.configure(area, self.section(area))
            for name, area in self.plugged.areas.items()
        }

    def topic(self, request: Request) -> str:
        """What it is about; the open topic where nothing in particular was asked."""
        return request.topic or open_topic(self.areas.values())

    def taking_part(self, request: Request) -> tuple[Area, ...]:
        topic = self.topic(request)
        areas = tuple(area for area in self.areas.values() if area.takes_part(request, topic))
        source = self.plugged.alert_sources.get(request.alert.source) if request.alert else None
        return tuple(area.for_envelope(area, source.envelope) for area in areas) if source else areas

    def connection(self, name: str, selection: Selection = EVERYTHING) -> SystemConnection:
        """The connection of one system, of its first context where none is selected; raises Refusal when there can be
        none. Whoever gets one that is not lasting closes it."""
        owner = self.plugged.integrations[name]
        if not selection.is_explicit:
            selection = Selection(next(iter(self.contexts(owner)), ""))
        kept = self._kept.get((name, selection))
        if kept is not None:
            return kept
        if owner.connect is None:
            raise Refusal(f"{owner.title} has nothing to connect to.")
        used = {other: self.connection(other) for other in owner.uses}
        made = owner.connect(self.section(owner), selection, used)
        made = _closing(made, [used[other] for other in owner.uses if not self.plugged.integrations[other].lasting])
        if owner.lasting:
            self._kept[name, selection] = made
        return made

    def choice(self, owner: Integration, request: Request, selection: Selection = EVERYTHING) -> Choice:
        """The connection of one system that an investigation asks, and why."""
        named = selection if owner.place else EVERYTHING
        return choose(self.contexts(owner), named, request.alert, naming_labels(self.areas.values()))

    @asynccontextmanager
    async def investigation(
        self, request: Request, selection: Selection = EVERYTHING
    ) -> AsyncGenerator[InvestigationContext]:
        """For one investigation. A system that cannot be reached is a gap, except where it was named, or where a
        question is about nothing else."""
        areas = self.taking_part(request)
        async with AsyncExitStack() as stack:
            reached = [await self._reach(name, request, selection, stack) for name in systems(areas)]
            failed = {one.name: one.failure for one in reached if one.failure}
            areas, source = self._weighed(request, areas, reached, failed)
            tools = [t for area in areas for t in area.own_tools(self.section(area))]
            tools += [t for one in reached for t in one.connection.tools]
            unread = tuple(gap for one in reached for gap in (*one.gaps, *self._unreached(one)))
            yield InvestigationContext(areas, toolbox(tools, failed), source, self.settings.budget, unread=unread)

    async def _reach(self, name: str, request: Request, selection: Selection, stack: AsyncExitStack) -> _Reached:
        owner = self.plugged.integrations.get(name)
        if owner is None:
            return _Reached(name, SystemConnection(), failure=f"{name} is not installed")
        choice = self.choice(owner, request, selection)
        context, gaps = choice.selection.context, choice.gaps(name)
        try:
            connection = self.connection(name, choice.selection)
            if not owner.lasting:
                stack.push_async_callback(connection.close)
            place = _placed(await connection.about(), context, owner)
        except Refusal as refused:
            if choice.explicit:
                raise
            failure = str(refused) if context in str(refused) else f"{context}: {refused}"
            return _Reached(name, SystemConnection(tools=owner.unreachable(failure)), failure=failure, gaps=gaps)
        tools = tuple(replace(tool, connection=context) for tool in connection.tools)
        return _Reached(name, replace(connection, tools=tools), place, gaps=gaps)

    def _unreached(self, one: _Reached) -> Sequence[Gap]:
        """Why a system with places of its own (clusters) was not read; nothing where none is configured."""
        owner = self.plugged.integrations.get(one.name)
        if not one.failure or owner is None or not owner.place or not self.is_configured(owner):
            return ()
        return (Gap(tool=owner.place, arguments={"system": one.name}, query="", reason=one.failure),)

    async def complete(self, alert: Alert) -> tuple[Alert, tuple[Gap, ...]]:
        """The alert with the details that its sender keeps, and what of them could not be read."""
        owner = self.sender(alert)
        return await self.connection(owner.name).complete(alert) if owner else (alert, ())

    def sender(self, alert: Alert) -> Integration | None:
        """The system that can be asked for what an alert of its own left out."""
        owner = self.plugged.integrations.get(alert.source)
        return owner if owner and owner.connect and self.is_configured(owner) else None

    def is_configured(self, owner: Integration) -> bool:
        return not self.lacking(owner) and owner.configured(self.section(owner))

    def contexts(self, owner: Integration) -> tuple[str, ...]:
        """The configured connections of one system; "" for the default one."""
        return ("",) if self.lacking(owner) else owner.contexts(self.section(owner))

    def lacking(self, owner: Integration | Area) -> str:
        """What an outside package's settings lack, as a sentence; "" for everybody else."""
        if not self.plugged.outside:
            return ""
        try:
            self.section(owner)
        except Refusal as refused:
            return f"{refused.reason} {refused.hint}".strip()
        return ""

    def _unset(self, area: Area, reason: str) -> Area:
        made: Area = import_module("midwatch.wiring.foreign_areas").faulty(area, area.name, reason)
        return made

    @property
    def unset(self) -> tuple[str, ...]:
        """What the outside packages lack that are not configured."""
        owners = (*self.plugged.integrations.values(), *self.plugged.areas.values())
        return tuple(dict.fromkeys(reason for owner in owners if (reason := self.lacking(owner))))

    @property
    def memory(self) -> str:
        """What the kept connections remember, as JSON: for /health."""
        return next((told for kept in self._kept.values() if (told := kept.memory())), "")

    async def close(self) -> None:
        """Each once, whatever another one raises."""
        kept, self._kept = self._kept, {}
        async with AsyncExitStack() as stack:
            for connection in kept.values():
                stack.push_async_callback(connection.close)

    def section(self, owner: Integration | Area) -> Any:
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
        owns = any(area.owns(self.topic(request)) for area in areas if area not in left)
        if not owns:
            return left, f"no {self.plugged.integrations[name].place or name} ({reason})"
        if request.alert is None:
            raise Refusal(reason)
        return left, f"alert text only ({reason})"


def systems(areas: Sequence[Area]) -> tuple[str, ...]:
    """The names of those that are asked, each once, in the order of the areas."""
    return tuple(dict.fromkeys(name for area in areas for name in area.systems))


def _placed(place: str, context: str, owner: Integration) -> str:
    """What the answer calls the place: with the context, where its own name does not say it."""
    if not context or context in place:
        return place
    return f"{place} ({context})" if place else f"{owner.title} {context}"


def _closing(connection: SystemConnection, others: Sequence[SystemConnection]) -> SystemConnection:
    """A connection that also closes those it stands on, after itself."""
    if not others:
        return connection

    async def close() -> None:
        async with AsyncExitStack() as stack:
            for one in (*others, connection):
                stack.push_async_callback(one.close)

    return replace(connection, close=close)


@asynccontextmanager
async def open_investigation(
    settings: Settings, request: Request | None = None, *, dump: str = "", context: str = ""
) -> AsyncGenerator[InvestigationContext]:
    """Everything for one investigation, of one cluster or dump where no request is given; closes what it opened."""
    connections = Connections(settings)
    try:
        wanted = request or Request()
        selection = Selection(context, dump, wanted.question if dump else "")
        async with connections.investigation(wanted, selection) as ctx:
            yield ctx
    finally:
        await connections.close()
