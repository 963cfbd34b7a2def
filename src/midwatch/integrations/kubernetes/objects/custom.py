"""Any object of which only the status is read, whatever its kind: conditions, phase, health and the errors in it.

One form for all of them: custom resources of operators, API services, volume attachments. What is read of a spec are
the references to the objects that it stands on (custom_resources.yaml).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, cast

import msgspec

from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.meta import Object, Struct, Time
from midwatch.kit import fast_yaml
from midwatch.kit.longlines import cut_line

PLURAL = "custom_resources"
_METADATA = (
    *("namespace", "uid", "generation", "labels", "creationTimestamp", "deletionTimestamp", "ownerReferences"),
    "resourceVersion",
)
_STATES = frozenset({"phase", "state", "status", "health", "robustness", "verdict"})
# Fields of a status in which controllers write what went wrong: attachError, lastError, failureMessage, errors.
_ERROR_FIELD = re.compile(r"(?i)(?:error|failure)(?:s|message|reason)?$")
_SAID = ("message", "reason", "description", "phaseReason")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)")
_NAME = re.compile(r"(?!\.\.?$)[^/%\s]{1,253}")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}")
_MOST_CONDITIONS = 40  # of one object; those of listeners and parents included

Json = dict[str, Any]


class StatusCondition(Struct):
    """`part` names what within the object it is about: a listener, a parent."""

    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    severity: str = ""
    last_transition_time: Time | None = None
    part: str = ""


class StatusReference(Struct):
    kind: str = ""
    name: str = ""
    namespace: str = ""


class CustomResource(Object):
    """`metadata.name` is kind, group and name, as objects of several kinds stand in one list.

    `states`: field of the status → its value (phase, health.status). `errors`: field → the error that it holds.
    `failures`: results that failed, of a report. `writes` is the Secret that it is to write.
    """

    object_kind: str = ""
    object_group: str = ""
    object_name: str = ""
    conditions: list[StatusCondition] | None = None
    states: dict[str, str] | None = None
    errors: dict[str, str] | None = None
    said: str = ""
    failures: int = 0
    references: list[StatusReference] | None = None
    writes: str = ""
    suspended: bool = False

    @property
    def about(self) -> Subject:
        """The object as people name it."""
        return Subject(kind=self.object_kind, name=self.object_name, namespace=self.namespace)

    @property
    def resource(self) -> str:
        """As kubectl takes it: `certificate.cert-manager.io`."""
        kind = self.object_kind.lower()
        return f"{kind}.{self.object_group}" if self.object_group else kind


def custom_resource(raw: Mapping[str, Any], kind: str = "", api: str = "") -> Json | None:
    """What is read of the object, in the form of CustomResource; None for one without a status or a name.

    `kind` and `api` (group and version) are those of the list that it stands in.
    """
    kind, api = _text(raw.get("kind")) or kind, _text(raw.get("apiVersion")) or api
    meta, status = _map(raw.get("metadata")), _map(raw.get("status"))
    name, summary = _text(meta.get("name")), _map(raw.get("summary"))
    if not _KIND.fullmatch(kind) or not _NAME.fullmatch(name) or not name.isprintable() or not (status or summary):
        return None
    group = api.rpartition("/")[0]
    found: Json = {
        "metadata": {k: meta[k] for k in _METADATA if meta.get(k)} | {"name": f"{kind}.{group}/{name}"},
        "objectKind": kind,
        "objectGroup": group,
        "objectName": name,
        "conditions": list(_conditions(status))[:_MOST_CONDITIONS],
        "states": dict(_states(status)),
        "errors": dict(_errors(status)),
        "said": next((cut_line(said) for key in _SAID if (said := _text(status.get(key)))), ""),
        "failures": sum(n for key in ("fail", "error") if isinstance(n := summary.get(key), int)),
    }
    if found["failures"]:
        found["said"] = _first_failure(raw)
    return found | _of_spec(kind, _map(raw.get("spec")), _text(meta.get("namespace")))


def _map(value: Any) -> Json:
    return cast(Json, value) if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _conditions(status: Json) -> Iterator[Json]:
    """Of the object, then of its parts, as a Gateway has them by listener and a route by parent."""
    yield from (_condition(c, "") for c in _listed(status.get("conditions")))
    for field, value in status.items():
        if field != "conditions":
            for part in _items(value) if isinstance(value, list) else [value]:
                name = _text(_map(part).get("name")) or _text(_map(_map(part).get("parentRef")).get("name"))
                yield from (_condition(c, name) for c in _listed(_map(part).get("conditions")))


def _listed(value: Any) -> list[Json]:
    """Conditions as a list, or, as Longhorn once wrote them, by their type."""
    if isinstance(value, dict):
        return [{"type": name, **_map(fields)} for name, fields in _map(value).items() if isinstance(fields, dict)]
    return [_map(c) for c in _items(value) if _map(c).get("type")]


def _condition(raw: Json, part: str) -> Json:
    fields = {k: cut_line(str(raw[k])) for k in ("type", "status", "reason", "message", "severity") if raw.get(k)}
    if isinstance(raw.get("status"), bool):
        fields["status"] = str(raw.get("status"))  # YAML without quotes
    when = next((w for k in ("lastTransitionTime", "lastUpdateTime") if (w := _when(raw.get(k)))), "")
    return fields | ({"lastTransitionTime": when} if when else {}) | ({"part": part} if part else {})


def _when(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    text = _text(value)
    if not _TIME.fullmatch(text):
        return ""
    return f"{text[:-2]}:{text[-2:]}" if text[-5] in "+-" else text  # Strimzi writes +0000


def _states(status: Json) -> Iterator[tuple[str, str]]:
    """`phase: Failed`, `health: {status: Degraded}`, `ceph: {health: HEALTH_ERR}`."""
    for field, value in status.items():
        if field in _STATES and isinstance(value, str) and value:
            yield field, value
        for inner, deeper in _map(value).items():
            if inner in _STATES and isinstance(deeper, str) and deeper and (field in _STATES or inner == "health"):
                yield f"{field}.{inner}", deeper


def _errors(status: Json) -> Iterator[tuple[str, str]]:
    for field, value in status.items():
        if _ERROR_FIELD.search(field) and (said := _words(value)):
            yield field, cut_line(said)
    for field, value in status.items():  # beside a nested state: health.message, ceph.details.MON_DOWN.message
        beside = [_text(_map(value).get("message")), *map(_words, _map(_map(value).get("details")).values())]
        if (field in _STATES or _map(value).get("health")) and (said := next(filter(None, beside), "")):
            yield f"{field}.message", cut_line(said)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return _text(_map(value).get("message"))
    return next((said for one in _items(value) if (said := _words(one))), "") or _text(value)


def _first_failure(raw: Mapping[str, Any]) -> str:
    failed = (r for r in _items(raw.get("results")) if _map(r).get("result") in ("fail", "error"))
    return next((cut_line(said) for r in failed if (said := _text(r.get("message")))), "")


# -- what stands in the spec


@cache
def catalogue() -> Mapping[str, Any]:
    """custom_resources.yaml: references in specs, labels of what is deployed, the API server's own groups."""
    text = files(__package__ or "").joinpath("custom_resources.yaml").read_text("utf-8")
    return cast("Mapping[str, Any]", fast_yaml.load(text))


