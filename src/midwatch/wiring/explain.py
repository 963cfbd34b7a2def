"""What an investigation of an alert would do, without asking any system: how the alert is read and understood, which
areas take part, which systems are asked through which connection, and the first requests."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from midwatch.diagnosis.alerts.subject import labelled_resource
from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus
from midwatch.domain.base import Model
from midwatch.domain.capabilities import Area, Selection
from midwatch.domain.investigation import Request
from midwatch.domain.window import Window
from midwatch.engine.analyst import Case, intent_of
from midwatch.services.understanding import alert_request
from midwatch.wiring.connections import Connections, systems
from midwatch.wiring.questions import entities

ASKED, NOT_CONFIGURED, NOT_INSTALLED = "asked", "not configured", "not installed"
_NEEDS = {"topic": "topic {topic} is its own", "joins": "joins topic {topic}", "alert": "takes part for every alert"}


class AlertRead(Model, frozen=True):
    """`source` is the system whose format it is in, `others` the further alerts of the same file. `details_from` is the
    system that would be asked for what it left out ("" for none). `starts_now`: it names no start in the past that can
    be read, and the time of reading is taken for it."""

    source: str
    source_title: str
    chosen_by: str
    title: str
    severity: AlertSeverity
    status: AlertStatus
    starts_at: datetime
    starts_now: bool
    service: str
    resource: str
    labels: dict[str, str]
    others: int = 0
    details_from: str = ""


class AlertIntent(Model, frozen=True):
    """What the alert is understood to ask; `window` is None where the topic has none."""

    topic: str
    title: str
    window: Window | None
    entities: dict[str, tuple[str, ...]]
    namespace: str


class AreaPart(Model, frozen=True):
    """`why` is topic, joins or alert; "" for an area that does not take part."""

    name: str
    title: str
    why: str
    reason: str


class SystemPart(Model, frozen=True):
    """`state` is asked, not configured or not installed; `unchecked` are configured contexts that would not be
    checked."""

    name: str
    title: str
    state: str
    context: str = ""
    reason: str = ""
    unchecked: tuple[str, ...] = ()


class ToolRequests(Model, frozen=True):
    tool: str
    requests: int


class Explanation(Model, frozen=True):
    alert: AlertRead
    understood: AlertIntent
    areas: tuple[AreaPart, ...]
    systems: tuple[SystemPart, ...]
    requests: tuple[ToolRequests, ...]


def explain(
    connections: Connections,
    alert: Alert,
    now: datetime,
    selection: Selection,
    namespace: str = "",
    *,
    chosen_by: str = "",
    others: int = 0,
) -> Explanation:
    """Opens nothing. Raises Refusal when the settings that say what an alert can name are wrong."""
    areas = tuple(connections.areas.values())
    request = alert_request(alert, entities(connections), now, areas, namespace)
    topic = connections.topic(request)
    taking_part = connections.taking_part(request)
    parts = tuple(_systems(connections, taking_part, request, selection))
    first = {ask.key: ask.tool for ask in Case.of(request, taking_part).opening()}  # several areas may ask the same
    unasked = {tool for part in parts if part.state != ASKED for tool in _tools(connections, part.name)}
    counts = Counter(tool for tool in first.values() if tool not in unasked)
    return Explanation(
        alert=_reading(connections, alert, now, chosen_by, others),
        understood=_intent(request, areas),
        areas=tuple(_part(area, request, topic) for area in areas),
        systems=parts,
        requests=tuple(ToolRequests(tool=tool, requests=n) for tool, n in sorted(counts.items())),
    )


def _reading(connections: Connections, alert: Alert, now: datetime, chosen_by: str, others: int) -> AlertRead:
    source = connections.plugged.alert_sources.get(alert.source)
    asked = connections.sender(alert)
    return AlertRead(
        **{name: getattr(alert, name) for name in ("source", "title", "severity", "status", "starts_at", "service")},
        source_title=source.title if source else "",
        chosen_by=chosen_by or ("its fields" if source and source.recognises else "no other source fits"),
        starts_now=alert.starts_at == now,
        resource=labelled_resource(alert.labels),
        labels=dict(sorted(alert.labels.items())),
        others=others,
        details_from=asked.title if asked else "",
    )


def _intent(request: Request, areas: tuple[Area, ...]) -> AlertIntent:
    intent = intent_of(request, areas)
    titles = {topic.id: topic.title for area in areas for topic in area.topics}
    return AlertIntent(
        topic=intent.topic,
        title=titles.get(intent.topic, intent.topic),
        window=intent.window,
        entities=dict(intent.entities),
        namespace=request.namespace,
    )


def _part(area: Area, request: Request, topic: str) -> AreaPart:
    why = area.reason(request, topic)
    return AreaPart(name=area.name, title=area.title, why=why, reason=_NEEDS[why].format(topic=topic) if why else "")


def _tools(connections: Connections, system: str) -> Iterator[str]:
    owner = connections.plugged.integrations.get(system)
    yield from (tool.name for tool in owner.unreachable(NOT_CONFIGURED)) if owner else ()


def _systems(
    connections: Connections, areas: tuple[Area, ...], request: Request, selection: Selection
) -> Iterator[SystemPart]:
    for name in systems(areas):
        owner = connections.plugged.integrations.get(name)
        if owner is None:
            yield SystemPart(name=name, title=name, state=NOT_INSTALLED, reason="no plug-in has this name")
        elif not (connections.is_configured(owner) or (owner.place and selection.is_explicit)):
            section = owner.section or name
            reason = f"nothing is set in section {section} of midwatch.yaml"
            yield SystemPart(name=name, title=owner.title, state=NOT_CONFIGURED, reason=reason)
        else:
            choice = connections.choice(owner, request, selection)
            yield SystemPart(
                name=name,
                title=owner.title,
                state=ASKED,
                context=choice.selection.context or choice.selection.dump,
                reason=choice.reason,
                unchecked=choice.unchecked,
            )
