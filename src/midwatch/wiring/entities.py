"""What a question can name, as far as the configuration knows it."""

from midwatch.domain.intent import Entities
from midwatch.integrations.traffic.config import Traffic
from midwatch.integrations.website.sites import host
from midwatch.settings import Settings


def entities(settings: Settings, traffic: Traffic) -> Entities:
    sites = settings.sites
    return Entities.of(
        gateway=[(g.id, g.name) for g in traffic.gateways],
        client=traffic.clients,
        namespace=dict.fromkeys([*traffic.jobs.namespaces, *(n for s in sites for n in s.namespaces)]),
        service=dict.fromkeys(name for s in sites for name in s.services),
        site=[host(s.url) for s in sites],
    )
