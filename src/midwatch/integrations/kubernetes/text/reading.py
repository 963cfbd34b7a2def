"""From a text to what it says, section by section: descriptions, tables, logs, and answers of nothing."""

import re
from dataclasses import dataclass
from datetime import datetime

from midwatch.integrations.kubernetes.objects.kinds import KINDS
from midwatch.integrations.kubernetes.text import answers, argo, describe, listing, logs, units
from midwatch.integrations.kubernetes.text.clock import capture_time
from midwatch.integrations.kubernetes.text.commands import Command, of_file
from midwatch.integrations.kubernetes.text.parse_result import Parsed, ParsedScene, key
from midwatch.integrations.kubernetes.text.sections import TextSection, output_lines, sections

_NAMESPACE = re.compile(r"Namespace: +(\S+)")
# A time without its year, as a sign is found sooner than a digit; with a zone or without, as a table's cell may cut it
# off.
_TIME = re.compile(r"-\d\d-\d\d[Tt\s]\s*\d\d:\d\d:\d\d")


@dataclass(frozen=True)
class _Part:
    section: TextSection
    lines: list[tuple[int, str]]

    @property
    def command(self) -> Command:
        return self.section.command


def read(content: str, *, name: str, now: datetime | None) -> Parsed | None:
    """What the text says; None when it is not kubectl's. `name` is the file's path, `now` the best known time of its
    recording."""
    parts = _parts(content, name)
    when = capture_time(now, [line for part in parts if part.command.verb != "logs" for line in part.lines])
    usual = _namespace(parts)
    parsed = Parsed(naive=any(_TIME.search(part.section.text) for part in parts))
    for obj in (*units.read_units(content, name, when), *argo.read_applications(content)):
        parsed.add(obj)
    understood = [
        _read(part, ParsedScene(part.command.kind, part.command.namespace or usual, when), parsed) for part in parts
    ]
    if not any(understood) and not parsed.objects:
        return None
    _promote(parsed)
    return parsed


def is_kubectl_output(content: str, *, name: str) -> bool:
    """Whether `read` would find anything in the text; it stops at the first thing."""
    parts = _parts(content, name)
    return any(_read(part, ParsedScene(part.command.kind), Parsed()) for part in parts) or bool(
        units.read_units(content, name, None)
    )


def _parts(content: str, name: str) -> list[_Part]:
    return [
        _Part(s, s.lines() if s.command.verb == "logs" else output_lines(s)) for s in sections(content, of_file(name))
    ]


def _namespace(parts: list[_Part]) -> str:
    """The namespace that the rest of the text is about, for the parts that do not name theirs."""
    said = {part.command.namespace for part in parts if part.command.namespace}
    said |= {
        m[1]
        for part in parts
        if part.command.verb != "logs"
        for _, line in part.lines
        if line.startswith("Namespace:") and (m := _NAMESPACE.match(line))
    }
    return said.pop() if len(said) == 1 else ""


def _read(part: _Part, scene: ParsedScene, parsed: Parsed) -> bool:
    """Whether anything in the part was understood."""
    command, lines = part.command, part.lines
    if command.verb == "logs":
        return logs.read_log(command, scene.namespace, lines, parsed)
    sure = part.section.introduced or bool(command.verb)
    answered = _answers(command, scene, lines, parsed, sure=sure)
    described = _described(lines, scene, parsed)
    # A described object may hold tables and anything else in its texts.
    if described or command.verb == "describe":
        return described or answered
    return listing.read_table(lines, command, scene, parsed, sure=sure) or answered


def _answers(command: Command, scene: ParsedScene, lines: list[tuple[int, str]], parsed: Parsed, *, sure: bool) -> bool:
    """The first lines, where kubectl says that there is nothing or that it may not look."""
    understood = False
    for number, line in lines:
        namespace = answers.empty_namespace(line)
        if namespace is not None:
            understood = True
            parsed.lists += listing.empty_lists(command, namespace, scene)
        elif answers.error(line, sure=sure):
            parsed.problems.append((number, line))
            understood = True
        elif line:
            break
    return understood


def _described(lines: list[tuple[int, str]], scene: ParsedScene, parsed: Parsed) -> bool:
    understood = False
    for document in describe.documents(lines):
        found = describe.read_description(document, scene)
        understood = understood or bool(found)
        for obj in found:
            # Of the Endpoints behind a described Service only the addresses that are ready are shown.
            parsed.add(obj, row=obj["kind"] == "Endpoints" and obj is not found[0])
    return understood


def _promote(parsed: Parsed) -> None:
    """What was listed by name is known wholly once each of its objects is: by a description, or, for pods, by its
    labels."""
    unknown = {
        key(obj)[:2]
        for obj in parsed.objects
        if key(obj) in parsed.rows and not (obj["kind"] == "Pod" and "labels" in obj["metadata"])
    }
    for plural, namespace in list(parsed.named):
        kind = KINDS[plural].name
        if not any(k == kind and namespace in ("", ns) for k, ns in unknown):
            parsed.named.remove((plural, namespace))
            if (plural, namespace) not in parsed.lists:
                parsed.lists.append((plural, namespace))
