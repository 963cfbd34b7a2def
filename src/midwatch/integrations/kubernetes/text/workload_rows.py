"""Rows of workloads and autoscalers."""

import re
from collections.abc import Callable

from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty
from midwatch.integrations.kubernetes.text.values import int_or_text, number, reference, selector, value_of

Cells = dict[str, str]


def _template(cells: Cells) -> Json | None:
    """-o wide: names and images of the containers, in the same order."""
    names, images = cells.get("CONTAINERS", "").split(","), cells.get("IMAGES", "").split(",")
    if not names[0] or len(names) != len(images):
        return None
    return {"spec": {"containers": [{"name": name, "image": image} for name, image in zip(names, images, strict=True)]}}


def _spec(cells: Cells, replicas: int | None) -> Json:
    return without_empty(replicas=replicas, selector=selector(cells.get("SELECTOR", "")), template=_template(cells))


def _counts(text: str) -> tuple[int | None, int | None]:
    match = re.match(r"(\d{1,6})/(\d{1,6})", text)
    return (int(match[1]), int(match[2])) if match else (None, None)


def _deployment(cells: Cells, _: Json) -> Json:
    ready, wanted = _counts(cells.get("READY", ""))
    wanted = number(cells.get("DESIRED")) if wanted is None else wanted
    available = number(cells.get("AVAILABLE"))
    ready = available if ready is None else ready
    status = without_empty(
        replicas=number(cells.get("CURRENT")) if "CURRENT" in cells else wanted,
        readyReplicas=ready,
        availableReplicas=available,
        updatedReplicas=number(cells.get("UP-TO-DATE")),
        unavailableReplicas=max(wanted - available, 0) if wanted is not None and available is not None else None,
    )
    return {"spec": _spec(cells, wanted), "status": status}


def _replicaset(cells: Cells, _: Json) -> Json:
    wanted = number(cells.get("DESIRED"))
    ready = number(cells.get("READY"))
    status = without_empty(replicas=number(cells.get("CURRENT")), readyReplicas=ready, availableReplicas=ready)
    return {"spec": _spec(cells, wanted), "status": status}


def _statefulset(cells: Cells, _: Json) -> Json:
    ready, wanted = _counts(cells.get("READY", ""))
    wanted = number(cells.get("DESIRED")) if wanted is None else wanted
    ready = number(cells.get("CURRENT")) if ready is None else ready
    return {
        "spec": _spec(cells, wanted),
        "status": without_empty(replicas=wanted, readyReplicas=ready, availableReplicas=ready),
    }


def _daemonset(cells: Cells, _: Json) -> Json:
    wanted, available = number(cells.get("DESIRED")), number(cells.get("AVAILABLE"))
    status = without_empty(
        desiredNumberScheduled=wanted,
        currentNumberScheduled=number(cells.get("CURRENT")),
        numberReady=number(cells.get("READY")),
        updatedNumberScheduled=number(cells.get("UP-TO-DATE")),
        numberAvailable=available,
        numberUnavailable=max(wanted - available, 0) if wanted is not None and available is not None else None,
    )
    return {"spec": _spec(cells, None), "status": status}


def _job(cells: Cells, _: Json) -> Json:
    done, wanted = _counts(cells.get("COMPLETIONS", ""))
    shown = cells.get("STATUS", "")
    ended = {"Complete": "Complete", "Failed": "Failed", "Suspended": "Suspended"}.get(shown)
    conditions = [{"type": ended, "status": "True"}] if ended else None
    spec = without_empty(completions=wanted, suspend=True if shown == "Suspended" else None, template=_template(cells))
    return {"spec": spec, "status": without_empty(succeeded=done, conditions=conditions)}


def _cronjob(cells: Cells, _: Json) -> Json:
    suspended = {"True": True, "False": False}.get(cells.get("SUSPEND", ""))
    return {
        "spec": without_empty(
            schedule=cells.get("SCHEDULE"), timeZone=value_of(cells.get("TIMEZONE", "")), suspend=suspended
        )
    }


def _autoscaler(cells: Cells, _: Json) -> Json:
    target = reference(cells.get("REFERENCE", ""))
    spec = without_empty(
        scaleTargetRef=without_empty(kind=target[0], name=target[1]) if target else None,
        minReplicas=number(cells.get("MINPODS")),
        maxReplicas=number(cells.get("MAXPODS")),
    )
    return {"spec": spec, "status": without_empty(currentReplicas=number(cells.get("REPLICAS")))}


def _budget(cells: Cells, _: Json) -> Json:
    allowed = cells.get("ALLOWED DISRUPTIONS", cells.get("ALLOWED-DISRUPTIONS"))
    spec = without_empty(
        minAvailable=_limit(cells.get("MIN AVAILABLE", cells.get("MIN-AVAILABLE", ""))),
        maxUnavailable=_limit(cells.get("MAX UNAVAILABLE", cells.get("MAX-UNAVAILABLE", ""))),
    )
    return {"spec": spec, "status": without_empty(disruptionsAllowed=number(allowed))}


def _limit(text: str) -> int | str | None:
    return int_or_text(text) if text not in ("", "N/A") else None


WORKLOADS: dict[str, Callable[[Cells, Json], Json]] = {
    "deployments": _deployment,
    "replicasets": _replicaset,
    "replicationcontrollers": _replicaset,
    "statefulsets": _statefulset,
    "daemonsets": _daemonset,
    "jobs": _job,
    "cronjobs": _cronjob,
    "horizontalpodautoscalers": _autoscaler,
    "poddisruptionbudgets": _budget,
}
