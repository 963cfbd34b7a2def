"""Answers for a cluster from what was saved of it, as typed as the live one does; a dump is no proof of what it does
not list."""

import re
from pathlib import Path
from typing import Literal

import msgspec

from midwatch.integrations.kubernetes.dump import encoding, files, limits
from midwatch.integrations.kubernetes.dump.archives import archive
from midwatch.integrations.kubernetes.dump.contents import DumpContents
from midwatch.integrations.kubernetes.dump.files import ACCEPTED, READ_ERRORS, STANDARD_INPUT, Files, reason_of
from midwatch.integrations.kubernetes.dump.formats import FORMATS
from midwatch.integrations.kubernetes.dump.load import load
from midwatch.integrations.kubernetes.dump.podlogs import Saved
from midwatch.integrations.kubernetes.dump.selection import select
from midwatch.integrations.kubernetes.objects import custom
from midwatch.integrations.kubernetes.objects.cluster import ConfigMap, Secret
from midwatch.integrations.kubernetes.objects.kinds import ALL, ResourceKind
from midwatch.integrations.kubernetes.objects.meta import Metadata, Object
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.saved_objects import CommandError, SavedLog, UnreadPart
from midwatch.integrations.kubernetes.reader import (
    About,
    Listing,
    ListRequest,
    LogRequest,
    LogText,
    MeasuredSeries,
    Refused,
)

_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
# What kubectl or the server wrote where a log should be; all but the first two mean that there is one, unread.
_NO_LOG_YET = ("is waiting to start", "previous terminated container")
_NO_LOG = (
    "Error from server",
    "error: ",
    "unable to retrieve container logs",
    "Request log error",
    "Create log error",
    "failed to try",
)
_NO_METRICS = "the dump holds no metrics: nobody measured latency, CPU or network over time"
_ERRORS = re.compile(
    r"(?i)\b(?:fatal|panic|error|exception|traceback|critical|fail(?:ed|ure)|refused|denied|timed? ?out|killed)\b"
    r"|^[EF]\d{4} ",
    re.M,
)
_MOST_FILES_NAMED = 3


