"""`kubectl describe pod`."""

import re
from datetime import datetime

from midwatch.integrations.kubernetes.text.containers import status
from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty
from midwatch.integrations.kubernetes.text.podspec import boxes, podspec
from midwatch.integrations.kubernetes.text.times import age, ago, parse_time, rfc3339
from midwatch.integrations.kubernetes.text.tree import TreeNode
from midwatch.integrations.kubernetes.text.values import number, value_of

_ENDING = re.compile(r"Terminating \((?:lasts (\S+)|expires (.+))\)")


def pod(doc: TreeNode, metadata: Json, now: datetime | None) -> Json:
    statuses = _statuses(doc, "Containers")
    node = value_of(doc.get("Node"))
    spec = podspec(doc)
    if node:
        spec["nodeName"] = node.partition("/")[0]
    phase = doc.get("Status")
    if phase.startswith("Terminating"):
        metadata |= _deletion(phase, doc, now)
        phase = "Running" if any("running" in s.get("state", {}) for s in statuses) else ""
    return {
        "spec": spec,
        "status": without_empty(
            phase=value_of(phase),
            reason=value_of(doc.get("Reason")),
            message=value_of(doc.get("Message")),
            podIP=value_of(doc.get("IP")),
            startTime=parse_time(doc.get("Start Time")),
            qosClass=value_of(doc.get("QoS Class")),
            nominatedNodeName=value_of(doc.get("NominatedNodeName")),
            conditions=conditions(doc),
            containerStatuses=statuses,
            initContainerStatuses=_statuses(doc, "Init Containers"),
        ),
    }


def conditions(doc: TreeNode) -> list[Json]:
    """The two columns that kubectl shows of a pod's conditions."""
    pairs = (n.text.split() for n in doc.under("Conditions"))
    return [{"type": p[0], "status": p[1]} for p in pairs if len(p) >= 2 and p[1] in ("True", "False", "Unknown")]


def _statuses(doc: TreeNode, key: str) -> list[Json]:
    return [found for c in boxes(doc, key) if (found := status(c))]


def _deletion(phase: str, doc: TreeNode, now: datetime | None) -> Json:
    match = _ENDING.match(phase)
    span = age(match[1]) if match and match[1] else None
    when = parse_time(phase) or ago(now, span) or (rfc3339(now) if now else None)
    return without_empty(deletionTimestamp=when, deletionGracePeriodSeconds=number(doc.get("Termination Grace Period")))
