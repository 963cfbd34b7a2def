"""Rows that lost their header to `grep` or `tail`: only of the two kinds whose rows cannot be mistaken."""

import re

from midwatch.integrations.kubernetes.text import events, rows
from midwatch.integrations.kubernetes.text.parse_result import Json, ParsedScene

_EVENT = re.compile(
    r"(?:(?P<ns>[a-z0-9-]+) +)?(?P<seen>[0-9a-z]+(?: \(x\d+ over [0-9a-z]+\))?|<unknown>) +(?P<type>Normal|Warning)"
    r" +(?P<reason>\S+) +(?P<object>\w[\w.]*/\S+) +(?P<message>.*)"
)
_POD = re.compile(
    r"(?:(?P<ns>[a-z0-9-]+) +)?(?P<name>[a-z0-9][a-z0-9.-]*) +(?P<ready>\d+/\d+) +(?P<status>[A-Z][\w:/-]*)"
    r" +(?P<restarts>\d+(?: \(\S+ ago\))?) +(?P<age>[0-9a-z]+)"
    r"(?: +(?P<ip>[0-9a-f.:]+|<none>) +(?P<node>\S+) +\S+ +\S+(?: +(?P<labels>\S+))?)?"
)


def headerless_rows(lines: list[tuple[int, str]], scene: ParsedScene) -> list[tuple[int, Json]]:
    return [(number, obj) for number, line in lines if (obj := _row(line, scene))]


def only_rows(lines: list[tuple[int, str]], scene: ParsedScene) -> list[tuple[int, Json]]:
    """The rows of the paragraphs that consist of nothing else."""
    kept: list[tuple[int, Json]] = []
    paragraph: list[tuple[int, Json]] = []
    spoiled = False
    for number, line in [*lines, (0, "")]:
        if not line.strip():
            kept += [] if spoiled else paragraph
            paragraph, spoiled = [], False
        elif not spoiled and (obj := _row(line, scene)):
            paragraph.append((number, obj))
        else:
            spoiled = True
    return kept


def _row(line: str, scene: ParsedScene) -> Json | None:
    return _event(line, scene) or _pod(line, scene) if len(line) < 10_000 else None


def _event(line: str, scene: ParsedScene) -> Json | None:
    match = _EVENT.fullmatch(line)
    if not match:
        return None
    names = {
        "NAMESPACE": "ns",
        "LAST SEEN": "seen",
        "TYPE": "type",
        "REASON": "reason",
        "OBJECT": "object",
        "MESSAGE": "message",
    }
    return events.row({column: match[name] or "" for column, name in names.items()}, scene)


def _pod(line: str, scene: ParsedScene) -> Json | None:
    match = _POD.fullmatch(line.rstrip())
    if not match:
        return None
    names = {
        "NAMESPACE": "ns",
        "NAME": "name",
        "READY": "ready",
        "STATUS": "status",
        "RESTARTS": "restarts",
        "AGE": "age",
        "IP": "ip",
        "NODE": "node",
    }
    cells = {column: match[name] or "" for column, name in names.items()}
    if match["labels"]:
        cells["LABELS"] = match["labels"]
    return rows.of_row("pods", cells, scene)
