"""Reads a dump: objects first, then printed text, then the logs find their pods."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar, cast

from midwatch.integrations.kubernetes import text
from midwatch.integrations.kubernetes.dump import encoding, layout, limits
from midwatch.integrations.kubernetes.dump.contents import DumpContents, DumpSource, listed_by
from midwatch.integrations.kubernetes.dump.decode import kind_of
from midwatch.integrations.kubernetes.dump.documents import documents
from midwatch.integrations.kubernetes.dump.files import READ_ERRORS, File, Files, reason_of
from midwatch.integrations.kubernetes.dump.formats import BY_NAME, PLURAL
from midwatch.integrations.kubernetes.dump.jsonlists import envelope, is_one_value
from midwatch.integrations.kubernetes.dump.layout import Path
from midwatch.integrations.kubernetes.dump.lists import NAIVE_TIMES, Lists
from midwatch.integrations.kubernetes.dump.merge import Origin
from midwatch.integrations.kubernetes.dump.podlogs import Attribution, LogClaim, Logs, Saved, join_sections
from midwatch.integrations.kubernetes.dump.sections import MARK, DumpSection, sections
from midwatch.integrations.kubernetes.measured import prometheus, saved_answers, units
from midwatch.integrations.kubernetes.text.parse_result import key

Json = dict[str, Any]
T = TypeVar("T")

_SERVER = re.compile(r"^Server Version:.*?(v\d+\.[\w.+-]+)", re.M)
_COMMAND = re.compile(r"^(?:[$#>+] ?|=+ ?)kubectl ", re.M)
_OBJECTS = re.compile(r"^\s*(?:[{\[]|---|%YAML|(?:- )?(?:apiVersion|kind|items|metadata)[ \t]*:)")
_ARCHIVE_MAGIC = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")
_UNKNOWN = "neither kubectl output nor the log of a known pod; name logs <namespace>/<pod>/<container>.log"
# Files are believed to be as old as they say only when that fits what is in them: a copy has the time of the copying.
_SAVED_WITHIN = timedelta(days=1)


@dataclass
class Loading:
    """The state of one reading: `texts` and `logs` wait until the objects are known."""

    contents: DumpContents = field(default_factory=DumpContents)
    logs: Logs = field(default_factory=Logs)
    texts: list[File] = field(default_factory=list[File])
    candidates: list[File] = field(default_factory=list[File])
    saved: float | None = None
    budget: int = limits.OBJECT_BYTES

    def __post_init__(self) -> None:
        self.lists = Lists(self.contents)


def load(files: Files) -> tuple[DumpContents, Logs]:
    state = Loading()
    for refused in files.refused:
        state.contents.complain(refused.file, refused.line, refused.reason)
    for file in files.found:
        _route(state, file, alone=len(files.found) == 1)
    now = _now(state)
    for file in state.texts:
        _printed(state, file, now)
    state.contents.settle()
    _attribute(state, now)
    state.contents.settle()
    state.contents.saved = now
    return state.contents, state.logs


def _route(state: Loading, file: File, *, alone: bool) -> None:
    path = Path.of(file.name)
    if path.is_ignored and not alone:
        return None
    if path.is_archived:
        return state.contents.complain(file.name, 0, "an archive within the dump is not opened: unpack it")
    if path.of_log and not alone:
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
    if path.of_objects or (_OBJECTS.match(opening) and not _COMMAND.search(opening)):
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
    if replaced:
        state.contents.complain(file.name, replaced, "not in UTF-8: what could not be decoded was replaced")
    if MARK in data:
        return _sectioned_file(state, file, most)
    if MARK.decode() in content:  # in UTF-16, whose bytes are not worth a second way of finding lines
        plain = content.encode("utf-8", "replace")
        return _sectioned_file(state, File(file.name, partial(io.BytesIO, plain), len(plain)), most)
    _documents(state, file.name, content, 1)
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
    read = documents(content, line)
    naive = NAIVE_TIMES.search(content) is not None
    for where, reason in read.problems:
        state.contents.complain(name, where, reason)
    for where, value in read.found:
        source = DumpSource(name, where, naive=naive)
        for one in cast("list[Any]", value) if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                _document(state, cast(Json, one), source, whole=where not in read.salvaged)
            elif isinstance(one, str) and len(read.found) == 1:
                state.contents.complain(name, where, "plain text, no Kubernetes object")


def _document(state: Loading, raw: Json, source: DumpSource, *, whole: bool) -> None:
    if listed_by(raw, source.file)[0]:
        return state.lists.take(raw, source, whole=whole)
    found = kind_of(raw)
    if found is None and _of_monitoring(state, raw, source):
        return None
    if found is None:
        state.contents.version = state.contents.version or _version(raw)
        return None
    state.contents.add(raw, found, source)
    if layout.complete_kind(source.file) is found:
        state.contents.whole[PLURAL[found.name]].setdefault("", source.file)
    return None


def _version(raw: Json) -> str:
    """`kubectl version -o json`, or the server's own /version."""
    server = raw.get("serverVersion", raw)
    found = cast(Json, server).get("gitVersion") if isinstance(server, dict) else None
    return found if isinstance(found, str) else ""


# -- printed text


def _now(state: Loading) -> datetime | None:
    """When the printed ages ("5m ago") were counted from: the files' time, if it fits what the objects say, else
    theirs."""
    newest = state.contents.newest()
    times = [f.modified for f in (*state.texts, *state.candidates) if f.modified is not None and 0 < f.modified < 1e11]
    saved = datetime.fromtimestamp(max(times), UTC) if times else None
    if newest is None or saved is None:
        return newest or saved
    return saved if newest <= saved <= newest + _SAVED_WITHIN else newest


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
    for log in parsed.logs:
        state.logs.add(LogClaim(log.namespace, log.pod, log.container, log.previous), Saved(None, name, text=log.text))
    for line, reason in parsed.problems:
        contents.complain(name, line, reason)


# -- logs


def _attribute(state: Loading, now: datetime | None) -> None:
    pods = Attribution(state.contents.pods(), state.contents.namespaces)
    for file in state.candidates:
        claim, of_log = pods.claim(file.name), Path.of(file.name).of_log
        if of_log and (claim is None or not claim.sure) and _as_text(state, file, now):
            continue
        if claim is not None and (claim.sure or of_log):
            _keep(state, file, claim)
        else:
            state.contents.complain(file.name, 0, _UNKNOWN)


def _keep(state: Loading, file: File, claim: LogClaim) -> None:
    head = _tried(state, file, encoding.head)
    if head is None:
        return None
    if encoding.binary(head):
        return state.contents.complain(file.name, 0, "not text: not read")
    if head.startswith(MARK) or Path.of(file.name).name == "logs.txt":
        return state.logs.whole_pod[claim.namespace, claim.pod].append(file)
    return state.logs.add(claim, Saved(file, file.name))
