"""The written grammar of questions, as data: route.yaml. Which features a text has, and which topic they speak for."""

import re
from collections.abc import Set
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from midwatch.domain.intent import Facet, Topic
from midwatch.kit import trees

_LETTERS = re.compile(r"[a-z]{4,}")


@dataclass(frozen=True)
class Rule:
    topic: Topic
    weight: int
    every: frozenset[str]
    some: frozenset[str]
    none: frozenset[str]

    def fits(self, features: Set[str]) -> bool:
        return self.every <= features and (not self.some or bool(self.some & features)) and not self.none & features


@dataclass(frozen=True)
class Grammar:
    features: dict[str, re.Pattern[str]]
    rules: tuple[Rule, ...]
    facets: tuple[tuple[Facet, re.Pattern[str]], ...]
    leaning: re.Pattern[str]
    orders: tuple[re.Pattern[str], ...]
    noise: re.Pattern[str]
    spelling: frozenset[str]
    words: frozenset[str]
    plain: frozenset[str]
    not_hosts: frozenset[str]
    help: str
    read_only: str
    lean: str
    examples: tuple[str, ...]

    def found(self, text: str) -> set[str]:
        return {name for name, pattern in self.features.items() if pattern.search(text)}

    def topics(self, features: Set[str]) -> tuple[Topic, ...]:
        """The topic that the heaviest fitting rule names; several when rules of the same weight disagree, none when
        none fits."""
        fitting = [rule for rule in self.rules if rule.fits(features)]
        heaviest = max((rule.weight for rule in fitting), default=0)
        return tuple(dict.fromkeys(rule.topic for rule in fitting if rule.weight == heaviest))

    def facet(self, text: str) -> Facet:
        """The one thing that the whole of a text asks for; ALL when it asks for something else."""
        return next((facet for facet, pattern in self.facets if pattern.fullmatch(text)), Facet.ALL)


@cache
def grammar() -> Grammar:
    data: dict[str, Any] = trees.load(files("midwatch.questions").joinpath("grammar.yaml").read_text())
    speech: dict[str, Any] = data["asking_back"]
    expressions = " ".join((*data["features"].values(), data["noise"], data["orders"]))
    return Grammar(
        features={name: re.compile(expression) for name, expression in data["features"].items()},
        rules=tuple(_rule(entry) for entry in data["rules"]),
        facets=tuple(
            (Facet(f), re.compile(e.replace("{it}", data["it"]))) for f, some in data["facets"].items() for e in some
        ),
        leaning=re.compile(data["leaning"]),
        orders=(re.compile(_folded(data["orders"])), re.compile(data["chained_orders"])),
        noise=re.compile(_folded(data["noise"])),
        spelling=frozenset(data["spelling"].split()),
        words=frozenset(_LETTERS.findall(expressions)) | frozenset(data["spelling"].split()),
        plain=frozenset(data["plain"].split()),
        not_hosts=frozenset(data["not_hosts"].split()),
        help=speech["help"],
        read_only=speech["read_only"],
        lean=speech["lean"],
        examples=tuple(speech["examples"]),
    )


def _folded(expression: str) -> str:
    """An expression over several lines: the blank where a line was folded belongs to no word."""
    return re.sub(r"(?<=[|)*]) (?=\(|[a-z])", "", expression.strip())


def _rule(entry: dict[str, Any]) -> Rule:
    some = (frozenset(entry.get(key, ())) for key in ("all", "any", "none"))
    return Rule(Topic(entry["topic"]), entry["weight"], *some)
