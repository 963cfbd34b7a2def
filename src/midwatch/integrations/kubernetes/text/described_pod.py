"""`kubectl describe pod`."""

import re
from datetime import datetime

from midwatch.integrations.kubernetes.text.containers import status
from midwatch.integrations.kubernetes.text.parsed import Json, filled
from midwatch.integrations.kubernetes.text.podspec import boxes, podspec
from midwatch.integrations.kubernetes.text.times import age, ago, rfc3339, written
from midwatch.integrations.kubernetes.text.tree import TreeNode
from midwatch.integrations.kubernetes.text.values import number, said

_ENDING = re.compile(r"Terminating \((?:lasts (\S+)|expires (.+))\)")


def pod(doc: TreeNode, metadata: Json, now: datetime | None) -> Json:
    statuses = _statuses(doc, "Containers")
    node = said(doc.get("Node"))
    spec = podspec(doc)
    if node:
        spec["nodeName"] = node.partition("/")[0]
    phase = doc.get("Status")
    if phase.startswith("Terminating"):
        metadata |= _deletion(phase, doc, now)
        phase = "Running" if any("running" in s.get("state", {}) for s in statuses) else ""
    return {
        "spec": spec,
        "status": filled(
            phase=said(phase),
            reason=said(doc.get("Reason")),
            message=said(doc.get("Message")),
            podIP=said(doc.get("IP")),
            startTime=written(doc.get("Start Time")),
            qosClass=said(doc.get("QoS Class")),
            nominatedNodeName=said(doc.get("NominatedNodeName")),
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
    when = written(phase) or ago(now, span) or (rfc3339(now) if now else None)
    return filled(deletionTimestamp=when, deletionGracePeriodSeconds=number(doc.get("Termination Grace Period")))
