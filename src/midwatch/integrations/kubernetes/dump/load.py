"""Reads a dump: objects first, then printed text, then the logs find their pods."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar, cast

from midwatch.integrations.kubernetes import text
from midwatch.integrations.kubernetes.dump import bundles, encoding, layout, limits
from midwatch.integrations.kubernetes.dump.clock import DumpClock
from midwatch.integrations.kubernetes.dump.contents import DumpContents, DumpSource, listed_by
from midwatch.integrations.kubernetes.dump.decode import kind_of
from midwatch.integrations.kubernetes.dump.documents import Documents, documents
from midwatch.integrations.kubernetes.dump.files import READ_ERRORS, File, Files, reason_of
from midwatch.integrations.kubernetes.dump.formats import BY_NAME, PLURAL
from midwatch.integrations.kubernetes.dump.jsonlists import envelope, is_one_value
from midwatch.integrations.kubernetes.dump.layout import Path
from midwatch.integrations.kubernetes.dump.lists import NAIVE_TIMES, Lists
from midwatch.integrations.kubernetes.dump.merge import Origin
from midwatch.integrations.kubernetes.dump.podlogs import Attribution, LogClaim, Logs, Saved, join_sections
from midwatch.integrations.kubernetes.dump.sections import MARK, DumpSection, sections
from midwatch.integrations.kubernetes.dump.snapshots import snapshot_of
from midwatch.integrations.kubernetes.measured import prometheus, saved_answers, units
from midwatch.integrations.kubernetes.text.parse_result import key
from midwatch.kit.clock import utc_now
from midwatch.kit.longlines import cut_line
from midwatch.kit.printable import one_line

Json = dict[str, Any]
T = TypeVar("T")

_QUESTION = "question"  # where a message stands that was pasted there
_WORD = re.compile(r"[^\W\d_]{2,}")
_SERVER = re.compile(r"^Server Version:.*?(v\d+\.[\w.+-]+)", re.M)
_OBJECTS = re.compile(r"^\s*(?:[{\[]|---|%YAML|(?:- )?(?:apiVersion|kind|items|metadata)[ \t]*:)")
_ARCHIVE_MAGIC = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")


@dataclass
class Loading:
    """The state of one reading: `texts` and `logs` wait until the objects are known, and so do the
    `unplaced`: logs within a text whose command does not say of which namespace, or of which pod, they are."""

    contents: DumpContents = field(default_factory=DumpContents)
    clock: DumpClock = field(default_factory=lambda: DumpClock(utc_now()))
    logs: Logs = field(default_factory=Logs)
    texts: list[File] = field(default_factory=list[File])
    candidates: list[File] = field(default_factory=list[File])
    unplaced: list[tuple[str, text.ParsedLog]] = field(default_factory=list[tuple[str, text.ParsedLog]])
    strange: list[str] = field(default_factory=list[str])
    saved: float | None = None
    budget: int = limits.OBJECT_BYTES

    def __post_init__(self) -> None:
        self.lists = Lists(self.contents, self.clock)


def load(files: Files, words: str = "") -> tuple[DumpContents, Logs]:
    """`words`: the question, of which only pasted messages count."""
    state = Loading()
    for refused in files.refused:
        state.contents.complain(refused.file, refused.line, refused.reason)
    for file in files.found:
        _route(state, file, alone=len(files.found) == 1)
    state.contents.snapshot = snapshot_of(state.clock, state.contents, state.texts, state.candidates)
    now = state.contents.saved
    for file in state.texts:
        _printed(state, file, now)
    state.contents.settle()
    if asked := text.messages_in(words, now=now):
        _take(state, _QUESTION, asked)
    _attribute(state, now)
    state.contents.settle()
    for place, reason in (*bundles.by_folder(state.contents.unknown), *bundles.unnamed_file_gaps(state.strange)):
        state.contents.complain(place, 0, reason)
    return state.contents, state.logs


def _route(state: Loading, file: File, *, alone: bool) -> None:
    path = Path.of(file.name)
    if path.is_ignored and not alone:
        return None
    if path.is_archived:
        return state.contents.complain(file.name, 0, "an archive within the dump is not opened: unpack it")
    if (path.of_log or bundles.log_place(file.name)) and not alone:
        return state.candidates.append(file)
    head = _tried(state, file, encoding.head)
    if head is None or (len(head) < limits.HEAD_BYTES and not head.strip(b"\x00\r\n\t ")):
        return None
    if head.startswith(_ARCHIVE_MAGIC):
        return state.contents.complain(file.name, 0, "an archive within the dump is not opened: unpack it")
    if encoding.binary(head):
        return state.contents.complain(file.name, 0, "not text: not read")
    return _by_content(state, file, path, encoding.decode(head)[0])


def _by_content(state: Loading, file: File, path: Path, opening: str) -> None:
    if path.of_objects or (_OBJECTS.match(opening) and not text.has_commands(opening)):
        return _objects(state, file)
    state.texts.append(file)
    return None


def _tried(state: Loading, file: File, read: Callable[[File], T]) -> T | None:
    """What `read` gives for the file; None, and a complaint, when it cannot be read."""
    try:
        return read(file)
    except READ_ERRORS as error:
        state.contents.complain(file.name, 0, f"not readable: {reason_of(error)}")
        return None


# -- monitoring


def _of_monitoring(state: Loading, raw: Json, source: DumpSource) -> bool:
    """Whether the document is an answer of a monitoring system; then it is taken in."""
    if (result := prometheus.matrix(raw)) is not None:
        found, missed = prometheus.parse_result(result, source.file)
        state.contents.measured += [(source.file, series) for series in units.with_units(found)]
        if missed:
            state.contents.complain(source.file, source.line, missed)
        return True
    objects = saved_answers.translate(raw)
    for obj in objects or ():
        state.contents.add(obj, BY_NAME[obj["kind"]], source)
    return objects is not None


# -- objects


def _objects(state: Loading, file: File) -> None:
    most = min(limits.OBJECT_FILE_BYTES, state.budget)
    data = _tried(state, file, lambda f: encoding.read_file(f, most) or b"")
    if data is None:
        return None
    if not data:
        return _long(state, file, most)
    if (around := envelope(data[: limits.HEAD_BYTES], data[-limits.HEAD_BYTES :])) is not None and is_one_value(data):
        return state.lists.stream(io.BytesIO(data), around, file.name)
    state.budget -= len(data)
    content, replaced = encoding.decode(data)
    state.contents.said = state.contents.said or _WORD.search(content) is not None
    if replaced:
        state.contents.complain(file.name, replaced, "not in UTF-8: what could not be decoded was replaced")
    if MARK in data:
        return _sectioned_file(state, file, most)
    if MARK.decode() in content:  # in UTF-16, whose bytes are not worth a second way of finding lines
        plain = content.encode("utf-8", "replace")
        return _sectioned_file(state, File(file.name, partial(io.BytesIO, plain), len(plain)), most)
    _of_objects(state, file, content)
    return None


def _of_objects(state: Loading, file: File, content: str) -> None:
    """YAML or JSON; what only looked like it, or is broken by commands and prose in between, is read as text."""
    read = documents(content)
    mixed = not Path.of(file.name).of_objects and (read.problems or not read.found)
    if mixed and text.has_commands(content):
        return state.texts.append(file)
    if _taken(state, file.name, content, read):
        return None
    if not Path.of(file.name).of_objects:
        return state.texts.append(file)
    for part in text.parts_in(list(enumerate(content.splitlines(), 1))):
        state.contents.miss(file.name, part.first, BY_NAME.get(part.kind), part.said)
    return None


def _long(state: Loading, file: File, most: int) -> None:
    """A list is read item by item, whatever its length; of a `cluster-info dump` what stands between the logs."""
    head = _tried(state, file, encoding.head)
    end = _tried(state, file, lambda f: encoding.end(f, limits.HEAD_BYTES)[0]) if head else None
    around = envelope(head, end) if head and end else None
    if around is None:
        return _sectioned_file(state, file, most)

    def streamed(f: File) -> None:
        with f.open() as stream:
            state.lists.stream(stream, around, f.name)

    return _tried(state, file, streamed)


def _sectioned_file(state: Loading, file: File, most: int) -> None:
    """`cluster-info dump` in one file; one of any size, as only its objects are held."""

    def parts(f: File) -> list[DumpSection]:
        with f.open() as stream:
            return list(sections(stream))

    found = _tried(state, file, parts)
    if not found or not any(s.pod for s in found):
        reason = f"larger than {limits.OBJECT_FILE_BYTES // limits.MIB} MiB: not read; save it as JSON, or split it"
        return state.contents.miss(file.name, 0, layout.kind(file.name), reason)
    for part in join_sections(s for s in found if s.pod):
        state.logs.add(
            LogClaim(part.namespace, part.pod, part.container), Saved(file, file.name, part.start, part.stop)
        )
    for part in found:
        if part.pod or part.stop - part.start > most:
            continue
        data = _tried(state, file, partial(_part, part, most))
        if data is not None:
            _documents(state, file.name, encoding.decode(data)[0], part.line)
    return None


def _part(part: DumpSection, most: int, file: File) -> bytes:
    return encoding.end(file, most, part.start, part.stop)[0]


def _documents(state: Loading, name: str, content: str, line: int) -> None:
    _taken(state, name, content, documents(content, line))


def _taken(state: Loading, name: str, content: str, read: Documents) -> bool:
    """Whether anything of the documents was of use; what is wrong with them is said only then."""
    contents = state.contents
    state.clock.observe_text(content)
    before = (contents.size, len(contents.unreadable))
    naive = NAIVE_TIMES.search(content) is not None
    for where, reason in read.problems:
        state.contents.complain(name, where, reason)
    for where, value in read.found:
        if bundles.is_refusal(name):
            for said in bundles.refusals(value):
                contents.complain(name, where, f"refused to the collector: {one_line(cut_line(said))}")
            continue
        source = DumpSource(name, where, naive=naive)
        for one in cast("list[Any]", value) if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                _document(state, cast(Json, one), source, whole=where not in read.salvaged)
            elif isinstance(one, str) and len(read.found) == 1:
                state.contents.complain(name, where, "plain text, no Kubernetes object")
    return contents.size != before[0]


def _document(state: Loading, raw: Json, source: DumpSource, *, whole: bool) -> None:
    if listed_by(raw, source.file)[0]:
        return state.lists.take(raw, source, whole=whole)
    raw = bundles.with_kind(raw, source.file)
    found = kind_of(raw)
    if found is None and _of_monitoring(state, raw, source):
        return None
    if found is None:
        if not state.lists.custom(raw, source):
            _unread(state, raw, source)
        return None
    state.contents.add(raw, found, source)
    if layout.complete_kind(source.file) is found:
        state.contents.whole[PLURAL[found.name]].setdefault("", source.file)
    return None


def _unread(state: Loading, raw: Json, source: DumpSource) -> None:
    """The version of the cluster, or a value that nothing tells the kind of; it is counted, as it may be evidence."""
    version = _version(raw)
    state.contents.version = state.contents.version or version
    if not version and not raw.get("kind") and Path.of(source.file).suffix == ".json":
        state.contents.unknown[source.file] += 1


def _version(raw: Json) -> str:
    """`kubectl version -o json`, the server's own /version, or that of a support bundle."""
    server = raw.get("serverVersion", raw.get("info", raw))
    found = cast(Json, server).get("gitVersion") if isinstance(server, dict) else None
    return found if isinstance(found, str) else ""


