"""The logs of a dump: which pod and container a file belongs to, and where its text lies. A log is read when somebody
asks."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from midwatch.integrations.kubernetes.dump.bundles import log_place
from midwatch.integrations.kubernetes.dump.encoding import end
from midwatch.integrations.kubernetes.dump.files import File
from midwatch.integrations.kubernetes.dump.joinedlogs import join_logs as together
from midwatch.integrations.kubernetes.dump.layout import Path
from midwatch.integrations.kubernetes.dump.sections import DumpSection, sections
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.text.parse_result import ParsedLog

_GATHERED = re.compile(
    r"(?:^|/)namespaces/(?P<ns>[^/]+)/pods/(?P<pod>[^/]+)/(?P<container>[^/]+)/(?:[^/]+/)?logs/(?P<which>current|previous)(?:\.insecure)?\.log$"
)
_LONGEST_NAME = 600  # letters of a file's name: namespace, pod and container have up to 253, 253 and 63
_SAVED_AGAIN = 9  # further files of one log that are read
_PREVIOUS = re.compile(r"[._-]?prev(?:ious)?$")
_RUN = re.compile(r"(?:\.log)?(?:\.\d+)?$")
_BREAKS = re.compile(r"([._:\s]+|-)")
# What a controller or a ReplicaSet appends to the names of its pods: letters the API server's generator uses.
_GENERATED = re.compile(r"^[a-z0-9.-]+-[bcdfghjklmnpqrstvwxz2456789]{5}$|^[a-z0-9.-]+-\d+$")
_NO_NAME = frozenset({"logs", "log", "current", "pods", "containers", "stdout", "stderr", "output"})
# Words of a file's name that say it is something else about a pod.
_NO_LOG = frozenset({"describe", "described", "get", "events", "event", "top", "yaml", "json", "status"})


@dataclass(frozen=True)
class LogClaim:
    """`sure` False: the file is named like the log of a pod, but could as well be something else. `about` is what the
    log is of, as in SavedLog; `place` the namespace of what is no pod."""

    namespace: str
    pod: str
    container: str = ""
    previous: bool = False
    sure: bool = True
    about: str = "Pod"
    place: str = ""


@dataclass(frozen=True)
class Saved:
    """Where a log's text lies: part of a file, or text already at hand. `more`: the same log, saved again."""

    file: File | None
    name: str
    start: int = 0
    stop: int | None = None
    text: str = ""
    more: tuple["Saved", ...] = ()

    def end(self, limit: int) -> tuple[str, bool]:
        """The last bytes as text, and whether earlier ones were left out; raises what reading raises."""
        if not self.more:
            return self._end(limit)
        parts = [one._end(limit) for one in (replace(self, more=()), *self.more)]
        text = together([text for text, _ in parts])
        return text[-limit:], len(text) > limit or any(cut for _, cut in parts)

    def _end(self, limit: int) -> tuple[str, bool]:
        if self.file is None:
            data, cut = self.text.encode("utf-8", "replace"), False
            data, cut = data[-limit:], len(data) > limit
        else:
            data, cut = end(self.file, limit, self.start, self.stop)
        text = data.decode("utf-8", "replace")
        return (text.partition("\n")[2] or text if cut else text), cut


@dataclass
class Logs:
    """`whole_pod` are files that may hold the logs of all containers of a pod, with marks between them."""

    found: dict[tuple[str, str, bool], dict[str, Saved]] = field(default_factory=lambda: defaultdict(dict[str, Saved]))
    whole_pod: dict[tuple[str, str], list[File]] = field(default_factory=lambda: defaultdict(list[File]))
    others: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])  # name → about, place

    def add(self, claim: LogClaim, saved: Saved) -> None:
        """A log that was saved several times is read as one, up to a few."""
        if claim.about != "Pod":
            self.others[claim.pod] = (claim.about, claim.place)
        boxes = self.found[claim.namespace, claim.pod, claim.previous]
        first = boxes.get(claim.container)
        if first is None:
            boxes[claim.container] = saved
        elif len(first.more) < _SAVED_AGAIN:
            boxes[claim.container] = replace(first, more=(*first.more, saved))

    def of(self, namespace: str, pod: str, previous: bool) -> Mapping[str, Saved]:
        """By container; "" where the file does not say which. Raises what reading raises."""
        for file in self.whole_pod.pop((namespace, pod), ()):
            self._open(file, namespace, pod)
        return self.found.get((namespace, pod, previous), {})

    def _open(self, file: File, namespace: str, pod: str) -> None:
        with file.open() as stream:
            parts = list(sections(stream))
        for part in join_sections(s for s in parts if s.pod):
            self.add(LogClaim(part.namespace, part.pod, part.container), Saved(file, file.name, part.start, part.stop))
        if not any(s.pod for s in parts):
            self.add(LogClaim(namespace, pod), Saved(file, file.name))

    def saved_logs(self) -> Iterator[tuple[str, str, bool, str]]:
        """Namespace, pod, whether of the run before, and container ("" where the file does not say) of every log."""
        for (namespace, pod, previous), boxes in self.found.items():
            yield from ((namespace, pod, previous, box) for box in boxes)
        yield from ((namespace, pod, False, "") for namespace, pod in self.whole_pod)

    def __bool__(self) -> bool:
        return bool(self.found or self.whole_pod)


def join_sections(parts: Iterable[DumpSection]) -> Iterator[DumpSection]:
    """One section a log: its opening mark alone tells of a log that is empty."""
    last: dict[tuple[str, str, str], DumpSection] = {}
    for part in parts:
        last[part.namespace, part.pod, part.container] = part
    yield from last.values()


