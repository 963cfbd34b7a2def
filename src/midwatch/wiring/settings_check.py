"""What the settings name, looked at before anything rests on it."""

from collections.abc import Iterator

from midwatch.domain.refusal import Refusal
from midwatch.wiring.connections import Connections


def refusals(connections: Connections) -> Iterator[tuple[str, Refusal]]:
    """By area: what `serve` and `worker`, or the investigation of an alert, would refuse because of the settings. Asks
    no system."""
    for area in connections.plugged.areas.values():
        try:
            section = connections.section(area)
            area.known(section)
            area.configure(area, section)
        except Refusal as refusal:
            yield area.name, refusal


def misread_variables(connections: Connections, names: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Variables with one underscore where two belong, which set nothing; with what was probably meant.

    They cannot be refused: Kubernetes gives each pod MIDWATCH_SERVER_PORT where a Service is called midwatch-server.
    """
    fields = connections.plugged.settings.model_fields
    for name in sorted(names):
        first, _, rest = name.upper().removeprefix("MIDWATCH_").partition("_")
        field = fields.get(first.lower())
        inner = getattr(field.annotation, "model_fields", {}) if field else {}
        if name.upper().startswith("MIDWATCH_") and rest.lower() in inner:
            yield name, f"MIDWATCH_{first}__{rest}"