# -- printed text


def _printed(state: Loading, file: File, now: datetime | None) -> None:
    if not _as_text(state, file, now):
        state.candidates.append(file)


def _as_text(state: Loading, file: File, now: datetime | None) -> bool:
    """Whether the file is what kubectl printed; then it is taken in."""
    probe = limits.PROBE_LOG_BYTES if Path.of(file.name).of_log else limits.PROBE_BYTES
    if file.size is None or file.size > probe:
        start = _tried(state, file, lambda f: encoding.start(f, probe))
        if start is None or not text.is_kubectl_output(encoding.decode(start)[0], name=file.name):
            return start is None
    data = _tried(state, file, lambda f: encoding.read_file(f, min(limits.TEXT_FILE_BYTES, state.budget)) or b"")
    if not data:
        return data is None
    content, _ = encoding.decode(data)
    parsed = text.read(content, name=file.name, now=now)
    if parsed is None:
        return False
    state.budget -= len(data)
    _take(state, file.name, parsed)
    found = _SERVER.search(content) if "Server Version" in content else None
    state.contents.version = state.contents.version or (found[1] if found else "")
    return True


def _take(state: Loading, name: str, parsed: text.Parsed) -> None:
    contents = state.contents
    row, described = (DumpSource(name, 0, origin, naive=parsed.naive) for origin in (Origin.ROW, Origin.DESCRIBED))
    for raw in parsed.objects:
        if (kind := BY_NAME.get(str(raw.get("kind")))) is not None:
            contents.add(raw, kind, row if key(raw) in parsed.rows else described)
    for plural, namespace in parsed.lists:
        contents.whole[plural].setdefault(namespace, name)
    contents.tables += [(plural, namespace, name) for plural, namespace in parsed.named]
    for log in (*parsed.logs, *parsed.loose):
        if log.about == "Pod" and log.namespace:
            claim = LogClaim(log.namespace, log.pod, log.container, log.previous)
            state.logs.add(claim, Saved(None, name, text=log.text))
        else:
            state.unplaced.append((name, log))
    for line, content in parsed.documents:
        _documents(state, name, content, line)
    _complain(contents, name, parsed)


