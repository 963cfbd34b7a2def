"""What is plugged in, for tests."""

from collections.abc import Mapping
from typing import Any

from midwatch.domain.alert_source import AlertSource
from midwatch.settings import Settings
from midwatch.wiring.registry import registry


def alert_sources() -> Mapping[str, AlertSource]:
    return registry().alert_sources


def settings(**sections: Any) -> Settings:
    """With every section that is declared, as a command composes them."""
    return registry().settings(**sections)


AREAS = tuple(registry().areas.values())
