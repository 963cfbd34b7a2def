"""Which plug-ins of outside packages are taken: those whose manifest is right, and that claim nothing which another one
has.

Midwatch's own always win. Of two outside packages that claim the same neither is taken, since nobody can tell which was
meant. What is refused is refused whole, and named with its package and the reason.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import chain
from typing import Any, NamedTuple, TypeVar

from midwatch.domain.alert_source import AlertSource
from midwatch.domain.capabilities import Area, Integration
from midwatch.domain.finding import Code
from midwatch.kit.containment import PluginFault, call, call_within
from midwatch.settings import Settings, compose
from midwatch.wiring.foreign import QUICK_S, contained_integration, require_type
from midwatch.wiring.foreign_areas import contained_area, declared_query_tools
from midwatch.wiring.manifests import alert_source_problem, area_problem, code_problem, integration_problem
from midwatch.wiring.registry import OWN, OWN_CODES, Broken, Plugged, Registry, by_name, section

_T = TypeVar("_T", Integration, Area)


class ManifestClaim(NamedTuple):
    """What only one plug-in can have. `what` in words: "alert source", "topic"."""

    what: str
    name: str


@dataclass
class _Candidate:
    """One plug-in, the claims of its manifest, and what it gave when it was looked at."""

    plugged: Plugged
    who: str
    claims: tuple[ManifestClaim, ...]
    source: AlertSource | None = None
    codes: Mapping[str, Code] = field(default_factory=dict[str, Code])
    grammar: str = ""


def admit(own: Registry, found: Sequence[Plugged], broken: Sequence[Broken]) -> Registry:
    """Midwatch's own, and of what was found what is right."""
    refused = list(broken)
    candidates: list[_Candidate] = []
    for plugged in found:
        try:
            candidates.append(_looked_at(plugged))
        except PluginFault as fault:
            refused.append(plugged.reject(fault.reason))
    for candidate, reason in _clashes(own, candidates):
        candidates.remove(candidate)
        refused.append(candidate.plugged.reject(reason))
    while lacking := next(_lacking(own, candidates), None):
        candidates.remove(lacking[0])
        refused.append(lacking[0].plugged.reject(lacking[1]))
    systems = {c.plugged.value.name: _system(c) for c in candidates if isinstance(c.plugged.value, Integration)}
    areas, unspoken = _speaking(own, [c for c in candidates if isinstance(c.plugged.value, Area)])
    sections = {section(c.plugged.value): c.who for c in candidates if c.plugged.value.settings}
    return Registry(
        {**own.integrations, **by_name(systems.values())},
        {**own.areas, **by_name(areas)},
        (*refused, *unspoken),
        sections,
        frozenset([*systems, *(area.name for area in areas)]),
    )


def _looked_at(plugged: Plugged) -> _Candidate:
    """Raises PluginFault for a manifest that is wrong."""
    value, who = plugged.value, plugged.who
    problem = integration_problem if isinstance(value, Integration) else area_problem
    if wrong := call_within(who, QUICK_S, problem, value):
        raise PluginFault(who, wrong)
    if value.settings is not None:
        _settings(section(value), value.settings, who)
    return _integration(plugged, value) if isinstance(value, Integration) else _area(plugged, value)


def _settings(name: str, declared: Any, who: str) -> None:
    if hasattr(Settings, name) or name in Settings.model_fields:
        raise PluginFault(who, f"a section of the settings cannot be called {name!r}; give it the name of its system")
    call(who, declared.model_rebuild)
    call(who, compose, {name: declared})


def _integration(plugged: Plugged, value: Integration) -> _Candidate:
    who, claims, source = plugged.who, [ManifestClaim("integration", value.name)], None
    if value.alert_source is not None:
        source = call_within(who, QUICK_S, value.alert_source)
        if wrong := alert_source_problem(source):
            raise PluginFault(who, wrong)
        claims.append(ManifestClaim("alert source", source.source))
    return _Candidate(plugged, who, (*claims, *_section_claim(value)), source)


def _area(plugged: Plugged, value: Area) -> _Candidate:
    who = plugged.who
    codes = call_within(who, QUICK_S, value.codes)
    if wrong := code_problem(codes, OWN_CODES):
        raise PluginFault(who, wrong)
    read = call_within(who, QUICK_S, lambda: dict(codes))
    for name, code in read.items():
        require_type(who, code, Code, f"the code {name}")
    grammar = require_type(who, call_within(who, QUICK_S, value.grammar), str, "grammar")
    tools = [one.__name__ for one in declared_query_tools(value, who)]
    return _Candidate(plugged, who, (*area_claims(value, read, tools), *_section_claim(value)), None, read, grammar)


