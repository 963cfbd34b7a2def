"""Grammar fragments of the areas: loaded, checked against each other and merged with the core.

The result does not depend on the order of the areas. A fragment that would take over the questions of another area is
refused: each of its rules needs a feature, or an entity kind, of its own. Only the open topic (what is wrong, with
nothing in particular asked) may rest on the features that all share.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, cast

import yaml

from midwatch.domain.capabilities import Area
from midwatch.domain.topics import Topic
from midwatch.kit import fast_yaml
from midwatch.questions.grammar import Attribute, Grammar, GrammarKind, GrammarRule

COMPUTED = frozenset(["point", "now", "days", "compared"])  # features computed from the times in a text
_LETTERS = re.compile(r"[a-z]{4,}")


class FragmentError(ValueError):
    """Conflicting declarations of areas; the message names the area and the conflict."""


@dataclass(frozen=True)
class _Fragment:
    area: Area
    data: Mapping[str, Any]

    @property
    def features(self) -> Mapping[str, str]:
        return self.data.get("features") or {}

    @property
    def own(self) -> frozenset[str]:
        return frozenset(self.features) | {kind.name for kind in self.area.entities}

    @property
    def attribute_expressions(self) -> Mapping[str, Sequence[str]]:
        """Expressions by attribute."""
        return self.data.get("attributes") or {}

    def string_list(self, key: str) -> list[str]:
        return str(self.data.get(key) or "").split()

    def rules(self) -> Iterator[GrammarRule]:
        for entry in self.data.get("rules") or ():
            parts = (frozenset[str](entry.get(key, ())) for key in ("all", "any", "none"))
            yield GrammarRule(str(entry["topic"]), int(entry["weight"]), *parts)

    def attributes(self) -> Iterator[Attribute]:
        titles: Mapping[str, str] = self.data.get("attribute_titles") or {}
        it = str(self.data.get("it") or "it")
        for name, some in self.attribute_expressions.items():
            expressions = tuple(self.expression(e.replace("{it}", it)) for e in some)
            yield Attribute(name, titles.get(name, name), expressions)

    def expression(self, text: str) -> re.Pattern[str]:
        try:
            return re.compile(text)
        except re.error as error:
            raise FragmentError(f"area {self.area.name}: {text!r} is no regular expression: {error}") from error


@lru_cache(maxsize=8)
def merge_grammars(areas: tuple[Area, ...]) -> Grammar:
    """The merged grammar of these areas. Raises FragmentError."""
    core = _core()
    parts = [_read(area) for area in sorted(areas, key=lambda area: area.name)]
    _check(parts, frozenset(core["features"]))
    features = {name: text for part in (core["features"], *(p.features for p in parts)) for name, text in part.items()}
    orders = _folded(core["orders"]).replace("{no_orders}", "".join(_no_orders(parts)))
    spelling = frozenset(core["spelling"].split()).union(*(p.string_list("spelling") for p in parts))
    expressions = " ".join((*features.values(), core["noise"], orders))
    speech: Mapping[str, str] = core["asking_back"]
    opening: str = core["opening"]
    return Grammar(
        declared={topic.id: topic for part in parts for topic in part.area.topics},
        kinds=tuple(sorted(_kinds(parts), key=lambda kind: (kind.declared.rank, kind.name))),
        features=_compiled(parts, core),
        rules=tuple(sorted((r for p in parts for r in p.rules()), key=lambda rule: (-rule.weight, rule.topic))),
        attributes=tuple(attribute for part in parts for attribute in part.attributes()),
        leaning=re.compile(core["leaning"]),
        orders=(re.compile(orders), re.compile(core["chained_orders"])),
        noise=re.compile(_folded(core["noise"])),
        ends=re.compile(core["ends"]),
        joints=re.compile(core["joints"].replace("{opening}", opening), re.IGNORECASE),
        opening=re.compile(opening),
        asking=re.compile(core["asking"]),
        pronouns=re.compile(core["pronouns"]),
        shared=frozenset(core["features"]),
        spelling=spelling,
        words=frozenset(_LETTERS.findall(expressions)) | spelling,
        plain=frozenset(core["plain"].split()).union(*(p.string_list("plain") for p in parts)),
        help=speech["help"].replace("{abilities}", _listed([text for p in parts for text in p.area.abilities])),
        read_only=speech["read_only"],
        lean=speech["lean"],
        several=speech["several"],
        examples=tuple(example for part in parts for example in part.area.examples),
    )


def open_topic(areas: Iterable[Area]) -> str:
    """The topic of an open question; "" when no area has one."""
    return next((topic.id for area in areas for topic in area.topics if topic.open), "")


@cache
def _core() -> Mapping[str, Any]:
    return fast_yaml.load(files("midwatch.questions").joinpath("grammar.yaml").read_text("utf-8"))


def _read(area: Area) -> _Fragment:
    try:
        read: object = fast_yaml.load(area.grammar()) or {}
    except (OSError, yaml.YAMLError) as error:
        raise FragmentError(f"area {area.name}: its grammar cannot be read: {error}") from error
    if not isinstance(read, Mapping):
        raise FragmentError(f"area {area.name}: its grammar is not a mapping of names")
    return _Fragment(area, cast("Mapping[str, Any]", read))


def _compiled(parts: Sequence[_Fragment], core: Mapping[str, Any]) -> dict[str, re.Pattern[str]]:
    shared = {name: re.compile(text) for name, text in core["features"].items()}
    return shared | {name: part.expression(text) for part in parts for name, text in part.features.items()}


def _kinds(parts: Sequence[_Fragment]) -> Iterator[GrammarKind]:
    for part in parts:
        for kind in part.area.entities:
            texts = (kind.pattern, kind.unlike, kind.partial, kind.partial_with, kind.places)
            yield GrammarKind(kind, *(part.expression(text) if text else None for text in texts))


def _no_orders(parts: Sequence[_Fragment]) -> Iterator[str]:
    yield from (f"(?!{part.expression(text).pattern})" for part in parts if (text := part.data.get("no_orders")))


def _check(parts: Sequence[_Fragment], shared: Set[str]) -> None:
    _check_twins("area", [(p.area.name, p.area.name) for p in parts])
    _check_twins("topic", [(t.id, p.area.name) for p in parts for t in p.area.topics])
    _check_twins("entity kind", [(k.name, p.area.name) for p in parts for k in p.area.entities])
    _check_twins("attribute", [(a, p.area.name) for p in parts for a in p.attribute_expressions])
    common = [(name, "the core") for name in (*shared, *COMPUTED)]
    _check_twins("feature", common + [(f, p.area.name) for p in parts for f in _features(p)])
    opened = [(t.id, p.area.name) for p in parts for t in p.area.topics if t.open]
    if len(opened) > 1:
        raise FragmentError(f"more than one topic is open: {', '.join(f'{t} of {area}' for t, area in opened)}")
    for part in parts:
        topics = {topic.id: topic for topic in part.area.topics}
        for topic in topics.values():
            if topic.area != part.area.name:
                raise FragmentError(f"topic {topic.id} of area {part.area.name} says that its area is {topic.area!r}")
        for rule in part.rules():
            _check_rule(rule, part, topics, shared)


def _features(part: _Fragment) -> list[str]:
    return [*part.features, *(kind.name for kind in part.area.entities)]


def _check_rule(rule: GrammarRule, part: _Fragment, topics: Mapping[str, Topic], shared: Set[str]) -> None:
    where = f"area {part.area.name}: the rule of weight {rule.weight} for {rule.topic}"
    if rule.topic not in topics:
        raise FragmentError(f"{where} is for a topic of another area")
    if unknown := (rule.every | rule.some) - part.own - shared - COMPUTED:
        raise FragmentError(f"{where} needs what is no feature of its own or of the core: {', '.join(sorted(unknown))}")
    if not topics[rule.topic].open and not rule.needs_one_of(part.own):
        raise FragmentError(f"{where} needs no feature of its own area, and would take the questions of others")


def _check_twins(what: str, names: Sequence[tuple[str, str]]) -> None:
    counted = Counter(name for name, _ in names)
    for name, area in names:
        if counted[name] > 1:
            others = [other for found, other in names if found == name and other != area] or [area]
            raise FragmentError(f"{what} {name!r} is declared twice: by {area} and by {others[0]}")


def _folded(expression: str) -> str:
    """An expression over several lines, without the blank at each fold."""
    return re.sub(r"(?<=[|)*}]) (?=\(|[a-z])", "", expression.strip())


def _listed(some: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(some[:-1]), *some[-1:]) if part)