class Attribution:
    """Which pod's log a file is, by its path and the pods that the dump's objects tell of."""

    def __init__(self, pods: Sequence[Pod], namespaces: Sequence[str]) -> None:
        self._pods: dict[str, dict[str, Pod]] = defaultdict(dict)
        for pod in pods:
            self._pods[pod.name][pod.namespace] = pod
        self._namespaces = frozenset(namespaces)

    def claim(self, name: str) -> LogClaim | None:
        """None when nothing tells which pod it is."""
        if len(name.rpartition("/")[2]) > _LONGEST_NAME:
            return None
        if known := log_place(name):
            return LogClaim(*known)
        if found := _GATHERED.search(name):
            return LogClaim(found["ns"], found["pod"], found["container"], found["which"] == "previous")
        path = Path.of(name)
        stem, previous = _stem(path.stem)
        namespace = next((f for f in reversed(path.folders) if f in self._namespaces), "")
        by_objects = self._by_folder(path.folders, stem, namespace) or self._by_name(stem, namespace)
        found = by_objects or self._by_shape(path.folders, stem, namespace)
        if found is None:
            return None
        return LogClaim(found.namespace, found.pod, found.container, previous or "previous" in path.folders, found.sure)

    def place_log(self, log: ParsedLog) -> LogClaim:
        """A log within a text: of the one pod that is called so, or, where the command names a workload, that belongs
        to it; else of the namespace that kubectl assumes."""
        if log.about == "Pod":
            place = log.namespace or self._place(log.pod, "") if log.pod in self._pods else ""
            return LogClaim(place or self._only_namespace, log.pod, log.container, log.previous)
        if log.about not in ("Node", "Log") and len(own := self._replicas(log)) == 1:
            return LogClaim(own[0].namespace, own[0].name, log.container, log.previous)
        place = "" if log.about in ("Node", "Log") else log.namespace or self._only_namespace
        return LogClaim("", log.pod, log.container, log.previous, about=log.about, place=place)

    def _replicas(self, log: ParsedLog) -> list[Pod]:
        """Its pods are called `<name>-<suffix>`, those of a Deployment `<name>-<hash>-<suffix>`."""
        return [
            pod
            for name, places in self._pods.items()
            if name.startswith(f"{log.pod}-") and name.removeprefix(f"{log.pod}-").count("-") <= 1
            for pod in places.values()
            if log.namespace in ("", pod.namespace)
        ]

    def _by_folder(self, folders: tuple[str, ...], stem: str, namespace: str) -> LogClaim | None:
        """`shop/web-1/app.log`, `shop/web-1/app/app/logs/current.log`: the folder is a pod."""
        for at in range(len(folders) - 1, -1, -1):
            if folders[at] in self._pods and (place := self._place(folders[at], namespace)) is not None:
                below = [p for p in (*folders[at + 1 :], stem) if p not in _NO_NAME and p != "previous"]
                return LogClaim(place, folders[at], self._container(place, folders[at], below))
        return None

    def _by_name(self, stem: str, namespace: str) -> LogClaim | None:
        """The longest run of words in the name that is a pod's name; the words beside it may tell container and
        namespace."""
        words = _BREAKS.split(stem)
        runs = (
            (i, j) for size in range(len(words), 0, -1) for i in range(0, len(words) - size + 1) for j in (i + size,)
        )
        for i, j in runs:
            name = "".join(words[i:j])
            if name not in self._pods:
                continue
            before, after = "".join(words[:i]).strip("._:- "), "".join(words[j:]).strip("._:- ")
            place = self._place(name, before if before in self._namespaces else namespace)
            if place is not None:
                container = self._container(place, name, [after, before])
                return LogClaim(place, name, container, sure=not ({*before.split("-"), *_BREAKS.split(stem)} & _NO_LOG))
        return None

    def _by_shape(self, folders: tuple[str, ...], stem: str, namespace: str) -> LogClaim | None:
        """No object tells of the pod: `namespaces`-like folders, `ns_pod_container`, or a name that a controller
        made."""
        parts = stem.split("_")
        if len(parts) == 3 and all(parts):
            return LogClaim(parts[0], parts[1], parts[2], sure=False)
        if (
            len(folders) >= 2
            and stem not in _NO_NAME
            and (folders[-2] in self._namespaces or _GENERATED.match(folders[-1]))
        ):
            return LogClaim(folders[-2], folders[-1], stem, sure=False)
        if len(folders) >= 2 and stem in _NO_NAME and _GENERATED.match(folders[-1]):
            return LogClaim(folders[-2], folders[-1], sure=False)
        if _GENERATED.match(parts[0]) and len(parts) <= 2 and parts[0] not in self._pods:
            place = namespace or (folders[-1] if folders and folders[-1] not in _NO_NAME else self._only_namespace)
            return LogClaim(place, parts[0], parts[1] if len(parts) == 2 else "", sure=False)
        return None

    @property
    def _only_namespace(self) -> str:
        return next(iter(self._namespaces)) if len(self._namespaces) == 1 else "default"

    def _place(self, pod: str, namespace: str) -> str | None:
        """The namespace of a pod of that name; None when there are several and nothing chooses."""
        places = self._pods[pod]
        if namespace in places:
            return namespace
        return next(iter(places)) if len(places) == 1 else None

    def _container(self, namespace: str, pod: str, words: Sequence[str]) -> str:
        known = {c.name for c in self._pods[pod][namespace].spec.all_containers}
        found = next((w for w in words if w in known), "")
        if found or known:
            return found
        return next((w for w in words if w and w not in self._namespaces), "")


def _stem(stem: str) -> tuple[str, bool]:
    """Without the marks of rotation and of the previous run, and whether it is the previous one."""
    bare = _RUN.sub("", stem)
    kept = _PREVIOUS.sub("", bare)
    return (kept or "logs"), kept != bare
