"""From a text to what it says, block by block: logs, descriptions, tables, events, YAML, refusals, journals."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from midwatch.integrations.kubernetes.objects.kinds import KINDS
from midwatch.integrations.kubernetes.text import (
    answers,
    argo,
    describe,
    event_rows,
    fragments,
    listing,
    logs,
    messages,
    units,
    yaml_blocks,
)
from midwatch.integrations.kubernetes.text.clock import capture_time
from midwatch.integrations.kubernetes.text.commands import Command, of_file
from midwatch.integrations.kubernetes.text.loose import bare_logs, is_log, journals, not_understood, prefixed_logs
from midwatch.integrations.kubernetes.text.parse_result import Json, Parsed, ParsedScene, key
from midwatch.integrations.kubernetes.text.sections import (
    TextSection,
    begins_block,
    log_lines,
    outdent,
    output_lines,
    sections,
)
from midwatch.integrations.kubernetes.text.shapes import is_sentence

_NAMESPACE = re.compile(r"Namespace: +(\S+)")
# A time without its year, as a sign is found sooner than a digit; with a zone or without, as a table's cell may cut it
# off.
_TIME = re.compile(r"-\d\d-\d\d[Tt\s]\s*\d\d:\d\d:\d\d")
Lines = list[tuple[int, str]]


@dataclass(frozen=True)
class _Part:
    section: TextSection
    lines: Lines

    @property
    def command(self) -> Command:
        return self.section.command

    @property
    def sure(self) -> bool:
        """A command of kubectl stands above it, or the file's name says one."""
        return (self.section.introduced or bool(self.command.verb)) and not self.section.foreign.startswith("$")


def read(content: str, *, name: str, now: datetime | None) -> Parsed | None:
    """What the text says; None when nothing in it is kubectl's (a log alone is not). `name` is the file's path, `now`
    the best known time of its recording."""
    parts = _parts(content, name)
    when = capture_time(now, [line for part in parts if part.command.verb != "logs" for line in part.lines])
    usual = _namespace(parts)
    parsed = Parsed(naive=any(_TIME.search(part.section.text) for part in parts))
    for obj in (*units.read_units(content, name, when), *argo.read_applications(content)):
        parsed.add(obj)
    understood = [
        _read(part, ParsedScene(part.command.kind, part.command.namespace or usual, when, name), parsed)
        for part in parts
    ]
    if not any(understood) and not parsed.objects:
        return None
    _name_the_rest(parts, name, parsed, scene=ParsedScene("", usual, when, name))
    _join(parsed)
    _promote(parsed)
    return parsed


def is_kubectl_output(content: str, *, name: str) -> bool:
    """Whether `read` would find anything in the text; it stops at the first thing."""
    parts = _parts(content, name)
    return any(_read(part, ParsedScene(part.command.kind, file=name), Parsed()) for part in parts) or bool(
        units.read_units(content, name, None)
    )


def read_other(content: str, *, name: str, now: datetime | None = None) -> Parsed:
    """What a text says that is no output of kubectl: journals by node and unit, what any program wrote, and messages of
    Kubernetes in the midst of other words. `problems` quotes what else speaks of a failure."""
    parts, parsed = _parts(content, ""), Parsed()
    _name_the_rest(parts, name, parsed, alone=len(parts) == 1, scene=ParsedScene(now=now, file=name))
    return parsed


def messages_in(words: str, *, now: datetime | None = None) -> Parsed | None:
    """The messages that a person pasted into a question; None where there are none."""
    parsed, scene = Parsed(), ParsedScene(now=now, file="question")
    lines = messages.without_marks(list(enumerate(words.split("\n"), 1)))
    used = messages.read_messages(lines, scene, parsed)
    quoted = messages.quotations(_less(lines, used))
    used |= messages.read_messages(quoted, scene, parsed)
    parsed.loose = messages.spoken_errors(_less(quoted, used), "question")[0]
    return parsed if parsed.objects or parsed.loose else None


def has_commands(content: str) -> bool:
    return any(section.introduced for section in sections(content, Command()))


def _parts(content: str, name: str) -> list[_Part]:
    return [_Part(s, _lines(s)) for s in sections(content, of_file(name))]


def _lines(section: TextSection) -> Lines:
    if section.command.verb == "logs":
        return log_lines(section)
    lines = output_lines(section)
    return lines if section.command.verb == "describe" else outdent(lines)


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
        return logs.read_log(command, scene, lines, parsed)
    answered = _answers(part, scene, lines, parsed)
    described, lines = _described(lines, scene, parsed)
    if described and command.verb == "describe":  # what stands below the description is no answer of the command
        command, scene, lines = Command(), replace(scene, kind=""), outdent(lines)
    found = _documents(lines, parsed) if command.verb != "describe" else False
    found = _events(lines, command, scene, parsed) or found
    lines = [(n, "" if n in parsed.read_lines else line) for n, line in lines]
    sure = part.sure and command is part.command
    found = listing.read_table(lines, command, scene, parsed, sure=sure) or found
    return described or found or answered


def _answers(part: _Part, scene: ParsedScene, lines: Lines, parsed: Parsed) -> bool:
    """Where kubectl says that there is nothing, that it may not look, or why the API server refused."""
    understood, first = False, True
    for number, line in lines:
        namespace = answers.empty_namespace(line) if line.startswith("No resources") else None
        if namespace is not None:
            parsed.lists += listing.empty_lists(part.command, namespace, scene)
        elif line and answers.error(line, sure=part.sure and first):
            _refusal(part.command, scene, number, line, parsed)
        else:
            first = first and not line
            continue
        parsed.read_lines.add(number)
        understood = True
    return understood


