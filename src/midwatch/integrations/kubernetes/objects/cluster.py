"""Objects of the cluster as a whole: nodes, namespaces, limits, configuration, events."""

from datetime import datetime

import msgspec

from midwatch.integrations.kubernetes.objects.meta import Condition, Object, Quantities, Struct, Time, TypedReference


class Taint(Struct):
    key: str = ""
    value: str | None = ""
    effect: str = ""
    time_added: Time | None = None


class NodeSpec(Struct):
    unschedulable: bool | None = False
    taints: list[Taint] | None = None


class NodeInfo(Struct):
    kubelet_version: str = ""
    container_runtime_version: str = ""
    architecture: str = ""
    operating_system: str = ""


class NodeAddress(Struct):
    type: str = ""
    address: str = ""


class NodeStatus(Struct):
    capacity: Quantities | None = None
    allocatable: Quantities | None = None
    conditions: list[Condition] | None = None
    addresses: list[NodeAddress] | None = None
    node_info: NodeInfo = msgspec.field(default_factory=NodeInfo)


_HOSTNAME = "kubernetes.io/hostname"


class Node(Object):
    spec: NodeSpec = msgspec.field(default_factory=NodeSpec)
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)

    @property
    def labels(self) -> dict[str, str]:
        """Every kubelet labels its node with the host's name, which is the node's own unless somebody overrode it; what
        was saved of a node may leave the label out."""
        return {_HOSTNAME: self.name, **super().labels}

    def condition(self, type_: str) -> Condition | None:
        return next((c for c in self.status.conditions or () if c.type == type_), None)


class NamespaceStatus(Struct):
    phase: str | None = ""
    conditions: list[Condition] | None = None


class Namespace(Object):
    status: NamespaceStatus = msgspec.field(default_factory=NamespaceStatus)


class QuotaSpec(Struct):
    hard: Quantities | None = None


class QuotaStatus(Struct):
    hard: Quantities | None = None
    used: Quantities | None = None


class ResourceQuota(Object):
    spec: QuotaSpec = msgspec.field(default_factory=QuotaSpec)
    status: QuotaStatus = msgspec.field(default_factory=QuotaStatus)


class LimitItem(Struct):
    type: str = ""
    max: Quantities | None = None
    min: Quantities | None = None
    default: Quantities | None = None
    default_request: Quantities | None = None


class LimitRangeSpec(Struct):
    limits: list[LimitItem] | None = None


class LimitRange(Object):
    spec: LimitRangeSpec = msgspec.field(default_factory=LimitRangeSpec)


class ConfigMap(Object):
    """`data` maps key → redacted value, or "" where only names were read."""

    data: dict[str, str] | None = None
    binary_data: dict[str, str] | None = None


class Secret(Object):
    """Only ever read from a dump that a person made; values are dropped while reading, key names stay."""

    type: str | None = ""
    data: dict[str, str] | None = None


class PriorityClass(Object):
    value: int = 0
    global_default: bool | None = False


class EventSeries(Struct):
    count: int | None = None
    last_observed_time: Time | None = None


class EventSource(Struct):
    component: str | None = ""
    host: str | None = ""


class Event(Object):
    involved_object: TypedReference = msgspec.field(default_factory=TypedReference)
    type: str | None = ""
    reason: str | None = ""
    message: str | None = ""
    count: int | None = None
    first_timestamp: Time | None = None
    last_timestamp: Time | None = None
    event_time: Time | None = None
    series: EventSeries | None = None
    source: EventSource = msgspec.field(default_factory=EventSource)
    reporting_component: str | None = ""

    @property
    def last(self) -> datetime | None:
        seen = self.series.last_observed_time if self.series else None
        return self.last_timestamp or seen or self.event_time or self.metadata.creation_timestamp

    @property
    def first(self) -> datetime | None:
        return self.first_timestamp or self.event_time or self.metadata.creation_timestamp or self.last

    @property
    def times(self) -> int:
        return self.count or (self.series.count if self.series and self.series.count else 1)


class Usage(Struct):
    name: str = ""
    usage: Quantities | None = None


class PodMetrics(Object):
    timestamp: Time | None = None
    window: str | None = ""
    containers: list[Usage] | None = None


class NodeMetrics(Object):
    timestamp: Time | None = None
    window: str | None = ""
    usage: Quantities | None = None
