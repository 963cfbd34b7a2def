"""Rows of the `Events:` table of `kubectl describe`, wherever they stand: below their heading, without it, with their
spaces collapsed, and as versions before 1.9 printed them. Whose they are, only their messages tell."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from midwatch.integrations.kubernetes.objects.kinds import KINDS
from midwatch.integrations.kubernetes.text import events, message_kinds, messages
from midwatch.integrations.kubernetes.text.commands import Command
from midwatch.integrations.kubernetes.text.messages import NOT_NAMED
from midwatch.integrations.kubernetes.text.parse_result import Json, ParsedScene, without_empty
from midwatch.integrations.kubernetes.text.sections import begins_block

_AGE = r"(?:<unknown>|<invalid>|\d[0-9a-z]{0,20}(?: ago)?(?: ?\(x\d{1,9} over [0-9a-z<>]{1,20}\))?)"
_ROW = re.compile(
    rf"[ >|*-]*(?P<TYPE>Normal|Warning) +(?P<REASON>[A-Z]\w{{2,60}}) +(?P<AGE>{_AGE}) +"
    r"(?P<FROM>\{[^}\n]{1,200}\}|[\w./-]{1,120}(?:, [\w.-]{1,120})?) +(?P<MESSAGE>\S.*)"
)
_OLD = re.compile(
    r"[ >|*-]*(?P<FIRSTSEEN>\d[0-9a-z]{0,20}) +(?P<LASTSEEN>\d[0-9a-z]{0,20}) +(?P<COUNT>\d{1,9}) +"
    r"(?P<FROM>\{[^}\n]{1,200}\}|[\w./-]{1,120}(?:, [\w.-]{1,120})?) +(?:(?P<SUBOBJECT>spec\.\S{1,200}) +)?"
    r"(?P<TYPE>Normal|Warning) +(?P<REASON>[A-Z]\w{2,60}) +(?P<MESSAGE>\S.*)"
)
_HEADING = re.compile(r"\s*(?:Events:|Type +Reason +Age|First ?Seen +Last ?Seen|----.*)(?: .*)?")
_ASSIGNED = re.compile(r"Successfully assigned (?:(?P<namespace>[a-z0-9-]{1,63})/)?(?P<name>[a-z0-9.-]{1,253}) to ")
_DEEP = 24  # spaces in front of the further lines of a message
LONGEST = 20_000


@dataclass
class EventGroup:
    """Events of one object: the rows below one heading. `about` is empty where nothing names the object."""

    number: int
    cells: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    about: Json = field(default_factory=dict[str, Any])
    lines: set[int] = field(default_factory=set[int])


def event_groups(lines: Sequence[tuple[int, str]], command: Command, scene: ParsedScene) -> Iterator[EventGroup]:
    group: EventGroup | None = None
    row: list[tuple[int, str]] = []  # the lines of the newest row
    for number, line in lines:
        cells = _cells(line)
        if cells:
            group, row = group or EventGroup(number), [(number, line)]
            group.cells.append(cells)
        elif group and row and (line.startswith(" " * _DEEP) or _goes_on(row, line)):
            group.cells[-1]["MESSAGE"] += "\n" + line.strip()
            row.append((number, line))
        elif _HEADING.fullmatch(line[:300]) and line.strip() != "":
            if group and group.cells and line.strip().startswith("Events:"):
                yield _closed(group, command, scene)
                group = None
            group, row = group or EventGroup(number), []
        else:
            if group and group.cells:
                yield _closed(group, command, scene)
            group, row = None, []
            continue
        group.lines.add(number)
    if group and group.cells:
        yield _closed(group, command, scene)


def _goes_on(row: Sequence[tuple[int, str]], line: str) -> bool:
    """The further lines of a message stand as far to the left as what wrapped them likes."""
    return bool(line.strip()) and not begins_block(line.strip()) and messages.continues(row, line)


def objects(group: EventGroup, scene: ParsedScene) -> list[Json]:
    about = group.about or {"kind": "Object", "name": NOT_NAMED, "namespace": scene.namespace}
    return events.with_names([events.event(cells, about, scene.now) for cells in group.cells])


def _cells(line: str) -> dict[str, str] | None:
    if ("Normal " not in line and "Warning " not in line) or len(line) > LONGEST:
        return None
    match = _ROW.fullmatch(line.rstrip()) or _OLD.fullmatch(line.rstrip())
    return {name: text or "" for name, text in match.groupdict().items()} if match else None


def _closed(group: EventGroup, command: Command, scene: ParsedScene) -> EventGroup:
    group.about = _about(group, command, scene)
    return group


def _about(group: EventGroup, command: Command, scene: ParsedScene) -> Json:
    if command.verb == "describe" and command.kind and len(command.names) == 1:
        kind = KINDS[command.kind]
        return without_empty(
            kind=kind.name, name=command.names[0], namespace=(scene.namespace or "default") if kind.namespaced else ""
        )
    for cells in group.cells:
        if match := _ASSIGNED.search(cells["MESSAGE"][:LONGEST]):
            return without_empty(kind="Pod", name=match["name"], namespace=match["namespace"] or scene.namespace)
    for cells in group.cells:
        if about := _told(cells):
            return about if about["kind"] == "Node" else {"namespace": scene.namespace, **about}
    return {}


def _told(cells: dict[str, str]) -> Json:
    """The object that the message names; of what concerns a node, the one that the event is from."""
    if about := message_kinds.find_object(cells["REASON"], cells["MESSAGE"]):
        return about
    host = cells.get("FROM", "").strip("{}").replace(", ", " ").partition(" ")[2]
    return {"kind": "Node", "name": host} if host and cells["REASON"] in message_kinds.OF_NODES else {}
