"""The notifiers that are configured."""

from collections.abc import Mapping

from midwatch.domain.notifier import Notifier
from midwatch.engine.notifications import by_name
from midwatch.wiring.connections import Connections


def notifiers(connections: Connections) -> Mapping[str, Notifier]:
    """By name. What they open is closed with the connections."""
    owners = [i for i in connections.plugged.integrations.values() if i.notifies and connections.is_configured(i)]
    found = (connections.connection(owner.name).notifier for owner in owners)
    return by_name([notifier for notifier in found if notifier])
