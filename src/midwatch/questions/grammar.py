"""The grammar of questions: the core of grammar.yaml and the fragments of the areas, merged. Maps a text to features,
and features to topics."""

import re
from collections.abc import Set
from dataclasses import dataclass

from midwatch.domain.topics import EntityKind, Topic


@dataclass(frozen=True)
class GrammarRule:
    topic: str
    weight: int
    every: frozenset[str]
    some: frozenset[str]
    none: frozenset[str]

    def fits(self, features: Set[str]) -> bool:
        return self.every <= features and (not self.some or bool(self.some & features)) and not self.none & features

    def needs_one_of(self, own: Set[str]) -> bool:
        """Whether the rule never fits without one of these features."""
        return bool(self.every & own) or (bool(self.some) and self.some <= own)


@dataclass(frozen=True)
class GrammarKind:
    """An entity kind with compiled expressions; None where it has none."""

    declared: EntityKind
    pattern: re.Pattern[str] | None
    unlike: re.Pattern[str] | None
    partial: re.Pattern[str] | None
    partial_with: re.Pattern[str] | None
    places: re.Pattern[str] | None

    @property
    def name(self) -> str:
        return self.declared.name


@dataclass(frozen=True)
class Attribute:
    """An attribute that a follow-up can ask for; `expressions` match the whole of such a question."""

    name: str
    title: str
    expressions: tuple[re.Pattern[str], ...]


@dataclass(frozen=True)
class Grammar:
    """The merged grammar. `kinds` are in reading order; `shared` are the features that belong to no area."""

    declared: dict[str, Topic]
    kinds: tuple[GrammarKind, ...]
    features: dict[str, re.Pattern[str]]
    rules: tuple[GrammarRule, ...]
    attributes: tuple[Attribute, ...]
    leaning: re.Pattern[str]
    orders: tuple[re.Pattern[str], ...]
    noise: re.Pattern[str]
    ends: re.Pattern[str]
    joints: re.Pattern[str]
    opening: re.Pattern[str]
    asking: re.Pattern[str]
    pronouns: re.Pattern[str]
    shared: frozenset[str]
    spelling: frozenset[str]
    words: frozenset[str]
    plain: frozenset[str]
    help: str
    read_only: str
    lean: str
    several: str
    examples: tuple[str, ...]

    def matching_rules(self, text: str) -> set[str]:
        return {name for name, pattern in self.features.items() if pattern.search(text)}

    def topics(self, features: Set[str]) -> tuple[str, ...]:
        """Topics of the heaviest fitting rules; several when rules of the same weight disagree, none when none fits."""
        fitting = [rule for rule in self.rules if rule.fits(features)]
        heaviest = max((rule.weight for rule in fitting), default=0)
        return tuple(dict.fromkeys(rule.topic for rule in fitting if rule.weight == heaviest))

    def topic(self, name: str) -> Topic:
        """The declared topic; an undeclared one takes no names and no time."""
        return self.declared.get(name) or Topic(id=name, title=name, area="", periods=0)

    def kind(self, name: str) -> GrammarKind | None:
        return next((kind for kind in self.kinds if kind.name == name), None)

    def attribute(self, text: str) -> str:
        """The attribute that the whole of a text asks for; "" when it asks for something else."""
        return next((a.name for a in self.attributes if any(e.fullmatch(text) for e in a.expressions)), "")
