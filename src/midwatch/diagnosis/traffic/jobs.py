"""Jobs of the cluster: client, start and end, from lists of Jobs and Pods."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

import msgspec

from midwatch.diagnosis.traffic.config import JobSearch
from midwatch.domain.evidence import Citation, Evidence
from midwatch.domain.observation import Resources
from midwatch.domain.subject import Subject

_FIELDS = ("client", "type", "user", "locator")
_OWNERS = ("batch.kubernetes.io/job-name", "job-name")

T = TypeVar("T")


@dataclass(frozen=True)
class RefreshJob:
    """One job. `state` is running, succeeded, failed or waiting; `ended` is None while it runs. `client` is "" if
    unknown."""

    evidence: str
    namespace: str
    name: str
    state: str
    began: datetime | None
    ended: datetime | None
    client: str = ""
    type: str = ""
    user: str = ""
    locator: str = ""
    pods: tuple[tuple[str, str], ...] = ()  # name, and the container whose log is read

    @property
    def subject(self) -> Subject:
        return Subject(kind="Job", name=self.name, namespace=self.namespace)

    def cite(self, quote: str = "") -> Citation:
        return Citation(evidence=self.evidence, quote=quote, subject=self.subject)

    @property
    def seconds(self) -> float | None:
        return (self.ended - self.began).total_seconds() if self.began and self.ended else None


class _Env(msgspec.Struct):
    name: str = ""
    value: str | None = None


class _Container(msgspec.Struct):
    name: str = ""
    env: list[_Env] | None = None


class _PodSpec(msgspec.Struct):
    containers: list[_Container] | None = None


class _Meta(msgspec.Struct):
    name: str = ""
    namespace: str = ""
    labels: dict[str, str] | None = None


class _Template(msgspec.Struct):
    spec: _PodSpec = msgspec.field(default_factory=_PodSpec)


class _JobSpec(msgspec.Struct):
    template: _Template = msgspec.field(default_factory=_Template)


class _Condition(msgspec.Struct):
    type: str = ""
    status: str = ""
    lastTransitionTime: datetime | None = None  # noqa: N815  the API server's own spelling


class _Status(msgspec.Struct, rename="camel"):
    active: int | None = None
    succeeded: int | None = None
    failed: int | None = None
    start_time: datetime | None = None
    completion_time: datetime | None = None
    conditions: list[_Condition] | None = None


class _Job(msgspec.Struct):
    metadata: _Meta = msgspec.field(default_factory=_Meta)
    spec: _JobSpec = msgspec.field(default_factory=_JobSpec)
    status: _Status = msgspec.field(default_factory=_Status)


class _Pod(msgspec.Struct):
    metadata: _Meta = msgspec.field(default_factory=_Meta)
    spec: _PodSpec = msgspec.field(default_factory=_PodSpec)


def jobs(evidence: Sequence[Evidence], search: JobSearch) -> tuple[RefreshJob, ...]:
    """All listed jobs, oldest first."""
    pods = dict(_pods(evidence))
    found = [_job(item.id, made, pods, search) for item in _lists(evidence, "jobs") for made in _decoded(item, _Job)]
    return tuple(
        sorted(found, key=lambda j: (j.began is None, j.began.timestamp() if j.began else 0.0, j.namespace, j.name))
    )


def _job(evidence: str, made: _Job, pods: dict[tuple[str, str], list[_Pod]], search: JobSearch) -> RefreshJob:
    status, meta = made.status, made.metadata
    over = next((c for c in status.conditions or () if c.type in ("Complete", "Failed") and c.status == "True"), None)
    state = "waiting" if status.start_time is None else "running"
    if over:
        state = "succeeded" if over.type == "Complete" else "failed"
    ended = (status.completion_time or over.lastTransitionTime) if over else status.completion_time
    its_pods = pods.get((meta.namespace, meta.name), [])
    named = tuple((p.metadata.name, _main(p)) for p in its_pods)
    job = RefreshJob(evidence, meta.namespace, meta.name, state, status.start_time, ended, pods=named)
    return replace(job, **_fields([made.spec.template.spec, *(p.spec for p in its_pods)], search))


def _main(pod: _Pod) -> str:
    """Name of the first of several containers; "" for a pod with only one."""
    containers = pod.spec.containers or ()
    return containers[0].name if len(containers) > 1 else ""


def _fields(specs: Sequence[_PodSpec], search: JobSearch) -> dict[str, str]:
    """Job fields from the environment variables, and from the pattern of the locator."""
    env = {e.name: e.value for spec in specs for c in spec.containers or () for e in c.env or () if e.value}
    found = {ours: env[theirs] for ours, theirs in search.environment.items() if ours in _FIELDS and theirs in env}
    if search.locator and (match := re.search(search.locator, found.get("locator", ""))):
        found = {k: v for k, v in match.groupdict().items() if k in _FIELDS and v} | found
    return found


def _pods(evidence: Sequence[Evidence]) -> Iterator[tuple[tuple[str, str], list[_Pod]]]:
    owned: dict[tuple[str, str], list[_Pod]] = {}
    for item in _lists(evidence, "pods"):
        for pod in _decoded(item, _Pod):
            labels = pod.metadata.labels or {}
            if owner := next((labels[o] for o in _OWNERS if o in labels), ""):
                owned.setdefault((pod.metadata.namespace, owner), []).append(pod)
    yield from owned.items()


def _lists(evidence: Sequence[Evidence], resource: str) -> Iterator[Evidence]:
    for item in evidence:
        if isinstance(item.observation, Resources) and item.observation.resource == resource:
            yield item


def _decoded(item: Evidence, kind: type[T]) -> list[T]:
    return msgspec.json.decode(item.text.encode(), type=list[kind])
