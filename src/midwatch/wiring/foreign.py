"""Plug-ins of outside packages, contained: each of their functions gets a time limit, and gives what the house can go
on with when it raises, hangs, or returns something else than it declares.

What a system does wrong becomes what a system may do by its contract (Refusal, ToolError, a failed Health), what an
area does wrong becomes a Gap. The plug-ins of Midwatch itself are not wrapped: their faults are ours to mend.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from midwatch.domain.alert import Alert, Delivery
from midwatch.domain.alert_source import AlertSource, SignatureInvalid, WebhookRequest
from midwatch.domain.capabilities import Health, Integration, Selection, SystemConnection
from midwatch.domain.evidence import Evidence, Gap, ToolRequest
from midwatch.domain.observation import Observation
from midwatch.domain.refusal import Refusal
from midwatch.domain.sender import SenderSettings
from midwatch.domain.tool import Tool, ToolError, ToolResult
from midwatch.kit.containment import PluginFault, await_within, call, call_within
from midwatch.wiring.manifests import mismatch

if TYPE_CHECKING:
    from midwatch.domain.notifier import Notifier

QUICK_S = 5.0  # for what computes from its arguments, and for `connect`, which opens nothing
REACH_S = 30.0  # for what asks the outside system: connecting through a proxy that drops packets takes 20 s to fail
CLOSE_S = 5.0
STATES = ("ok", "missing", "refused", "failed")

log = logging.getLogger("midwatch.plugins")  # without a configuration it writes to standard error
T = TypeVar("T")


def log_fault(fault: PluginFault, otherwise: T) -> T:
    """Where a fault has no place in the answer it is at least in the log."""
    log.warning("%s", fault)
    return otherwise


def require_type(who: str, value: Any, declared: Any, what: str) -> Any:
    """Raises PluginFault where it is something else than what was declared."""
    if wrong := mismatch(value, declared, what):
        raise PluginFault(who, f"{wrong}")
    return value


@dataclass(frozen=True, eq=False)  # as a function: the area that has it is a key
class Contained:
    """One function that has something to fall back on: `otherwise`."""

    who: str
    name: str
    function: Callable[..., Any]
    declared: Any
    otherwise: Any = None

    def __call__(self, *arguments: Any) -> Any:
        try:
            made = call_within(self.who, QUICK_S, self.function, *arguments, passed=(Refusal,))
            return require_type(self.who, made, self.declared, self.name)
        except PluginFault as fault:
            return log_fault(fault, self.otherwise)


def contained_integration(value: Integration, source: AlertSource | None, who: str) -> Integration:
    """`source` is what its `alert_source` gave."""
    return replace(
        value,
        connect=partial(_connect, value, who) if value.connect else None,
        unreachable=partial(_unreachable, value, who),
        contexts=Contained(who, "contexts", value.contexts, tuple[str, ...], ("",)),
        configured=Contained(who, "configured", value.configured, bool, otherwise=False),
        alert_source=partial(_same, contained_source(source, who)) if source else None,
        migrate=partial(_migrate, value, who),
    )


def _same(value: T) -> T:
    return value


def contained_source(value: AlertSource, who: str) -> AlertSource:
    """Fails closed: what cannot be verified is not let in, and what cannot be read is kept for a person to look at."""
    return replace(
        value,
        verify=partial(_verify, value, who),
        certificate_url=partial(_certificate_url, value, who),
        parse=partial(_parse, value, who),
        recognises=partial(_recognises, value, who),
        apart=True,
    )


def _verify(source: AlertSource, who: str, request: WebhookRequest, sender: SenderSettings) -> None:
    try:
        call_within(who, QUICK_S, source.verify, request, sender, passed=(SignatureInvalid,))
    except PluginFault as fault:
        raise SignatureInvalid(f"{fault}") from fault


def _certificate_url(source: AlertSource, who: str, request: WebhookRequest) -> str:
    try:
        made = call_within(who, QUICK_S, source.certificate_url, request, passed=(SignatureInvalid,))
        return require_type(who, made, str, "certificate_url")
    except PluginFault as fault:
        raise SignatureInvalid(f"{fault}") from fault


def _parse(source: AlertSource, who: str, request: WebhookRequest, sender: SenderSettings) -> Delivery:
    """An alert in the name of another source is none."""
    try:
        made: Delivery = require_type(who, call_within(who, QUICK_S, source.parse, request, sender), Delivery, "parse")
        if strangers := {alert.source for alert in made.alerts} - {source.source}:
            raise PluginFault(who, f"parse gave an alert of {sorted(strangers)[0]!r}, not of {source.source!r}")
    except PluginFault as fault:
        return log_fault(fault, Delivery(unknown=str(fault)))
    return made


def _recognises(source: AlertSource, who: str, document: object) -> bool:
    try:
        return call_within(who, QUICK_S, source.recognises, document) is True if source.recognises else False
    except PluginFault as fault:
        return log_fault(fault, otherwise=False)


def _migrate(owner: Integration, who: str, item: Evidence | Gap) -> Evidence | Gap:
    """Of its own tools only: nobody rewrites what another system said."""
    if not item.tool.startswith(f"{owner.name}_"):
        return item
    try:
        return require_type(who, call_within(who, QUICK_S, owner.migrate, item), Evidence | Gap, "migrate")
    except PluginFault as fault:
        return log_fault(fault, item)


def _unreachable(owner: Integration, who: str, reason: str) -> tuple[Tool, ...]:
    try:
        return contained_tools(call_within(who, QUICK_S, owner.unreachable, reason), owner.name, who)
    except PluginFault as fault:
        return log_fault(fault, ())


def contained_tools(tools: Any, prefix: str, who: str) -> tuple[Tool, ...]:
    """Raises PluginFault for tools that are none, or are not called `<prefix>_…`: their names would not be their
    own."""
    for tool in require_type(who, tools, tuple[Tool, ...], "tools"):
        if not tool.name.startswith(f"{prefix}_"):
            raise PluginFault(who, f"its tool {tool.name!r} has to be called {prefix}_…")
    return tuple(replace(tool, run=partial(_run, tool, who)) for tool in tools)


async def _run(tool: Tool, who: str, **arguments: Any) -> ToolResult:
    limit = min(tool.timeout_s, REACH_S) if tool.timeout_s > 0 else REACH_S
    try:
        made = await await_within(who, limit, partial(tool.run, **arguments), passed=(ToolError,))
        result: ToolResult = require_type(who, made, ToolResult, tool.name)
        _readable(who, result)
    except PluginFault as fault:
        raise ToolError(str(fault)) from fault
    return result


def _readable(who: str, result: ToolResult) -> None:
    """Every rule reads evidence as text, and its hash is taken: both are tried."""
    require_type(who, result.query, str, "the query of its result")
    seen = require_type(who, result.observation, get_args(Observation)[0], "the observation of its result")
    call(who, lambda: (seen.text, seen.content))


def _connect(
    owner: Integration, who: str, section: Any, selection: Selection, used: Mapping[str, SystemConnection]
) -> SystemConnection:
    try:
        connect: Any = owner.connect
        made: Any = call_within(who, QUICK_S, connect, section, selection, used, passed=(Refusal,))
        connection: SystemConnection = require_type(who, made, SystemConnection, "connect")
        return SystemConnection(
            tools=contained_tools(connection.tools, owner.name, who),
            about=partial(_about, connection, who),
            health=partial(_health, connection, owner.name, who),
            close=partial(_close, connection, who),
            complete=partial(_complete, connection, owner.name, who),
            notifier=_notifier(connection.notifier, owner.name, who),
            memory=partial(_memory, connection, who),
        )
    except PluginFault as fault:
        raise Refusal(str(fault)) from fault


def _notifier(value: Any, name: str, who: str) -> "Notifier | None":
    """What it does is contained by the engine, whosever it is."""
    if value is None:
        return None
    declared = import_module("midwatch.domain.notifier").Notifier  # loads what only a worker needs
    if require_type(who, value, declared, "notifier").name != name:
        raise PluginFault(who, f"its notifier is called {value.name!r}, not {name!r} as the integration")
    return value


async def _about(connection: SystemConnection, who: str) -> str:
    try:
        return require_type(who, await await_within(who, REACH_S, connection.about, passed=(Refusal,)), str, "about")
    except PluginFault as fault:
        raise Refusal(str(fault)) from fault


async def _health(connection: SystemConnection, name: str, who: str, asks: Sequence[ToolRequest]) -> tuple[Health, ...]:
    try:
        made = await await_within(who, REACH_S, connection.health, asks, passed=(Refusal,))
        found: tuple[Health, ...] = require_type(who, made, tuple[Health, ...], "health")
        if strange := [one.state for one in found if one.state not in STATES]:
            raise PluginFault(who, f"health gave the state {strange[0]!r}, none of {', '.join(STATES)}")
    except PluginFault as fault:
        return (Health(name, "failed", str(fault)),)
    return found


async def _close(connection: SystemConnection, who: str) -> None:
    try:
        await await_within(who, CLOSE_S, connection.close)
    except PluginFault as fault:
        log_fault(fault, None)


async def _complete(connection: SystemConnection, name: str, who: str, alert: Alert) -> tuple[Alert, tuple[Gap, ...]]:
    """What makes it the same alert stays as it came."""
    try:
        made = await await_within(who, REACH_S, connection.complete, alert)
        whole, gaps = require_type(who, made, tuple[Alert, tuple[Gap, ...]], "complete")
    except PluginFault as fault:
        return alert, (Gap(tool=name, arguments={}, query="details of the alert", reason=str(fault)),)
    return whole.model_copy(update={"source": alert.source, "fingerprint": alert.fingerprint}), gaps


def _memory(connection: SystemConnection, who: str) -> str:
    try:
        said = require_type(who, call_within(who, QUICK_S, connection.memory), str, "memory")
        return said if isinstance(json.loads(said or "{}"), dict) else ""
    except PluginFault as fault:
        return log_fault(fault, "")
    except ValueError:
        return log_fault(PluginFault(who, "memory gave no JSON"), "")
