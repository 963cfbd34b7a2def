"""A cluster held in memory: objects, logs, who may read what, and what the server shall answer wrongly for a test."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from midwatch.integrations.kubernetes.fake.resources import OPTIONAL, RESOURCES, Resource, resource_of

Thing = dict[str, Any]


@dataclass(frozen=True)
class Stored:
    """One object, already encoded: without kind and apiVersion, as the server writes the items of a list."""

    key: str
    namespace: str
    name: str
    labels: Mapping[str, str]
    body: bytes

    def decode(self) -> Thing:
        return msgspec.json.decode(self.body)


@dataclass(frozen=True)
class FakeRequest:
    method: str
    path: str
    query: str
    status: int
    sent: int  # bytes of the body, as they went over the wire


@dataclass(frozen=True)
class FaultRule:
    """Allows or forbids; "*" means any. The namespace "" is the cluster scope. The last rule that fits decides."""

    allowed: bool
    verb: str
    resource: str
    namespace: str

    def fits(self, verb: str, resource: str, namespace: str) -> bool:
        return self.verb in ("*", verb) and self.resource in ("*", resource) and self.namespace in ("*", namespace)


@dataclass
class FakeApiTrouble:
    """An answer that is not the truth: for paths that fit the pattern, so many times. Without a status only the
    delay."""

    path: str
    status: int = 0
    message: str = ""
    retry_after: int | None = None
    delay: float = 0.0
    times: int = -1  # -1: always


@dataclass(frozen=True)
class Log:
    """Text of one run of a container; line n was written at `start` + n × `step`."""

    text: str
    start: datetime
    step: timedelta = timedelta(seconds=1)

    def lines(self) -> Iterator[tuple[datetime, str]]:
        for n, line in enumerate(self.text.splitlines(keepends=True)):
            yield self.start + n * self.step, line


@dataclass
class FakeCluster:
    """What a server built on it knows. `now` fixes the time that ages are counted from; None is the machine's clock."""

    now: datetime | None = None
    version: str = "v1.34.2"
    tokens: dict[str, str] = field(default_factory=dict[str, str])  # bearer token → user; none: everybody is `user`
    user: str = "system:serviceaccount:midwatch:midwatch"
    requests: list[FakeRequest] = field(default_factory=list[FakeRequest])
    writes: list[FakeRequest] = field(default_factory=list[FakeRequest])
    troubles: list[FakeApiTrouble] = field(default_factory=list[FakeApiTrouble])
    rules: list[FaultRule] = field(default_factory=lambda: [FaultRule(False, "*", "secrets", "*")])
    revision: int = 1000
    compacted: int = 1  # states up to this one are forgotten: their continue tokens have expired
    _keys: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    _stored: dict[str, dict[str, Stored]] = field(default_factory=dict[str, dict[str, Stored]])
    _logs: dict[tuple[str, str, str, bool], Log] = field(default_factory=dict[tuple[str, str, str, bool], Log])

    # -- objects

    def add(self, *objects: Thing) -> None:
        """Creates or replaces; a List is taken apart. What the server would fill in (uid, version, times) is filled in
        if absent."""
        for obj in objects:
            if obj["kind"].endswith("List") and "items" in obj:
                self.add(*obj["items"])
            else:
                self._put(obj)

    def _put(self, obj: Thing) -> None:
        resource = resource_of(obj["apiVersion"], obj["kind"])
        self.revision += 1
        meta = dict(obj.get("metadata") or {})
        namespace = str(meta.get("namespace") or "default") if resource.namespaced else ""
        meta |= {"namespace": namespace} if namespace else {}
        if resource.group != "metrics.k8s.io":
            meta.setdefault("uid", f"00000000-0000-4000-8000-{self.revision:012d}")
            meta.setdefault("resourceVersion", str(self.revision))
            meta.setdefault("creationTimestamp", self.clock().strftime("%Y-%m-%dT%H:%M:%SZ"))
        body = {"metadata": meta} | {k: v for k, v in obj.items() if k not in ("kind", "apiVersion", "metadata")}
        key = f"{namespace}/{meta['name']}" if namespace else str(meta["name"])
        self.put_encoded(
            resource.id, Stored(key, namespace, meta["name"], meta.get("labels") or {}, msgspec.json.encode(body))
        )

    def put_encoded(self, resource_id: str, stored: Stored) -> None:
        items = self._stored.setdefault(resource_id, {})
        if stored.key not in items:
            insort(self._keys.setdefault(resource_id, []), stored.key)
        items[stored.key] = stored

    def remove(self, resource_id: str, namespace: str, name: str) -> None:
        key = f"{namespace}/{name}" if namespace else name
        del self._stored[resource_id][key]
        self._keys[resource_id].remove(key)
        self.revision += 1

    def find(self, resource_id: str, namespace: str, name: str) -> Stored | None:
        return self._stored.get(resource_id, {}).get(f"{namespace}/{name}" if namespace else name)

    def get(self, resource_id: str, namespace: str, name: str) -> Thing:
        """The object as the API would show it, free to be changed and added again; raises KeyError."""
        found, resource = self.find(resource_id, namespace, name), RESOURCES[resource_id]
        if found is None:
            raise KeyError(f"{resource_id} {namespace}/{name}")
        return {"kind": resource.kind, "apiVersion": resource.api_version} | found.decode()

    def select(self, resource_id: str, namespace: str = "", after: str = "") -> Sequence[Stored]:
        """In the order of the server's store; those with keys not before `after`."""
        keys, items = self._keys.get(resource_id, []), self._stored.get(resource_id, {})
        first, end = 0, len(keys)
        if namespace and RESOURCES[resource_id].namespaced:
            first, end = (
                bisect_left(keys, namespace + "/"),
                bisect_left(keys, namespace + "0"),
            )  # "0" is what follows "/"
            after = f"{namespace}/{after}" if after else ""
        first = max(first, bisect_left(keys, after)) if after else first
        return [items[key] for key in keys[first:end]]

    def is_served(self, resource: Resource) -> bool:
        """Whether the group is installed: add-ons are there only with objects of theirs."""
        return resource.group not in OPTIONAL or any(
            self._stored.get(r.id) for r in RESOURCES.values() if r.group == resource.group
        )

    # -- logs

    def log(
        self,
        namespace: str,
        pod: str,
        container: str,
        text: str,
        *,
        previous: bool = False,
        start: datetime | None = None,
    ) -> None:
        """Without a start the last line was written just now."""
        start = start or self.clock() - timedelta(seconds=max(text.count("\n") - 1, 0))
        self._logs[namespace, pod, container, previous] = Log(text, start)

    def put_log(self, namespace: str, pod: str, container: str, log: Log, *, previous: bool = False) -> None:
        self._logs[namespace, pod, container, previous] = log

    def find_log(self, namespace: str, pod: str, container: str, *, previous: bool) -> Log | None:
        return self._logs.get((namespace, pod, container, previous))

    # -- rights and troubles

    def forbid(self, resource: str = "*", *, verb: str = "*", namespace: str = "*") -> None:
        """`resource` is a plural, or one with its subresource: "pods/log"."""
        self.rules.append(FaultRule(False, verb, resource, namespace))

    def allow(self, resource: str = "*", *, verb: str = "*", namespace: str = "*") -> None:
        self.rules.append(FaultRule(True, verb, resource, namespace))

    def permits(self, verb: str, resource: str, namespace: str) -> bool:
        """Reading is allowed unless forbidden; changing is forbidden unless allowed."""
        verdict = verb in ("get", "list", "watch")
        for rule in self.rules:
            if rule.fits(verb, resource, namespace):
                verdict = rule.allowed if verb in ("get", "list", "watch") or rule.verb == verb else verdict
        return verdict

    def trouble(self, path: str, status: int = 0, **how: Any) -> None:
        """`path` may hold * and ?; `how` are the fields of Trouble: message, retry_after, delay, times."""
        self.troubles.append(FakeApiTrouble(path, status, **how))

    def next_trouble(self, path: str) -> FakeApiTrouble | None:
        for trouble in self.troubles:
            if trouble.times != 0 and fnmatchcase(path, trouble.path):
                trouble.times -= trouble.times > 0
                return trouble
        return None

    # -- time and memory

    def clock(self) -> datetime:
        return self.now or datetime.now(UTC)

    def compact(self) -> None:
        """Forgets the past: every continue token issued so far has expired."""
        self.compacted = self.revision
        self.revision += 1

    def note(self, request: FakeRequest, *, write: bool) -> None:
        self.requests.append(request)
        if write:
            self.writes.append(request)


def load(objects: Iterable[Thing], now: datetime | None = None) -> FakeCluster:
    cluster = FakeCluster(now=now)
    cluster.add(*objects)
    return cluster