class DumpReader:
    """Raises Refused when the path holds nothing that can be read; all of it but the logs is read at once."""

    def __init__(self, path: Path | Literal["-"], words: str = "") -> None:
        """`words`: the question, in which a message may be pasted."""
        self._files = _files(path)
        self._contents, self._logs = load(self._files, words)
        if not (self._contents.count or self._contents.whole or self._contents.measured or self._logs) and (
            not self._contents.said
        ):
            self._files.close()
            raise Refused(_nothing(self._files.name, self._contents))

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Of everything in the dump: what to ask for one by one, as few dumps list a kind for the whole cluster."""
        return self._contents.namespaces

    async def list(self, request: ListRequest) -> Listing:
        kind = ALL.get(request.plural)
        if kind is None:
            raise Refused(f"no kind is called {request.plural!r}; kinds are {', '.join(ALL)}")
        return self._listing(kind, request)

    async def saved_objects(self, plural: str, namespace: str = "") -> Listing:
        if plural not in FORMATS:
            raise Refused(f"no format is called {plural!r}; formats are {', '.join(FORMATS)}")
        if plural == "container_logs":
            return self._saved_logs(namespace)
        if plural == "unread_parts":
            return self._unread_parts()
        return self._listing(FORMATS[plural], ListRequest(plural, namespace))

    async def custom_resources(self, namespace: str = "") -> Listing:
        return self._listing(FORMATS[custom.PLURAL], ListRequest(custom.PLURAL, namespace))

    def _listing(self, kind: ResourceKind, request: ListRequest) -> Listing:
        namespace = request.namespace if kind.namespaced else ""
        held = list(self._contents.all(request.plural, namespace))
        partial, listed = self._partial(kind, request.plural, namespace, len(held))
        found = _fresh(select([h.obj for h in held], request.labels, request.fields), kind, request.names_only)
        query = _named(sorted({f for h in held for f in h.files} | listed))
        narrowed = " ".join(
            f"{word} {value}" for word, value in (("labels", request.labels), ("fields", request.fields)) if value
        )
        whole = (
            () if narrowed or not partial or namespace else tuple(sorted(self._contents.whole.get(request.plural, {})))
        )
        query = f"{query} ({narrowed})" if narrowed else query
        missed = "; ".join(self._contents.missed.get(request.plural, ()))
        return Listing(found, query, partial, whole, missed, snapshot=self._contents.snapshot)

    def _saved_logs(self, namespace: str) -> Listing:
        """Each container whose log was saved, also of pods that no object of the dump tells of: they may be gone."""
        found: dict[str, SavedLog] = {}
        for place, pod_name, before, container in self._logs.saved_logs():
            pod = self._contents.pod(place, pod_name)
            if namespace in ("", place) or not place:
                about, meant = self._logs.others.get(pod_name, ("Pod", "")) if not place else ("Pod", "")
                box = container or _default_container(pod)
                name = f"{pod_name}/{box}{'/previous' if before else ''}"
                found[f"{place}/{name}"] = SavedLog(
                    metadata=Metadata(name=name, namespace=place),
                    pod=pod_name,
                    container=box,
                    previous=before,
                    saved=self._contents.saved,
                    about=about,
                    place=meant,
                )
        if not found:
            raise Refused("the dump holds no logs", absent=True)
        if len(found) > limits.LOGS_READ:
            for one in list(found.values())[: limits.LOG_ENDS]:
                self._look_into(one)
        return Listing(
            [found[key] for key in sorted(found)], f"logs in {self._files.name}", snapshot=self._contents.snapshot
        )

    def _unread_parts(self) -> Listing:
        errors = {h.obj.message for h in self._contents.all("command_errors", "") if isinstance(h.obj, CommandError)}
        parts = [
            UnreadPart(metadata=Metadata(name=f"{n:04}"), file=part.file, line=part.line, reason=part.reason)
            for n, part in enumerate(self._contents.unreadable)
            if part.reason not in errors  # a refusal is evidence of its own
        ]
        if not parts:
            raise Refused("all of the dump was read", absent=True)
        query = f"parts of {self._files.name} that were not read"
        return Listing(parts, query, snapshot=self._contents.snapshot)

    def _look_into(self, one: SavedLog) -> None:
        """By its last lines; a log that cannot be read is neither."""
        pod = self._contents.pod(one.namespace, one.pod)
        try:
            logs = self._logs.of(one.namespace, one.pod, one.previous)
            request = LogRequest(one.namespace, one.pod, one.container, one.previous)
            text, _ = self._chosen(request, pod, dict(logs)).end(limits.LOG_END_BYTES)
        except (*READ_ERRORS, Refused):
            return
        one.empty, one.errors = not text.strip(), _ERRORS.search(text) is not None

    def _partial(self, kind: ResourceKind, plural: str, namespace: str, count: int) -> tuple[str, set[str]]:
        """What the dump leaves out of this kind, and the files that list it whole; raises Refused when it has none at
        all."""
        whole = self._contents.whole.get(plural, {})
        if listed := self._contents.scope(plural, namespace):
            return "", listed
        if not count and (namespace or not whole):
            if missed := self._contents.missed.get(plural):
                raise Refused(f"{plural} were not read: {'; '.join(missed)}", query=f"{plural} in {self._files.name}")
            where = f" of namespace {namespace}" if namespace and self._contents.held.get(plural) else ""
            raise Refused(
                f"the dump holds no {plural}{where}", query=f"{plural} in {self._files.name}", absent=plural in FORMATS
            )
        scopes = sorted(whole)
        held = self._contents.held.get(plural, {})
        if scopes and not namespace and all(place[0] in whole for place in held):
            return f"only {'namespace' if len(scopes) == 1 else 'namespaces'} {', '.join(scopes)}", set(whole.values())
        return f"only the {count} {kind.name if count == 1 else plural} saved in the dump", set()

    async def log(self, request: LogRequest) -> LogText:
        where = f"{request.namespace}/{request.pod}"
        pod = self._contents.pod(request.namespace, request.pod)
        try:
            logs = self._logs.of(request.namespace, request.pod, request.previous)
            saved = self._chosen(request, pod, dict(logs))
            text, cut = saved.end(max(1, request.limit_bytes))
        except READ_ERRORS as error:
            raise Refused(f"the log of {where} in the dump cannot be read: {reason_of(error)}") from error
        _told_instead(text, saved.name)
        text, earlier = encoding.last_lines(text, request.tail_lines)
        return LogText(text, f"file {saved.name}", truncated=cut or earlier, snapshot=self._contents.snapshot)

    def _chosen(self, request: LogRequest, pod: Pod | None, logs: dict[str, Saved]) -> Saved:
        default = _default_container(pod)
        wanted = request.container or default
        if wanted in logs:
            return logs[wanted]
        if "" in logs and (not request.container or wanted == default or not default):
            return logs[""]
        if not request.container and len(logs) == 1:
            return next(iter(logs.values()))
        name = f"{'previous log' if request.previous else 'log'} of {request.namespace}/{request.pod}"
        if logs and not request.container:
            raise Refused(f"the dump holds the {name} of several containers; name one of {', '.join(sorted(logs))}")
        absent = pod is not None and _never_written(pod, wanted, request.previous)
        if wanted:
            name += f" container {wanted}"
        said = f"there is no {name}: it has not run yet" if absent else f"the dump holds no {name}"
        raise Refused(said, query=f"{name} in {self._files.name}", absent=absent)

    async def series(self, namespace: str) -> MeasuredSeries:
        found = [(file, s) for file, s in self._contents.measured if namespace in ("", s.namespace) or not s.namespace]
        if not found:
            raise Refused(_NO_METRICS, query=f"metrics in {self._files.name}", absent=True)
        unique = {(s.namespace, s.entity, s.signal, s.role): s for _, s in reversed(found)}
        return MeasuredSeries(
            list(unique.values()), _named(sorted({file for file, _ in found})), self._contents.snapshot
        )

    async def version(self) -> About:
        count = len(self._files.found)
        objects = self._contents.count
        name = f"from {self._files.name}" if self._files.name == STANDARD_INPUT else self._files.name
        source = f"saved cluster {name} ({count} file{'s' * (count != 1)}, {objects} object{'s' * (objects != 1)})"
        return About(source, self._contents.version, tuple(self._contents.unreadable))

    async def close(self) -> None:
        self._files.close()


def open_dump(path: str, words: str = "") -> DumpReader:
    """`path` is a folder, a file, an archive, or `-` for standard input; raises Refused. `words`: the question."""
    return DumpReader("-" if path == "-" else Path(path).expanduser(), words)


def _files(path: Path | Literal["-"]) -> Files:
    try:
        if isinstance(path, str):
            return _streamed(None)
        if path.is_dir():
            return files.folder(path)
        if not path.exists():
            raise Refused(f"{path} does not exist; {ACCEPTED}")
        if not path.is_file():
            return _streamed(path)
        single = files.single_file(path)
        return archive(path.name, lambda: path.open("rb"), path.stat().st_size) or single
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "no path"
        raise Refused(f"{path} cannot be read: {reason}; {ACCEPTED}") from error


def _streamed(path: Path | None) -> Files:
    name, data = files.stream(path)
    held = files.files_in_memory(name, data)
    return archive(name, held.found[0].open, len(data)) or held


def _nothing(name: str, contents: DumpContents) -> str:
    first = contents.unreadable[0] if contents.unreadable else None
    why = f" ({first.file}{f' line {first.line}' if first.line else ''}: {first.reason})" if first else ""
    return f"{name} holds no Kubernetes object, kubectl output or pod log that can be read{why}; {ACCEPTED}"


def _fresh(objects: list[Object], kind: ResourceKind, names_only: bool) -> list[Object]:
    """Copies: whoever gets them redacts them in place."""
    copies = (msgspec.json.decode(msgspec.json.encode(obj), type=kind.type) for obj in objects)
    return [_named_only(obj) if names_only else obj for obj in copies]


def _named_only(obj: Object) -> Object:
    bare = type(obj)(metadata=obj.metadata)
    if isinstance(bare, (ConfigMap, Secret)) and isinstance(obj, (ConfigMap, Secret)):
        bare.data = dict.fromkeys(obj.data, "") if obj.data is not None else None
    return bare


def _named(names: list[str]) -> str:
    if len(names) == 1:
        return f"file {names[0]}"
    more = len(names) - _MOST_FILES_NAMED
    return f"{len(names)} files: {', '.join(names[:_MOST_FILES_NAMED])}" + (f" and {more} more" if more > 0 else "")


def _default_container(pod: Pod | None) -> str:
    if pod is None:
        return ""
    first = pod.spec.containers[0].name if pod.spec.containers else ""
    return pod.annotations.get(_DEFAULT_CONTAINER) or first


def _never_written(pod: Pod, container: str, previous: bool) -> bool:
    """The state of the container proves that there cannot be such a log."""
    status = next((s for s in pod.statuses if s.name == container), None)
    if status is None or status.restart_count or status.last_state.terminated:
        return False
    return previous or status.state.waiting is not None


def _told_instead(text: str, name: str) -> None:
    said = text.strip()
    if said.startswith(_NO_LOG) and "\n" not in said:
        raise Refused(said, query=f"file {name}", absent=any(words in said for words in _NO_LOG_YET))
