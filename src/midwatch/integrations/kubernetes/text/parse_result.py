"""What a text says: objects in the API's own JSON shape, which lists are whole, logs, and what the person was told
instead of an answer."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

Json = dict[str, Any]
Key = tuple[str, str, str]  # kind, namespace, name


# What a later output leaves out because it is no longer so. An address or a number that it does not show may still be.
OF_ONE_MOMENT = frozenset({"reason", "message", "conditions", "containerStatuses", "initContainerStatuses"})


@dataclass(frozen=True)
class ParsedLog:
    """`container` is "" when the command did not name it, `namespace` "" when nothing did.

    `about` is what the log is of: a Pod; a Node, whose name `pod` then is and whose unit `container`; another kind of
    workload, where the command names no pod (`logs deploy/web`); or a Log that nothing names, which is called by its
    place in the text.
    """

    namespace: str
    pod: str
    container: str
    previous: bool
    text: str
    about: str = "Pod"


@dataclass
class Parsed:
    """`lists`: (plural, namespace) listed completely; namespace "" means all of them.

    `named` is weaker: every name is known, but not what a statement about the whole kind needs (a pod's labels, a
    node's labels and taints, a policy's rules), so "nothing matches the selector" must not be said of it. `rows` are
    the objects that only a table row tells about; a fuller description of the same object from elsewhere wins.
    `problems`: line number (from 1) and what went wrong there. `naive`: a value may be a time without a zone, as
    nothing made here of ages and dates is. `documents` are YAML and JSON within the text, by their first line.
    `loose` are logs that no command introduces. `parts`: line, kind and description of what shows an object in part,
    without its name. `read_lines`: the numbers of the lines that something was made of.
    """

    objects: list[Json] = field(default_factory=list[Json])
    lists: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    logs: list[ParsedLog] = field(default_factory=list[ParsedLog])
    problems: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    named: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    naive: bool = False
    documents: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    loose: list[ParsedLog] = field(default_factory=list[ParsedLog])
    rows: set[Key] = field(default_factory=set[Key])
    parts: list[tuple[int, str, str]] = field(default_factory=list[tuple[int, str, str]])
    read_lines: set[int] = field(default_factory=set[int], repr=False)
    _at: dict[Key, int] = field(default_factory=dict[Key, int], repr=False)

    def add(self, obj: Json, *, row: bool = False) -> None:
        """Each object once: several rows complete one another, a description stands above them, the later above the
        earlier."""
        where = key(obj)
        at = self._at.get(where)
        if at is None:
            self._at[where] = len(self.objects)
            self.objects.append(obj)
            if row:
                self.rows.add(where)
        elif not row:
            self.objects[at] = _dated(obj, self.objects[at])
            self.rows.discard(where)
        elif where in self.rows:
            self.objects[at] = merge_objects(_lasting(self.objects[at]) if "status" in obj else self.objects[at], obj)
        else:
            self.objects[at] = _dated(self.objects[at], obj)


@dataclass(frozen=True)
class ParsedScene:
    """What is known around a piece of text: `kind` as the command or the file name has it, `namespace` when they say
    it."""

    kind: str = ""
    namespace: str = ""
    now: datetime | None = None
    file: str = ""


def _lasting(obj: Json) -> Json:
    """What a later output of the same object may leave out, though it is still so."""
    status: Json = obj.get("status", {})
    return {**obj, "status": {k: v for k, v in status.items() if k not in OF_ONE_MOMENT}}


def key(obj: Json) -> Key:
    metadata: Json = obj["metadata"]
    return obj["kind"], metadata.get("namespace", ""), metadata.get("name", "")


def _dated(described: Json, row: Json) -> Json:
    """The description of a pod that no node has taken tells no time at all; the age in its row does."""
    metadata, made = described["metadata"], row["metadata"].get("creationTimestamp")
    if not made or described["kind"] != "Pod" or "creationTimestamp" in metadata or "startTime" in described["status"]:
        return described
    return described | {"metadata": metadata | {"creationTimestamp": made}}


def merge_objects(one: Json, other: Json) -> Json:
    """Both, and the other's word where they differ."""
    both = dict(one)
    for name, value in other.items():
        before = both.get(name)
        both[name] = (
            merge_objects(cast(Json, before), cast(Json, value))
            if isinstance(before, dict) and isinstance(value, dict)
            else value
        )
    return both


def without_empty(**fields: Any) -> Json:
    """Only the fields that have something in them; 0 and False are something."""
    return {name: value for name, value in fields.items() if value or (value is not None and value not in ("", [], {}))}