def area_claims(value: Area, codes: Iterable[str], query_tools: Iterable[str]) -> Iterator[ManifestClaim]:
    yield ManifestClaim("area", value.name)
    yield from (ManifestClaim("topic", topic.id) for topic in value.topics)
    yield from (ManifestClaim("open topic", "open") for topic in value.topics if topic.open)
    yield from (ManifestClaim("entity kind", kind.name) for kind in value.entities)
    yield from (ManifestClaim("schedule", scheduled.name) for scheduled in value.schedules)
    yield from (ManifestClaim("finding code", code) for code in codes)
    yield from (ManifestClaim("query tool", name) for name in query_tools)


def _section_claim(value: Integration | Area) -> tuple[ManifestClaim, ...]:
    return (ManifestClaim("section of the settings", section(value)),) if value.settings else ()


def own_claims(own: Registry) -> Iterator[ManifestClaim]:
    """Of codes their prefixes are claimed (OWN_CODES)."""
    for value in own.integrations.values():
        yield from (ManifestClaim("integration", value.name), ManifestClaim("area", value.name), *_section_claim(value))
        if value.alert_source:
            yield ManifestClaim("alert source", value.name)
    for value in own.areas.values():
        yield from area_claims(value, (), (one.__name__ for one in value.query_tools()))
        yield from (ManifestClaim("integration", value.name), *_section_claim(value))


def _clashes(own: Registry, candidates: Sequence[_Candidate]) -> list[tuple[_Candidate, str]]:
    taken = set(own_claims(own))
    holders: defaultdict[ManifestClaim, list[_Candidate]] = defaultdict(list)
    for candidate in candidates:
        for claim in candidate.claims:
            holders[claim].append(candidate)
    found: list[tuple[_Candidate, str]] = []
    for candidate in candidates:
        for claim in candidate.claims:
            others = [OWN] * (claim in taken) + [o.plugged.origin for o in holders[claim] if o is not candidate]
            if others:
                found.append((candidate, f"it declares the {claim.what} {claim.name!r}, which {others[0]} has"))
                break
        else:
            name = candidate.plugged.value.name
            if candidate.source and candidate.source.source != name:
                other = candidate.source.source
                found.append((candidate, f"its alert source is called {other!r}, not {name!r} as the integration"))
    return found


def _lacking(own: Registry, candidates: Sequence[_Candidate]) -> Iterator[tuple[_Candidate, str]]:
    """Those that stand on a system which is not there, or on themselves by way of others."""
    systems = {**own.integrations, **{c.plugged.value.name: c.plugged.value for c in _integrations(candidates)}}
    for candidate in candidates:
        value: Integration | Area = candidate.plugged.value
        needed = value.uses if isinstance(value, Integration) else (value.configured_by,)
        for name in needed:
            if name and name not in systems:
                yield candidate, f"it needs the integration {name!r}, which is not installed, or was refused"
    for candidate in _integrations(candidates):
        if candidate.plugged.value.name in _reached(candidate.plugged.value, systems):
            yield candidate, "it uses itself, by way of others"


def _integrations(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    return [c for c in candidates if isinstance(c.plugged.value, Integration)]


def _reached(value: Integration, systems: Mapping[str, Integration]) -> set[str]:
    reached, ahead = set[str](), list(value.uses)
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += systems[name].uses if name in systems else ()
    return reached


def _system(candidate: _Candidate) -> Integration:
    return contained_integration(candidate.plugged.value, candidate.source, candidate.who)


def _speaking(own: Registry, candidates: Sequence[_Candidate]) -> tuple[list[Area], list[Broken]]:
    """The areas whose words fit to those of the others; a fragment of the grammar that does not would leave every
    question without an answer."""
    accepted: list[Area] = []
    broken: list[Broken] = []
    for candidate in candidates:
        value: Area = candidate.plugged.value
        area = contained_area(value, candidate.codes, candidate.grammar, candidate.who)
        try:
            if value.topics or value.entities or candidate.grammar.strip():
                merge = import_module("midwatch.questions.fragments").merge_grammars
                call(candidate.who, merge, tuple(chain(own.areas.values(), accepted, (area,))))
        except PluginFault as fault:
            broken.append(candidate.plugged.reject(fault.reason))
        else:
            accepted.append(area)
    return accepted, broken
