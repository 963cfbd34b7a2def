"""Everything that is plugged in: the folders of `integrations` and `diagnosis`, and installed packages.

A package of somebody else's names its values in the entry-point groups `midwatch.integrations` and `midwatch.areas`:

    [project.entry-points."midwatch.integrations"]
    tides = "midwatch_tides.integration:INTEGRATION"

    [project.entry-points."midwatch.areas"]
    tides = "midwatch_tides.area:AREA"

Its names are lower case letters and digits. Its alert source is called as the integration, its tools `tides_…`, its
findings by a prefix that Midwatch does not use (`TID-101`). How what an area finds answers an alert:
`alert` in domain/topics.

One that cannot be loaded, declares something wrong or claims what another has is refused whole: `doctor` and /health
name it, and everything else works without it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
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
from midwatch.kit.containment import PluginFault, call, call_within
from midwatch.settings import Settings, compose

INTEGRATIONS, AREAS = "midwatch.integrations", "midwatch.areas"  # entry-point groups
OWN = "midwatch"
OWN_CODES = ("ALT", "K8S", "TRF", "WEB")  # prefixes of the finding codes; a test compares them with the catalogues
LOAD_S = 30.0  # for a package to be imported
_T = TypeVar("_T", Integration, Area)


class Plugged(NamedTuple):
    """A value, the distribution that brings it, and its entry point's name and module."""

    value: Any
    origin: str
    entry: str = ""
    module: str = ""

    @property
    def who(self) -> str:
        return f"plug-in {self.entry!r} of {self.origin}"

    def reject(self, reason: str) -> "Broken":
        named = getattr(self.value, "section", "") or getattr(self.value, "name", "")
        return Broken(self.entry, self.origin, reason, self.module, named if isinstance(named, str) else "")


@dataclass(frozen=True)
class Broken:
    """An installed plug-in that is not used: it cannot be loaded, is wrong, or claims what another one has."""

    name: str
    origin: str
    reason: str
    module: str = ""
    section: str = ""

    def __str__(self) -> str:
        return f"plug-in {self.name!r} of {self.origin}: {self.reason}"

    @property
    def sections(self) -> Iterator[str]:
        """What its section of the settings may be called: what it says itself, or else as its names suggest."""
        for name in (self.section, self.name, self.origin, self.module.partition(".")[0]):
            plain = name.lower().replace("-", "_")
            yield from (plain, plain.removeprefix("midwatch_"))


class UnreadSection(RootModel[Any]):
    """The settings of a plug-in that is not used: what they should be is not known."""

    root: Any = None


@dataclass(frozen=True)
class Registry:
    """By name: Midwatch's own in order of names, then those of outside packages. `outside` are the sections of the
    latter, with whose they are; `outside_names` their integrations and areas."""

    integrations: Mapping[str, Integration]
    areas: Mapping[str, Area]
    broken: tuple[Broken, ...] = ()
    outside: Mapping[str, str] = field(default_factory=dict[str, str])
    outside_names: frozenset[str] = frozenset()

    @cached_property
    def alert_sources(self) -> Mapping[str, AlertSource]:
        """By source, which is the last part of its address."""
        found = (i.alert_source() for i in self.integrations.values() if i.alert_source)
        return MappingProxyType({source.source: source for source in found})

    @cached_property
    def settings(self) -> type[Settings]:
        return compose(dict(self._sections()), self.outside)

    def _sections(self) -> Iterator[tuple[str, type[BaseModel]]]:
        """A plug-in that is not used may have settings all the same: they are passed over, so that `doctor` and other
        commands work."""
        for one in self.broken:
            for name in one.sections:
                taken = hasattr(Settings, name) or name in Settings.model_fields
                if name.isidentifier() and not name.startswith("_") and not taken:
                    yield name, UnreadSection
        for owner in (*self.integrations.values(), *self.areas.values()):
            if owner.settings is not None:
                yield section(owner), owner.settings


def section(owner: Integration | Area) -> str:
    """The name of its part of midwatch.yaml."""
    return owner.section or owner.name


@cache
def own_registry() -> Registry:
    """What Midwatch itself brings, whatever is installed beside it."""
    return Registry(
        by_name(_folders(integrations.__path__, "integration", "INTEGRATION", Integration)),
        by_name(_folders(diagnosis.__path__, "area", "AREA", Area)),
    )


@cache
def registry() -> Registry:
    """What is installed. Raises nothing: what is wrong with an outside package is told in `broken`."""
    installed = entry_points()
    broken: list[Broken] = []
    found = [
        *_installed(installed.select(group=INTEGRATIONS), Integration, broken),
        *_installed(installed.select(group=AREAS), Area, broken),
    ]
    if not (found or broken):
        return own_registry()
    # Loaded where there is something to admit: most installations have no plug-in.
    admitted: Registry = import_module("midwatch.wiring.admission").admit(own_registry(), found, broken)
    return admitted


def _folders(places: Iterable[str], module: str, value: str, kind: type[_T]) -> Iterator[_T]:
    for place in map(Path, places):
        for file in sorted(place.glob(f"*/{module}.py")):
            found = getattr(import_module(f"midwatch.{place.name}.{file.parent.name}.{module}"), value)
            if isinstance(found, kind):
                yield found


def _installed(found: Iterable[EntryPoint], kind: type[_T], broken: list[Broken]) -> Iterator[Plugged]:
    """Somebody else's code: whatever it raises while it is loaded is told of it, and ends nothing else. One value under
    two names is one plug-in."""
    seen: list[Any] = []
    for entry in sorted(found, key=lambda e: e.name):
        unloaded = Plugged(None, _origin(entry), entry.name, entry.value)
        try:
            value = call_within(unloaded.who, LOAD_S, entry.load)
        except PluginFault as fault:
            broken.append(unloaded.reject(fault.reason))
            continue
        if type(value) is not kind:
            broken.append(unloaded.reject(f"{entry.value} is no {kind.__name__}"))
        elif not any(value is one for one in seen):
            seen.append(value)
            yield unloaded._replace(value=value)


def _origin(entry: EntryPoint) -> str:
    try:
        return (call("a package", lambda: entry.dist and entry.dist.name)) or "an unknown package"
    except PluginFault:
        return "an unknown package"


def by_name(found: Iterable[_T]) -> Mapping[str, _T]:
    return MappingProxyType({value.name: value for value in sorted(found, key=lambda value: value.name)})
