"""What Prometheus scrapes: counted in the store, so that every process tells the same."""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from midwatch.domain.access import Actor, KeylessRole
from midwatch.services.server_context import ServerContext
from midwatch.services.use_case import use_case
from midwatch.store import deliveries, incidents, investigations, notifications


class _Counted(Collector):
    def __init__(self, families: Mapping[str, tuple[str, str, Mapping[str, int]]]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        for name, (about, label, values) in self._families.items():
            family = GaugeMetricFamily(name, about, labels=[label])
            for value, count in sorted(values.items()):
                family.add_metric([value], count)
            yield family


@use_case(needs=KeylessRole.ANONYMOUS)
def exposition(_ctx: ServerContext, _caller: Actor, tx: Connection) -> bytes:
    families = {
        "midwatch_incidents": ("Incidents in the store.", "status", incidents.counts(tx)),
        "midwatch_investigations": ("Investigations in the store.", "state", investigations.counts(tx)),
        "midwatch_notifications": ("Notifications: pending, sent, given up.", "state", notifications.counts(tx)),
        "midwatch_deliveries": ("Webhook deliveries: accepted, ignored, unparsed.", "outcome", deliveries.counts(tx)),
    }
    registry = CollectorRegistry()
    registry.register(_Counted(families))
    return generate_latest(registry)