def _complain(contents: DumpContents, name: str, parsed: text.Parsed) -> None:
    for line, reason in parsed.problems:
        contents.complain(name, line, reason)
    for line, kind, reason in parsed.parts:
        contents.miss(name, line, BY_NAME.get(kind), reason)


# -- logs


def _attribute(state: Loading, now: datetime | None) -> None:
    pods = Attribution(state.contents.pods(), state.contents.namespaces)
    for file in state.candidates:
        if bundles.is_note(file.name) or _refused_log(state, file):
            continue
        claim, of_log = pods.claim(file.name), Path.of(file.name).of_log
        if of_log and (claim is None or not claim.sure) and _as_text(state, file, now):
            continue
        if claim is not None and (claim.sure or of_log):
            _keep(state, file, claim)
        else:
            _unnamed(state, file, now)
    for name, log in state.unplaced:
        state.logs.add(pods.place_log(log), Saved(None, name, text=log.text))


def _refused_log(state: Loading, file: File) -> bool:
    if not bundles.is_refusal(file.name):
        return False
    said = encoding.decode(_tried(state, file, encoding.head) or b"")[0]
    state.contents.complain(file.name, 0, f"refused to the collector: {one_line(cut_line(said))}")
    return True


def _unnamed(state: Loading, file: File, now: datetime | None) -> None:
    """A log or a node's journal, though nothing tells of which pod, and messages in the midst of other words; what is
    neither is named as not read, with the lines that speak of a failure."""
    data = _tried(state, file, lambda f: encoding.end(f, limits.TEXT_FILE_BYTES)[0])
    if data is None:
        return None
    if not data or encoding.binary(data[: limits.HEAD_BYTES]):
        return state.strange.append(file.name)
    content = encoding.decode(data)[0]
    parsed = text.read_other(content, name=file.name, now=now)
    state.contents.said = state.contents.said or _WORD.search(content) is not None
    found = bool(parsed.objects or parsed.loose or parsed.parts)
    if not found:
        parsed.problems.clear()
        lines = list(enumerate(content.splitlines(), 1))
        said = text.suspects(lines)
        for line, words in said:
            state.contents.complain(file.name, line, f"not understood: {words}")
        if not said:
            state.strange.append(file.name)
    return _take(state, file.name, parsed)


def _keep(state: Loading, file: File, claim: LogClaim) -> None:
    head = _tried(state, file, encoding.head)
    if head is None:
        return None
    if encoding.binary(head):
        return state.contents.complain(file.name, 0, "not text: not read")
    if head.startswith(MARK) or Path.of(file.name).name == "logs.txt":
        return state.logs.whole_pod[claim.namespace, claim.pod].append(file)
    return state.logs.add(claim, Saved(file, file.name))