def _refusal(command: Command, scene: ParsedScene, number: int, line: str, parsed: Parsed) -> None:
    parsed.problems.append((number, line))
    where = f"{scene.file or 'text'} line {number}"
    if obj := answers.command_error(line, where, command.line, scene.namespace):
        parsed.add(obj)


def _described(lines: Lines, scene: ParsedScene, parsed: Parsed) -> tuple[bool, Lines]:
    """Whether anything was described, and the lines that are of no description."""
    understood, taken = False, set[int]()
    for document in describe.documents(lines):
        document = document[: _end(document)]
        found = describe.read_description(document, scene)
        if found:
            taken.update(number for number, _ in document)
            understood = True
        for obj in found:
            # Of the Endpoints behind a described Service only the addresses that are ready are shown.
            parsed.add(obj, row=obj["kind"] == "Endpoints" and obj is not found[0])
    parsed.read_lines |= taken
    return understood, [(n, "" if n in taken else line) for n, line in lines] if taken else lines


def _end(document: describe.Lines) -> int:
    """Events are the last that is described: what begins behind an empty line below them is of something else."""
    events = next((at for at, (_, line) in enumerate(document) if line.startswith("Events:")), len(document))
    for at in range(events + 1, len(document)):
        line = document[at][1]
        if line.strip() and not document[at - 1][1].strip() and _begins_another(line):
            return at
    return len(document)


def _begins_another(line: str) -> bool:
    return begins_block(line.lstrip()) or line.startswith(("{", "---")) or is_sentence(line)


def _documents(lines: Lines, parsed: Parsed) -> bool:
    spans = list(yaml_blocks.documents(lines))
    for begin, end in spans:
        first, last = lines[begin][0], lines[end - 1][0]
        # Lines that were left out stay empty ones, so that those below keep their numbers.
        text = dict(lines[begin:end])
        block = "\n".join(text.get(number, "") for number in range(first, last + 1))
        parsed.documents.append((first, block))
        parsed.read_lines.update(range(first, last + 1))
    return bool(spans)


def _events(lines: Lines, command: Command, scene: ParsedScene, parsed: Parsed) -> bool:
    found = False
    for group in event_rows.event_groups(lines, command, scene):
        for obj in event_rows.objects(group, scene):
            parsed.add(obj)
        parsed.read_lines |= group.lines
        found = True
    return found


def _name_the_rest(
    parts: list[_Part], name: str, parsed: Parsed, *, alone: bool = False, scene: ParsedScene | None = None
) -> None:
    """Journals, logs and messages that no command introduces, and a gap for each run of lines that nobody could read.
    `alone`: the text is nothing but a log."""
    scene = scene or ParsedScene(file=name)
    for part in parts:
        if part.command.verb == "logs":
            continue
        left = messages.without_marks(outdent(_less(part.lines, parsed.read_lines)))
        found, used = journals(left)
        prefixed, shown = prefixed_logs(left)
        parsed.loose += prefixed
        used |= shown
        left = _less(left, used)
        units_shown = "systemctl" in part.section.foreign  # units.py reads that
        if not units_shown and not is_log(left):
            used |= messages.read_messages(left, replace(scene, file=name), parsed)
            used |= _in_part(_less(left, used), replace(scene, file=name), parsed)
            left = _less(left, used)
        fenced = part.section.text.lstrip().startswith(("```", "~~~")) and not part.sure
        more, taken = bare_logs(left, name, whole=(fenced or alone) and not used)
        said, heard = messages.spoken_errors([] if units_shown else _less(left, taken), name)
        parsed.loose += [*found, *more, *said]
        used |= taken | heard
        parsed.read_lines |= used
        parsed.problems += [] if units_shown else not_understood(left, used)


def _in_part(lines: Lines, scene: ParsedScene, parsed: Parsed) -> set[int]:
    for event in fragments.states(lines, scene):
        parsed.add(event)
    found = list(fragments.parts_in(lines))
    parsed.parts += [(one.first, one.kind, one.said) for one in found]
    return {number for one in found for number in one.lines}


def _less(lines: Lines, used: set[int]) -> Lines:
    return [(n, "" if n in used else line) for n, line in lines] if used else lines


def _join(parsed: Parsed) -> None:
    """Events that name no object are of the only pod of the text that is in trouble."""
    lost = [
        o for o in parsed.objects if o["kind"] == "Event" and o["involvedObject"].get("name") == event_rows.NOT_NAMED
    ]
    if not lost:
        return
    pods = [o for o in parsed.objects if o["kind"] == "Pod"]
    troubled = [o for o in pods if not _is_well(o)] if len(pods) > 1 else pods
    if len(troubled) == 1:
        meta = troubled[0]["metadata"]
        for event in lost:
            event["involvedObject"] = {
                "kind": "Pod",
                "name": meta["name"],
                "namespace": meta.get("namespace", "default"),
            }
            event["metadata"]["namespace"] = meta.get("namespace", "default")


def _is_well(pod: Json) -> bool:
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    return pod.get("status", {}).get("phase") in ("Running", "Succeeded") and all(
        s.get("ready", True) for s in statuses
    )


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