def _of_spec(kind: str, spec: Json, namespace: str) -> Json:
    found: Json = {"suspended": spec.get("suspend") is True or spec.get("paused") is True}
    found["references"] = [r for path in catalogue()["references"] for r in _references(spec, path, kind, namespace)]
    secret = next(
        (s for path in catalogue()["secrets"].get(kind, ()) for s in _at(spec, path) if isinstance(s, str)), ""
    )
    return found | {"writes": secret}


def _references(spec: Json, path: Mapping[str, str], kind: str, namespace: str) -> Iterator[Json]:
    """`kind` stands for a reference that names none and is to the object's own (`dependsOn`)."""
    for value in _at(spec, path["path"]):
        for one in _items(value) if isinstance(value, list) else [value]:
            fields = _map(one)
            name = _text(fields.get("name"))
            target = _text(fields.get("kind")) or path.get("kind", "") or kind
            if name and _KIND.fullmatch(target):
                place = _text(fields.get("namespace")) or namespace
                cluster_wide = target in catalogue()["cluster_wide"]
                yield {"kind": target, "name": name, "namespace": "" if cluster_wide else place}


def _at(value: Any, path: str) -> Iterator[Any]:
    for step in path.split("."):
        value = _map(value).get(step)
    if value:
        yield value


def decode_resource(raw: Json) -> CustomResource | None:
    """None where a field has a form that no object has."""
    try:
        return msgspec.convert(raw, CustomResource, strict=False)
    except (msgspec.ValidationError, RecursionError):
        return None
