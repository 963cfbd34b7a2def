"""Restates the understood question in one line, so that the user sees a misunderstanding at once."""

from midwatch.domain.capabilities import Area
from midwatch.domain.intent import Entities, Intent
from midwatch.questions.fragments import merge_grammars
from midwatch.questions.grammar import Grammar, GrammarKind

_NO_ENTITIES = Entities()


def restate(intent: Intent, areas: tuple[Area, ...], entities: Entities = _NO_ENTITIES) -> str:
    """The restated question: `NAT spike, gateway nat-07eb006676096fcd3 (eks-1c), 2026-11-21 01:30 to 02:30 UTC`;
    `entities` has the name beside an id."""
    grammar = merge_grammars(areas)
    parts = [
        grammar.topic(intent.topic).title,
        _attribute(intent.attribute, grammar),
        *(_names(kind, intent, entities) for kind in grammar.kinds if intent.entities_of(kind.name)),
        _span(intent),
    ]
    return ", ".join(part for part in parts if part)


def _attribute(name: str, grammar: Grammar) -> str:
    return next((attribute.title for attribute in grammar.attributes if attribute.name == name), "")


def _names(kind: GrammarKind, intent: Intent, entities: Entities) -> str:
    names = [entities.title(kind.name, name) for name in intent.entities_of(kind.name)]
    label = kind.declared.labels if len(names) > 1 and kind.declared.labels else kind.declared.label
    return label.replace("{names}", ", ".join(names))


def _span(intent: Intent) -> str:
    if intent.window is None:
        return ""
    return f"{intent.window} vs {intent.against}" if intent.against else str(intent.window)
