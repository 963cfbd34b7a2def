"""`kubectl describe` of workloads: what is wanted, what is there, and the pod template."""

import re
from datetime import datetime

from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty
from midwatch.integrations.kubernetes.text.podspec import template
from midwatch.integrations.kubernetes.text.tree import TreeNode
from midwatch.integrations.kubernetes.text.values import (
    access_modes,
    int_or_text,
    number,
    quantities,
    selector,
    value_of,
)

_COUNT = re.compile(r"(\d{1,9}) ([A-Za-z]+)")
_ROLLING = re.compile(r"(\S+) max unavailable, (\S+) max surge")


def counts(text: str) -> dict[str, int]:
    """`3 desired | 1 updated`, `1 Active (0 Ready) / 0 Succeeded / 1 Failed` → number by word, in small letters."""
    return {m[2].lower(): int(m[1]) for m in _COUNT.finditer(text)}


def conditions(doc: TreeNode) -> list[Json]:
    """Type, status, reason; whatever follows is the message."""
    found: list[Json] = []
    for node in doc.under("Conditions"):
        parts = node.text.split(None, 3)
        if len(parts) > 1 and parts[1] in ("True", "False", "Unknown"):
            padded = [*parts, "", ""]
            found.append(
                without_empty(
                    type=parts[0], status=parts[1], reason=padded[2], message="\n".join((padded[3], *node.more)).strip()
                )
            )
    return found


def deployment(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    have = counts(doc.get("Replicas"))
    status = without_empty(
        replicas=have.get("total"),
        updatedReplicas=have.get("updated"),
        availableReplicas=have.get("available"),
        unavailableReplicas=have.get("unavailable"),
        # kubectl leaves the ready ones out; those that are available are ready.
        readyReplicas=have.get("available"),
        conditions=conditions(doc),
    )
    rolling = _ROLLING.match(doc.get("RollingUpdateStrategy"))
    amounts = {"maxUnavailable": int_or_text(rolling[1]), "maxSurge": int_or_text(rolling[2])} if rolling else None
    return {
        "spec": without_empty(
            replicas=have.get("desired"),
            selector=selector(doc.get("Selector")),
            strategy=without_empty(type=value_of(doc.get("StrategyType")), rollingUpdate=amounts),
            minReadySeconds=number(doc.get("MinReadySeconds")),
            template=template(doc),
        ),
        "status": status,
    }


def replicaset(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    have, pods = counts(doc.get("Replicas")), counts(doc.get("Pods Status"))
    wanted, current = have.get("desired"), have.get("current", have.get("total"))
    # Readiness is not shown: as many as run is the most that can be said, and the pods themselves tell better.
    ready = min(pods["running"], wanted) if "running" in pods and wanted is not None else None
    return {
        "spec": without_empty(replicas=wanted, selector=selector(doc.get("Selector")), template=template(doc)),
        "status": without_empty(
            replicas=current, readyReplicas=ready, availableReplicas=ready, conditions=conditions(doc)
        ),
    }


def statefulset(doc: TreeNode, metadata: Json, now: datetime | None) -> Json:
    found = replicaset(doc, metadata, now)
    found["spec"] |= without_empty(
        volumeClaimTemplates=_claims(doc), strategy=without_empty(type=value_of(doc.get("Update Strategy")))
    )
    return found


def _claims(doc: TreeNode) -> list[Json]:
    """The fields of the claims stand one under the other, a new claim with each `Name`."""
    found: list[Json] = []
    for node in doc.under("Volume Claims"):
        if node.key == "Name":
            found.append({"metadata": {"name": node.value}, "spec": {}})
        elif found and node.key == "StorageClass":
            found[-1]["spec"] |= without_empty(storageClassName=value_of(node.value))
        elif found and node.key == "Capacity":
            found[-1]["spec"] |= without_empty(resources=without_empty(requests=quantities([("storage", node.value)])))
        elif found and node.key == "Access Modes":
            found[-1]["spec"] |= without_empty(accessModes=access_modes(node.value.strip("[]").replace(" ", ",")))
    return found


def daemonset(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    wanted = number(doc.get("Desired Number of Nodes Scheduled"))
    available = number(doc.get("Number of Nodes Scheduled with Available Pods"))
    return {
        "spec": without_empty(selector=selector(doc.get("Selector")), template=template(doc)),
        "status": without_empty(
            desiredNumberScheduled=wanted,
            currentNumberScheduled=number(doc.get("Current Number of Nodes Scheduled")),
            updatedNumberScheduled=number(doc.get("Number of Nodes Scheduled with Up-to-date Pods")),
            numberAvailable=available,
            numberReady=available,
            numberUnavailable=max(wanted - available, 0) if wanted is not None and available is not None else None,
            numberMisscheduled=number(doc.get("Number of Nodes Misscheduled")),
        ),
    }
