"""Redacts the free text of objects, field by field, before they become evidence."""

from collections.abc import Iterable
from typing import Any, cast

import msgspec

from midwatch.integrations.kubernetes.objects.cluster import ConfigMap, Event, Secret
from midwatch.integrations.kubernetes.objects.meta import Condition, Metadata, Object
from midwatch.integrations.kubernetes.objects.network import Endpoints, EndpointSlice
from midwatch.integrations.kubernetes.objects.pod import Container, ContainerStatus, Pod, PodSpec, Probe
from midwatch.integrations.kubernetes.objects.saved_objects import FiringAlert
from midwatch.integrations.kubernetes.objects.workload import CronJob, Job, Workload
from midwatch.kit.longlines import cut_line
from midwatch.kit.redaction import redact_command, redact_label, redact_named, redact_value

_TOLERATED = frozenset({"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"})
# Written by `kubectl apply`: a second copy of the whole object, with every value it was given.
_NAMES_ONLY = (EndpointSlice, Endpoints)  # as long as a list of pods, and no words in it
_COPIES = ("kubectl.kubernetes.io/last-applied-configuration",)


def scrub(obj: Object) -> Object:
    """The same object, its secrets cut out in place; it was decoded for nobody else."""
    _metadata(obj.metadata)
    match obj:
        case Pod():
            _automatic(obj.spec)
            _spec(obj.spec)
            _conditions(obj.status.conditions)
            _statuses(obj.statuses)
            obj.status.message = _said(obj.status.message)
        case Workload():
            _metadata_labels(obj)
            _spec(obj.spec.template.spec)
            _conditions(obj.status.conditions)
        case Job():
            _spec(obj.spec.template.spec)
            _conditions(obj.status.conditions)
        case CronJob():
            _spec(obj.spec.job_template.spec.template.spec)
        case Event() | FiringAlert():
            obj.message = _said(obj.message)
        case ConfigMap():
            obj.data = {key: redact_named(key, value) for key, value in (obj.data or {}).items()}
            obj.binary_data = dict.fromkeys(obj.binary_data or {}, "")
        case Secret():
            obj.data = dict.fromkeys(obj.data or {}, "")
        case _:
            return _any_text(obj)
    return obj


def _any_text(obj: Object) -> Object:
    """Of kinds of which there are few: whatever text they hold. Their keys are the API's own, and call nothing a
    secret."""
    if isinstance(obj, _NAMES_ONLY):
        return obj
    raw = msgspec.to_builtins(obj)
    cut = _texts(raw)
    return obj if cut == raw else msgspec.convert(cut, type(obj))


def _texts(value: Any) -> Any:
    if isinstance(value, str):
        return redact_value(value)
    if isinstance(value, dict):
        return {key: _texts(inner) for key, inner in cast("dict[str, Any]", value).items()}
    return [_texts(inner) for inner in cast("list[Any]", value)] if isinstance(value, list) else value


def _said(message: str | None) -> str:
    """A message without its secrets, and without the middle of one that is far longer than the API server takes."""
    return cut_line(redact_value(message or ""))


def _metadata(meta: Metadata) -> None:
    if meta.labels:
        meta.labels = {k: redact_label(k, v) for k, v in meta.labels.items()}
    if meta.annotations:
        meta.annotations = {k: redact_named(k, v) for k, v in meta.annotations.items() if k not in _COPIES}


def _metadata_labels(obj: Workload) -> None:
    template = obj.spec.template.metadata
    if template.labels:
        template.labels = {k: redact_label(k, v) for k, v in template.labels.items()}
    if template.annotations:
        template.annotations = {k: redact_named(k, v) for k, v in template.annotations.items()}


def _automatic(spec: PodSpec) -> None:
    """Takes out what the API server puts into every pod: the token's volume and two tolerations are a third of what
    thousands of pods weigh, and no fault hides in them."""
    spec.volumes = [v for v in spec.volumes or () if not v.name.startswith("kube-api-access-")] or None
    spec.tolerations = [t for t in spec.tolerations or () if t.key not in _TOLERATED or t.effect != "NoExecute"] or None
    for container in spec.all_containers:
        container.volume_mounts = [
            m for m in container.volume_mounts or () if not m.name.startswith("kube-api-access-")
        ] or None


def _spec(spec: PodSpec) -> None:
    for container in spec.all_containers:
        _container(container)


def _container(container: Container) -> None:
    _command(container)
    if container.image and "@" in container.image:
        container.image = _image(container.image)
    for probe in (container.liveness_probe, container.readiness_probe, container.startup_probe):
        if probe:
            _probe(probe)
    for env in container.env or ():
        if env.value:
            env.value = redact_named(env.name, env.value)


def _command(container: Container) -> None:
    """Command and arguments are one line: `--password x` may be two words, one in each, and `-pX` is a password of
    mysql's."""
    first = len(container.command or ())
    words = [*(container.command or ()), *(container.args or ())]
    if words:
        program = "" if first else (container.image or "").rpartition("/")[2].partition(":")[0]
        cut = redact_command(words, program)
        container.command = cut[:first] if container.command else container.command
        container.args = cut[first:] if container.args else container.args


def _image(image: str) -> str:
    """`user:password@registry/app:1`; what stands after an @ otherwise is a digest."""
    login, _, rest = image.rpartition("@")
    if rest.startswith("sha"):
        return f"{_image(login)}@{rest}" if "@" in login else image
    return redact_value(image) if "://" in login else f"[REDACTED:registry-login]@{rest}"


def _probe(probe: Probe) -> None:
    if probe.http_get:
        probe.http_get.path = redact_value(probe.http_get.path or "")
        probe.http_get.host = redact_value(probe.http_get.host or "")
    if probe.exec and probe.exec.command:
        probe.exec.command = redact_command(probe.exec.command)


def _conditions(conditions: Iterable[Condition] | None) -> None:
    for condition in conditions or ():
        if condition.message:
            condition.message = _said(condition.message)


def _statuses(statuses: Iterable[ContainerStatus]) -> None:
    for status in statuses:
        if "@" in status.image:
            status.image = _image(status.image)
        for state in (status.state, status.last_state):
            if state.waiting and state.waiting.message:
                state.waiting.message = _said(state.waiting.message)
            if state.terminated and state.terminated.message:
                state.terminated.message = _said(state.terminated.message)
