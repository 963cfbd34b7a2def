"""The intent of a question: a topic, and the entities it names. Produced by the written grammar, or by a model that
calls a tool."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, cast

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema, model_validator

from midwatch.domain.base import Model
from midwatch.domain.window import Window

NamesByKind = tuple[tuple[str, tuple[str, ...]], ...]

# Version 0.1.0 had one field for each kind of entity, and stored it so.
_FIELDS_OF_0_1 = {
    "gateway": "gateway",
    "client": "client",
    "namespace": "namespace",
    "services": "service",
    "sites": "site",
}
_ATTRIBUTE_OF_0_1 = "facet"


def _pairs(given: Any) -> Any:
    """Entities sorted by kind, without empty kinds: equal intents are equal values."""
    pairs: Any = cast("Mapping[Any, Any]", given).items() if isinstance(given, Mapping) else given
    if not isinstance(pairs, Iterable) or isinstance(pairs, str):
        return pairs
    found = [tuple(cast("Iterable[Any]", pair)) for pair in cast("Iterable[Any]", pairs)]
    return tuple(sorted((pair for pair in found if len(pair) != 2 or pair[1]), key=lambda pair: str(pair[:1])))


def _by_kind(pairs: NamesByKind) -> dict[str, list[str]]:
    return {kind: list(names) for kind, names in pairs}


_SCHEMA = {
    "type": "object",
    "additionalProperties": {"type": "array", "items": {"type": "string"}},
    "description": "names by kind: client, gateway, namespace, service, site, or what an area adds",
    "default": {},
}


class Intent(Model, frozen=True):
    """The intent of a question. `window` is the period of the answer, `against` the other period of a comparison; both
    are echoed to the user.

    `entities` are the names by kind, in JSON an object; `attribute` is the one thing that a follow-up wants to know.
    What version 0.1.0 stored is read too.
    """

    topic: str
    window: Window | None = None
    against: Window | None = None
    entities: Annotated[
        NamesByKind,
        BeforeValidator(_pairs),
        PlainSerializer(_by_kind, when_used="json"),
        WithJsonSchema(_SCHEMA),
    ] = ()
    attribute: str = ""

    @model_validator(mode="before")
    @classmethod
    def _of_0_1(cls, given: Any) -> Any:
        old = {*_FIELDS_OF_0_1, _ATTRIBUTE_OF_0_1}
        if not isinstance(given, dict) or not old & cast("dict[str, Any]", given).keys():
            return cast(Any, given)
        data = dict(cast("dict[str, Any]", given))
        entities: dict[str, Any] = dict(data.pop("entities", {}))
        for field, kind in _FIELDS_OF_0_1.items():
            if names := data.pop(field, None):
                entities.setdefault(kind, (names,) if isinstance(names, str) else names)
        attribute = data.pop(_ATTRIBUTE_OF_0_1, "")
        return {"attribute": attribute, **data, "entities": entities}

    def entities_of(self, kind: str) -> tuple[str, ...]:
        return next((names for found, names in self.entities if found == kind), ())

    def first(self, kind: str) -> str:
        """The first name, or "" when none of this kind is named."""
        return next(iter(self.entities_of(kind)), "")

    def with_entity(self, names: Mapping[str, Iterable[str]]) -> "Intent":
        """A copy with these names in place of its own of the same kinds; an empty name ("") removes the kind."""
        merged = dict(self.entities) | {kind: tuple(filter(None, some)) for kind, some in names.items()}
        return self.model_copy(update={"entities": _pairs(merged)})

    def only(self, kinds: Iterable[str]) -> "Intent":
        """A copy without the names of other kinds."""
        kept = set(kinds)
        return self.model_copy(update={"entities": tuple(pair for pair in self.entities if pair[0] in kept)})


class Clarification(Model, frozen=True):
    """A question back to the user because the intent is unclear, with the possible meanings.

    `topic` is what the question is about as far as that is clear; what is missing then is a name or a time. `several`:
    more than one question was asked; `choices` are those. `time`: a time was given that cannot be meant, or not be
    read; it is asked back at every door, since an answer about another time would be a wrong one.
    """

    question: str
    choices: tuple[str, ...] = ()
    topic: str = ""
    several: bool = False
    time: bool = False


class Entities(Model, frozen=True):
    """Entities that a question can name, known from the configuration and from earlier readings. By kind, each with its
    id and its display name ("" when the id is that)."""

    known: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    @classmethod
    def of(cls, **names: Iterable[str | tuple[str, str]]) -> "Entities":
        """Entities by kind: `Entities.of(client=["Borealis"], gateway=[("nat-07eb", "eks-1c")])`."""
        pairs = {kind: tuple((n, "") if isinstance(n, str) else n for n in some) for kind, some in names.items()}
        return cls(known=tuple(sorted((kind, some) for kind, some in pairs.items() if some)))

    def pairs(self, kind: str) -> tuple[tuple[str, str], ...]:
        return next((some for found, some in self.known if found == kind), ())

    def ids(self, kind: str) -> tuple[str, ...]:
        return tuple(found for found, _ in self.pairs(kind))

    def title(self, kind: str, entity: str) -> str:
        """The id, with its name where it has one: `nat-07eb (eks-1c)`."""
        name = dict(self.pairs(kind)).get(entity, "")
        return f"{entity} ({name})" if name else entity
