"""The cluster as the evidence shows it: what the analyzers read, and how they cite it. Pure; nothing here asks
anybody."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property, wraps
from typing import TypeVar

import msgspec

from midwatch.analysis.series import Series, decode, quote
from midwatch.domain.evidence import Citation, Evidence
from midwatch.domain.observation import AlertText, LogLines, Measurements, Resources
from midwatch.domain.question import Question
from midwatch.domain.snapshot import Snapshot
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects import custom
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.kinds import ALL
from midwatch.integrations.kubernetes.objects.meta import Metadata, Object
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.saved_objects import SAVED
from midwatch.integrations.kubernetes.objects.selectors import subset

AnyObject = TypeVar("AnyObject", bound=Object)
Fact = TypeVar("Fact")
# All that evidence lists: what the API serves, and what people save beside it.
TYPES: dict[str, type[Object]] = {plural: one.type for plural, one in (*ALL.items(), *SAVED.items())}
TYPES[custom.PLURAL] = custom.CustomResource
PLURAL: dict[str, str] = {type_.__name__: plural for plural, type_ in TYPES.items()}
_Body = tuple[str, bytes]  # plural, JSON
Key = tuple[str, str, str]  # kind, namespace, name
_NEVER = datetime.min.replace(tzinfo=UTC)
_TEMPLATE_HASH = "pod-template-hash"
# The API server's alphabet for hashes has no vowels and no 0, 1, 3; a digit among its letters tells them from a word.
_HASHED = re.compile(r"(.+)-(?=[a-z]*[2-9])[bcdfghjklmnpqrstvwxz2456789]{6,10}")
_REPLICA = re.compile(_HASHED.pattern + "-[bcdfghjklmnpqrstvwxz2456789]{5}")
_NOTHING = Question()


class Cluster:
    """Objects by kind and name, events and logs by the object they are about, each with the Evidence that holds it.

    `before` is the cluster as the same investigation saw it a round earlier: its objects are only ever read, so what
    was decoded then is shared.
    """

    def __init__(
        self, evidence: Sequence[Evidence], question: Question = _NOTHING, before: "Cluster | None" = None
    ) -> None:
        self.evidence, self.question = tuple(evidence), question
        self._decoded: dict[_Body, Sequence[Object]] = {}
        self._facts: dict[Callable[[Cluster], object], object] = {}
        self._objects: dict[str, dict[Key, Object]] = defaultdict(dict)
        self._ordered: dict[str, list[Object]] = {}
        self._placed: dict[str, dict[str, list[Object]]] = {}  # the same by namespace
        self._owners: dict[Key, Subject] = {}
        self._tops: dict[tuple[str, str, str, str], Subject] = {}
        self._source: dict[Key, str] = {}
        self._whole: dict[str, dict[str, str]] = defaultdict(dict)  # plural → scope → evidence that lists it completely
        self._listed: set[str] = set()  # plurals of which something was read, if only in part
        self._logs: dict[tuple[str, str, str, bool], Evidence] = {}
        self._measured: list[Evidence] = []
        self._events: dict[Key, list[Event]] = defaultdict(list)
        for item in evidence:
            self._take(item, before._decoded if before else {})
        for event in self.all(Event):
            about = event.involved_object
            self._events[about.kind, about.namespace or "", about.name].append(event)
        for events in self._events.values():
            events.sort(key=lambda e: (e.last or _NEVER, e.name))
        saved = [e.snapshot for e in evidence if e.snapshot]
        self.snapshot: Snapshot | None = max(saved, key=lambda s: s.at, default=None)
        self.taken_at = max((e.taken_at for e in evidence if not isinstance(e.observation, AlertText)), default=_NEVER)

    def _take(self, item: Evidence, known: Mapping[_Body, Sequence[Object]]) -> None:
        seen = item.observation
        if isinstance(seen, LogLines):
            self._logs[seen.namespace, seen.name, seen.container, seen.previous] = item
        elif isinstance(seen, Measurements):
            self._measured.append(item)
        elif isinstance(seen, Resources) and seen.resource in TYPES:
            self._listed.add(seen.resource)
            body = (seen.resource, seen.body)
            objects = known.get(body)
            self._decoded[body] = _objects(*body) if objects is None else objects
            found = {_key(obj): obj for obj in self._decoded[body]}
            self._objects[TYPES[seen.resource].__name__] |= found
            self._source |= dict.fromkeys(found, item.id)
            for scope in seen.whole if seen.partial else (seen.scope,):
                self._whole[seen.resource][scope] = item.id

    # -- objects

    def all(self, type_: type[AnyObject], namespace: str | None = None) -> Sequence[AnyObject]:
        """All objects of a kind in a stable order (namespace, name); of one namespace, if named."""
        kind = type_.__name__
        if kind not in self._ordered:
            found = self._objects.get(kind, {})
            self._ordered[kind] = [found[key] for key in sorted(found)]
        ordered: Sequence[AnyObject] = self._ordered[kind]  # pyright: ignore[reportAssignmentType]
        if namespace is None:
            return ordered
        if kind not in self._placed:
            placed = self._placed[kind] = defaultdict(list)
            for obj in ordered:
                placed[obj.metadata.namespace].append(obj)
        return self._placed[kind].get(namespace, ())  # pyright: ignore[reportReturnType]

    def all_objects(self) -> Iterator[Object]:
        """All that was read of any kind, for statements that are no kind's own."""
        for kind in sorted(self._objects):
            yield from (self._objects[kind][key] for key in sorted(self._objects[kind]))

    def get(self, type_: type[AnyObject], namespace: str, name: str) -> AnyObject | None:
        return self._objects.get(type_.__name__, {}).get((type_.__name__, namespace, name))  # pyright: ignore[reportReturnType]

    def has_name(self, name: str) -> bool:
        """Whether any object, of any kind, is called so."""
        return any(key[2] == name for found in self._objects.values() for key in found)

    def is_complete(self, type_: type[Object], namespace: str = "") -> bool:
        """True when every object of the kind in the namespace was read, so that absence is a fact."""
        scopes = self._whole.get(PLURAL[type_.__name__], {})
        return "" in scopes or (bool(namespace) and namespace in scopes)

    def was_listed(self, type_: type[Object]) -> bool:
        """Whether objects of the kind were asked for and answered, all or some (the warnings among the events)."""
        return PLURAL[type_.__name__] in self._listed

    def missing(self, type_: type[Object], namespace: str, name: str) -> bool:
        """True only when the absence is proved; False when it exists or nobody knows."""
        return self.is_complete(type_, namespace) and self.get(type_, namespace, name) is None

    @cached_property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces of everything that was read, sorted."""
        return tuple(sorted({key[1] for found in self._objects.values() for key in found if key[1]}))

    @cached_property
    def now(self) -> datetime:
        """The time of the evidence: of a saved state its own clock, else the newest time that it speaks of, or when it
        was taken.

        Never the machine's clock: the same evidence must give the same answer tomorrow.
        """
        if self.snapshot:
            return self.snapshot.at
        spoken = [e.last for e in self.all(Event) if e.last]
        spoken += [
            c.last_transition_time
            for pod in self.all(Pod)
            for c in pod.status.conditions or ()
            if c.last_transition_time
        ]
        return max(spoken, default=self.taken_at)

    @cached_property
    def clock(self) -> datetime:
        """What ages are measured against. Without any event, `now` would be the newest change of a pod: a fault that is
        the last thing that happened would stay young for ever."""
        return self.now if self._events or self.snapshot else self.taken_at

    @cached_property
    def knows_young(self) -> bool:
        """Whether an object can be known to be young. A saved list without events, heartbeats or printed ages may have
        been saved long after the last thing that changed in it."""
        return self.snapshot is None or self.snapshot.exact

    def fact(self, compute: "Callable[[Cluster], Fact]") -> "Fact":
        """What `compute` gives for this cluster, kept for as long as the cluster is. Not called by two threads."""
        if compute not in self._facts:
            self._facts[compute] = compute(self)
        return self._facts[compute]  # pyright: ignore[reportReturnType]

    # -- owners and pods

    def owner(self, obj: Object) -> Subject:
        """The workload a person would name: up the controllers' chain as far as it is known, or by name where a link is
        missing."""
        key = _key(obj)
        if key not in self._owners:
            self._owners[key] = self._above(obj)
        return self._owners[key]

    def _above(self, obj: Object) -> Subject:
        """Replicas have all that leads to their workload in common: it is followed once for each controller, not for
        each pod."""
        parent = _controller(obj.metadata)
        if parent is None:
            return _by_name(obj)
        siblings = (parent.kind, obj.namespace, parent.name, obj.labels.get(_TEMPLATE_HASH, ""))
        if siblings not in self._tops:
            self._tops[siblings] = self._top(obj)
        return self._tops[siblings]

    def _top(self, obj: Object) -> Subject:
        meta, kind, namespace, name = obj.metadata, obj.kind, obj.namespace, obj.name
        for _ in range(4):
            parent = _controller(meta)
            if parent is None:
                break
            kind, name = parent.kind, parent.name
            known = self._objects.get(kind, {}).get((kind, namespace, name))
            if known is None:
                return _deployment(Subject(kind=kind, name=name, namespace=namespace), obj.labels)
            meta = known.metadata
        return Subject(kind=kind, name=name, namespace=namespace)

    def pods(self, selector: Mapping[str, str], namespace: str) -> list[Pod]:
        """Pods a plain (Service-style) selector matches; an empty selector matches none."""
        return [p for p in self.pods_in(namespace) if selector and subset(selector, p.labels)]

    def pods_in(self, namespace: str) -> Sequence[Pod]:
        return self._pods_by_namespace.get(namespace, ())

    @cached_property
    def _pods_by_namespace(self) -> dict[str, list[Pod]]:
        found: dict[str, list[Pod]] = defaultdict(list)
        for pod in self.all(Pod):
            found[pod.namespace].append(pod)
        return found

    def pods_of(self, owner: Subject) -> Sequence[Pod]:
        """The pods of a workload, in order of name."""
        return self.by_owner.get(owner, ())

    @cached_property
    def by_owner(self) -> Mapping[Subject, Sequence[Pod]]:
        """The pods of every workload; one that nothing controls is its own."""
        found: dict[Subject, list[Pod]] = defaultdict(list)
        for pod in self.all(Pod):
            found[self.owner(pod)].append(pod)
        return found

    # -- events and logs

    def events(self, obj: Object | Subject, *reasons: str) -> list[Event]:
        """Events about an object, oldest first; only of the named reasons, if any."""
        known = self._events.get(_key(obj) if isinstance(obj, Object) else (obj.kind, obj.namespace, obj.name))
        return [e for e in known if not reasons or e.reason in reasons] if known else []

    def log(self, pod: Pod, container: str, *, previous: bool = False) -> LogLines | None:
        """The log that was read, or None when it was not; of a container that a table does not name, the pod's only
        one."""
        found = self._logs.get((pod.namespace, pod.name, container, previous))
        if found is None and not container:
            own = [e for key, e in self._logs.items() if key[:2] == (pod.namespace, pod.name) and key[3] == previous]
            found = own[0] if len(own) == 1 else None
        return found.observation if found and isinstance(found.observation, LogLines) else None

    def logs(self) -> Iterator[LogLines]:
        """Of pods."""
        yield from (log for log in self._all_logs() if log.namespace)

    def unnamed_logs(self) -> Iterator[LogLines]:
        """What is no pod's, and so of no namespace: journals of nodes, and logs of which nothing tells who wrote
        them. SavedLog says which."""
        yield from (log for log in self._all_logs() if not log.namespace)

    def _all_logs(self) -> Iterator[LogLines]:
        for key in sorted(self._logs):
            seen = self._logs[key].observation
            if isinstance(seen, LogLines):
                yield seen

    # -- measurements

    @cached_property
    def series(self) -> Sequence[Series]:
        """Everything that was measured over time."""
        return tuple(self._series_source)

    @cached_property
    def _series_source(self) -> dict[Series, str]:
        found = ((item, item.observation) for item in self._measured)
        return {s: item.id for item, seen in found if isinstance(seen, Measurements) for s in decode(seen.body)}

    # -- citing

    def cite(self, obj: Object, quote: str = "") -> Citation:
        """The object as it was seen; `quote` must be text that stands in it."""
        return Citation(evidence=self._source[_key(obj)], subject=obj.subject, quote=quote)

    def cite_event(self, event: Event, quote: str = "") -> Citation:
        return self.cite(event, quote or event.message or event.reason or "")

    def cite_log(self, log: LogLines, quote: str) -> Citation:
        found = self._logs[log.namespace, log.name, log.container, log.previous]
        return Citation(evidence=found.id, quote=quote)

    def cite_series(self, series: Series, values: Sequence[float | None] = ()) -> Citation:
        """The series; `values` must follow one another in it."""
        subject = Subject(kind="Series", name=series.name, namespace=series.namespace)
        return Citation(evidence=self._series_source[series], subject=subject, quote=quote(values))

    def cite_absence(self, type_: type[Object], namespace: str, name: str) -> Citation:
        """That an object does not exist; only after `missing()` was True."""
        scopes = self._whole[PLURAL[type_.__name__]]
        subject = Subject(kind=type_.__name__, name=name, namespace=namespace)
        return Citation(evidence=scopes.get(namespace) or scopes[""], subject=subject, absent=True)

    def cite_scope(self, type_: type[Object], namespace: str = "") -> Citation:
        """The whole list of a kind: for statements such as "no pod matches"."""
        scopes = self._whole.get(PLURAL[type_.__name__], {})
        return Citation(evidence=scopes.get(namespace) or scopes.get("") or next(iter(scopes.values())))


def fact(compute: Callable[[Cluster], Fact]) -> Callable[[Cluster], Fact]:
    """What is computed from a whole cluster, once for all analyzers that ask. The cluster keeps it and nothing else
    does."""

    @wraps(compute)
    def kept(cluster: Cluster) -> Fact:
        return cluster.fact(compute)

    return kept


def _objects(resource: str, body: bytes) -> Sequence[Object]:
    return msgspec.json.decode(body, type=list[TYPES[resource]])


def _key(obj: Object) -> Key:
    """Straight from the fields: it is asked for a dozen times of each of thousands of pods, and properties cost as much
    again."""
    meta = obj.metadata
    return (type(obj).__name__, meta.namespace, meta.name)


def _controller(meta: Metadata):
    owners = meta.owner_references
    if not owners or owners[0].controller:  # of thousands of pods nearly each has one owner, which controls it
        return owners[0] if owners else None
    return next((o for o in owners if o.controller), owners[0])


def _by_name(obj: Object) -> Subject:
    """A description may lack `Controlled By`; an object of the API server has a uid, and then has no owner."""
    return obj.subject if obj.metadata.uid else named_owner(obj.subject)


def named_owner(subject: Subject) -> Subject:
    """The Deployment of a pod or a ReplicaSet of which only the name is known; else the object itself."""
    match = _REPLICA.fullmatch(subject.name) if subject.kind == "Pod" else None
    if match:
        return Subject(kind="Deployment", name=match[1], namespace=subject.namespace)
    return _deployment(subject, {})


def _deployment(subject: Subject, labels: Mapping[str, str]) -> Subject:
    """A ReplicaSet that was not read still tells its Deployment by name: `<deployment>-<pod-template-hash>`. A table
    shows no labels: there the alphabet of the hash tells it."""
    if subject.kind != "ReplicaSet":
        return subject
    if hash_ := labels.get(_TEMPLATE_HASH, ""):
        name = subject.name.removesuffix(f"-{hash_}")
    else:
        match = _HASHED.fullmatch(subject.name)
        name = match[1] if match else subject.name
    return subject if name == subject.name else Subject(kind="Deployment", name=name, namespace=subject.namespace)
