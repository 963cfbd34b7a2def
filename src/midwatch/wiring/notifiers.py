"""The notifiers that are configured."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from midwatch.domain.notifier import Notifier
from midwatch.domain.refusal import Refusal
from midwatch.wiring.connections import Connections


@dataclass(frozen=True)
class Notifiers:
    """By name, and why others that are configured are not used."""

    usable: Mapping[str, Notifier] = field(default_factory=dict[str, Notifier])
    refused: tuple[str, ...] = ()


def notifiers(connections: Connections) -> Notifiers:
    """What they open is closed with the connections. Midwatch's own come first: no other may have their kind, since the
    keys of their notifications would be the same."""
    usable: dict[str, Notifier] = {}
    refused: list[str] = []
    for owner in connections.plugged.integrations.values():
        if not (owner.notifies and connections.is_configured(owner)):
            continue
        try:
            notifier = connections.connection(owner.name).notifier
        except Refusal as refusal:
            refused.append(f"{owner.name} cannot notify: {refusal}")
            continue
        kinds = {known.kind: known.name for known in usable.values()}
        if notifier and notifier.kind in kinds:
            refused.append(f"{owner.name} cannot notify: {kinds[notifier.kind]} has the kind {notifier.kind!r}")
        elif notifier:
            usable[notifier.name] = notifier
    return Notifiers(usable, tuple(refused))
