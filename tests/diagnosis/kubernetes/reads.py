"""Which kinds an analyzer looks at: while it runs, and at most, by what its code can reach."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from types import CodeType, FunctionType
from typing import Any

from midwatch.analysis.series import Series
from midwatch.diagnosis.kubernetes.analyzers import Analyzer, Readable
from midwatch.diagnosis.kubernetes.cluster import TYPES, AnyObject, Cluster
from midwatch.domain.evidence import Citation, Evidence
from midwatch.domain.observation import LogLines
from midwatch.domain.question import Question
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.pod import Pod

_PACKAGE = "midwatch.diagnosis.kubernetes"


class RecordedCluster(Cluster):
    """A cluster that notes the kinds it is asked for; neither those of its own index nor those of its clock."""

    def __init__(self, evidence: Sequence[Evidence], question: Question | None = None) -> None:
        self.read: set[Readable] = set()
        super().__init__(evidence, question or Question())
        self.read.clear()

    def all(self, type_: type[AnyObject], namespace: str | None = None) -> Sequence[AnyObject]:
        self.read.add(type_)
        return super().all(type_, namespace)

    def get(self, type_: type[AnyObject], namespace: str, name: str) -> AnyObject | None:
        self.read.add(type_)
        return super().get(type_, namespace, name)

    def is_complete(self, type_: type[Object], namespace: str = "") -> bool:
        self.read.add(type_)
        return super().is_complete(type_, namespace)

    def cite_scope(self, type_: type[Object], namespace: str = "") -> Citation:
        self.read.add(type_)
        return super().cite_scope(type_, namespace)

    def events(self, obj: Object | Subject, *reasons: str) -> list[Event]:
        self.read.add(Event)
        return super().events(obj, *reasons)

    def log(self, pod: Pod, container: str, *, previous: bool = False) -> LogLines | None:
        self.read.add(LogLines)
        return super().log(pod, container, previous=previous)

    def logs(self) -> Iterator[LogLines]:
        self.read.add(LogLines)
        return super().logs()

    @cached_property
    def series(self) -> Sequence[Series]:
        self.read.add(Series)
        return super().series

    @cached_property
    def now(self) -> Any:
        with self.unnoticed():
            return super().now

    @contextmanager
    def unnoticed(self) -> Iterator[None]:
        before = set(self.read)
        yield
        self.read = before


def undeclared(analyzer: Analyzer, evidence: Sequence[Evidence]) -> list[str]:
    """The kinds that the analyzer looks at in a cluster that nobody looked at before, and does not declare."""
    seen = RecordedCluster(evidence)
    list(analyzer.find(seen))
    list(analyzer.asks(seen))
    return sorted(kind.__name__ for kind in seen.read - set(analyzer.reads))


def reachable(analyzer: Analyzer) -> set[Readable]:
    """The kinds that are named anywhere in the code that the analyzer can call."""
    reach = _Reach()
    reach.follow(analyzer.find)
    reach.follow(analyzer.asks)
    return reach.kinds


class _Reach:
    """Names in compiled code, followed through the functions, classes and tables of the package that they stand for."""

    _MEMBERS: Mapping[str, Readable] = {
        **dict.fromkeys(("events", "cite_event"), Event),
        **dict.fromkeys(("log", "logs", "cite_log"), LogLines),
        "series": Series,
    }

    def __init__(self) -> None:
        self.kinds: set[Readable] = set()
        self._met: set[int] = set()

    def follow(self, value: Any) -> None:
        if id(value) in self._met:
            return
        self._met.add(id(value))
        if wrapped := getattr(value, "__wrapped__", None) or getattr(value, "func", None):
            self.follow(wrapped)
        elif isinstance(value, FunctionType) and value.__module__.startswith(_PACKAGE):
            self._names(value.__code__, value.__globals__)
        elif isinstance(value, type):
            self._class(value)
        elif isinstance(value, (tuple, list, frozenset, dict)):
            parts = (*value.keys(), *value.values()) if isinstance(value, dict) else value
            for part in parts:
                self.follow(part)

    def _class(self, value: type) -> None:
        if issubclass(value, Object):
            self.kinds.add(value)
        elif value.__module__.startswith(_PACKAGE) and value is not Cluster:
            for member in vars(value).values():
                self.follow(getattr(member, "fget", member))

    def _names(self, code: CodeType, known: Mapping[str, Any]) -> None:
        for name in code.co_names:
            if name in self._MEMBERS:
                self.kinds.add(self._MEMBERS[name])
            self.follow(getattr(vars(Cluster).get(name), "func", vars(Cluster).get(name)))
            if known.get(name) is not TYPES:  # the table of all kinds, by which evidence is decoded
                self.follow(known.get(name))
        for inner in code.co_consts:
            if isinstance(inner, CodeType):
                self._names(inner, known)
