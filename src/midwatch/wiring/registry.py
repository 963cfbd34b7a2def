"""Everything that is plugged in: the folders of `integrations` and `diagnosis`, and installed packages.

A package of somebody else's names its values in the entry-point groups `midwatch.integrations` and `midwatch.areas`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, RootModel

from midwatch import diagnosis, integrations
from midwatch.domain.alert_source import AlertSource
from midwatch.domain.capabilities import Area, Integration
from midwatch.domain.refusal import Refusal
from midwatch.settings import Settings, compose

INTEGRATIONS, AREAS = "midwatch.integrations", "midwatch.areas"  # entry-point groups
OWN = "midwatch"
_T = TypeVar("_T", Integration, Area)


class Plugged(NamedTuple):
    """A value, and the distribution that brings it."""

    value: Any
    origin: str


@dataclass(frozen=True)
class Broken:
    """An installed plug-in that cannot be loaded: `serve` refuses to start, `doctor` shows it."""

    name: str
    origin: str
    reason: str


class UnreadSection(RootModel[Any]):
    """The settings of a plug-in that cannot be loaded: what they should be is not known."""

    root: Any = None


@dataclass(frozen=True)
class Registry:
    """By name, in order of names."""

    integrations: Mapping[str, Integration]
    areas: Mapping[str, Area]
    broken: tuple[Broken, ...] = ()

    @cached_property
    def alert_sources(self) -> Mapping[str, AlertSource]:
        """By source, which is the last part of its address."""
        found = (i.alert_source() for i in self.integrations.values() if i.alert_source)
        return MappingProxyType({source.source: source for source in found})

    @cached_property
    def settings(self) -> type[Settings]:
        return compose(dict(self._sections()))

    def _sections(self) -> Iterator[tuple[str, type[BaseModel]]]:
        """A plug-in that cannot be loaded may have settings all the same: they are passed over, so that `doctor` and
        other commands work."""
        for one in self.broken:
            if one.name.isidentifier() and not hasattr(Settings, one.name) and one.name not in Settings.model_fields:
                yield one.name, UnreadSection
        for owner in (*self.integrations.values(), *self.areas.values()):
            if owner.settings is not None:
                yield section(owner), owner.settings

    def intact(self) -> "Registry":
        """Raises Refusal when a plug-in cannot be loaded."""
        for one in self.broken:
            raise Refusal(
                f"The plug-in {one.name!r} of {one.origin} cannot be loaded: {one.reason}.",
                f"Install a version that fits, or uninstall {one.origin}",
            )
        return self


def section(owner: Integration | Area) -> str:
    """The name of its part of midwatch.yaml."""
    return owner.section or owner.name


@cache
def registry() -> Registry:
    """What is installed; raises Refusal for two plug-ins of one name, section, topic or entity kind."""
    installed = entry_points()
    broken: list[Broken] = []
    systems = [
        *_folders(integrations.__path__, "integration", "INTEGRATION", Integration),
        *_installed(installed.select(group=INTEGRATIONS), Integration, broken),
    ]
    areas = [
        *_folders(diagnosis.__path__, "area", "AREA", Area),
        *_installed(installed.select(group=AREAS), Area, broken),
    ]
    _refuse_twins(systems, areas)
    return Registry(_by_name(systems), _by_name(areas), tuple(broken))


def _folders(places: Iterable[str], module: str, value: str, kind: type[_T]) -> Iterator[Plugged]:
    for place in map(Path, places):
        for file in sorted(place.glob(f"*/{module}.py")):
            found = getattr(import_module(f"midwatch.{place.name}.{file.parent.name}.{module}"), value)
            if isinstance(found, kind):
                yield Plugged(found, OWN)


def _installed(found: Iterable[EntryPoint], kind: type[_T], broken: list[Broken]) -> Iterator[Plugged]:
    """Somebody else's code: whatever it raises while it is loaded is told of it, and ends nothing else."""
    for entry in sorted(found, key=lambda e: e.name):
        origin = entry.dist.name if entry.dist else "an unknown package"
        try:
            value = entry.load()
        except (Exception, SystemExit) as error:
            broken.append(Broken(entry.name, origin, f"{type(error).__name__}: {error}"))
            continue
        if isinstance(value, kind):
            yield Plugged(value, origin)
        else:
            broken.append(Broken(entry.name, origin, f"{entry.value} is no {kind.__name__}"))


def _by_name(found: Iterable[Plugged]) -> Mapping[str, Any]:
    return MappingProxyType({p.value.name: p.value for p in sorted(found, key=lambda p: p.value.name)})


def _refuse_twins(systems: Sequence[Plugged], areas: Sequence[Plugged]) -> None:
    _unique("integration", systems, lambda i: (i.name,))
    _unique("area", areas, lambda a: (a.name,))
    _unique("topic", areas, lambda a: [t.id for t in a.topics])
    _unique("entity kind", areas, lambda a: [e.name for e in a.entities])
    _unique("section of the settings", [*systems, *areas], lambda o: (section(o),) if o.settings else ())


def _unique(what: str, found: Iterable[Plugged], names: Callable[[Any], Iterable[str]]) -> None:
    seen: dict[str, str] = {}
    for plugged in found:
        for name in names(plugged.value):
            if name in seen:
                raise Refusal(
                    f"Two plug-ins declare the {what} {name!r}: {seen[name]} and {plugged.origin}.",
                    f"Uninstall one of them, or give one another {what}",
                )
            seen[name] = plugged.origin
