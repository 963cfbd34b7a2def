"""What every object has. Only the fields that Midwatch reads: the rest is skipped while decoding."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from midwatch.domain.subject import Subject

# RFC 3339 has a zone; a time without one cannot be compared with the others.
Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Struct(msgspec.Struct, rename="camel", omit_defaults=True, gc=False, kw_only=True):
    """A part of an object, in the API server's own spelling (camelCase on the wire)."""


class OwnerReference(Struct):
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool = False


class Metadata(Struct):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    creation_timestamp: Time | None = None
    deletion_timestamp: Time | None = None
    deletion_grace_period_seconds: int | None = None
    generation: int = 0
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    owner_references: list[OwnerReference] | None = None
    finalizers: list[str] | None = None


class Condition(Struct):
    type: str = ""
    status: str = ""
    reason: str | None = ""
    message: str | None = ""
    last_transition_time: Time | None = None
    last_update_time: Time | None = None
    last_heartbeat_time: Time | None = None  # nodes only


class Expression(Struct):
    """One requirement of a label selector; `operator` is In, NotIn, Exists, DoesNotExist, Gt or Lt."""

    key: str = ""
    operator: str = ""
    values: list[str] | None = None


class LabelSelector(Struct):
    match_labels: dict[str, str] | None = None
    match_expressions: list[Expression] | None = None


class LocalReference(Struct):
    name: str = ""


class TypedReference(Struct):
    kind: str = ""
    name: str = ""
    namespace: str | None = ""
    api_version: str = ""
    uid: str = ""
    field_path: str | None = ""


class Object(Struct):
    """An object of the API; `kind` is a class property, because list items come without it.

    `api_version` stays only where it is one that newer clusters do not serve.
    """

    api_version: str | None = ""
    metadata: Metadata = msgspec.field(default_factory=Metadata)

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def namespace(self) -> str:
        return self.metadata.namespace

    @property
    def kind(self) -> str:
        return type(self).__name__

    @property
    def labels(self) -> dict[str, str]:
        return self.metadata.labels or {}

    @property
    def annotations(self) -> dict[str, str]:
        return self.metadata.annotations or {}

    @property
    def subject(self) -> Subject:
        return Subject(kind=self.kind, name=self.name, namespace=self.namespace)


IntOrString = int | str
Quantities = dict[str, IntOrString | float]
Anything = dict[str, Any]
