"""k8s-conditions, varied: each state without its events, without its conditions, and owned by another kind."""

import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from evaluation.kubernetes_conditions import about
from evaluation.kubernetes_objects import Thing, owned
from evaluation.kubernetes_states import STATES

NAME = "kubernetes-variants"
_NEEDED = 0.9

Case = Mapping[str, Any]
Varied = tuple[Sequence[Thing], Case]


def without_events(objects: Sequence[Thing], case: Case) -> Varied:
    return [o for o in objects if o["kind"] != "Event"], case


def without_conditions(objects: Sequence[Thing], case: Case) -> Varied:
    found = deepcopy(list(objects))
    for obj in found:
        obj.get("status", {}).pop("conditions", None)
    return found, case


def other_owner(objects: Sequence[Thing], case: Case) -> Varied:
    """A Deployment becomes a StatefulSet, a StatefulSet belongs to an operator, a pod to a StatefulSet that was not
    read, and everything else to a custom resource that was not read either."""
    if case["kind"] == "Deployment":
        changed = [{**o, "kind": "StatefulSet"} if o["kind"] == "Deployment" else o for o in objects]
        return changed, {**case, "kind": "StatefulSet"}
    owner = {"Pod": "StatefulSet", "ReplicaSet": "Rollout"}.get(case["kind"], "Platform")
    return [owned(o, owner, "web") if o["kind"] == case["kind"] else o for o in objects], case


VARIANTS: Mapping[str, Callable[[Sequence[Thing], Case], Varied]] = {
    "without events": without_events,
    "without conditions": without_conditions,
    "other owner": other_owner,
}
# Findings where they differ from those of the whole state, with the reason. Written before the first run.
TRUTH: Mapping[tuple[str, str], int] = {
    ("without events", "Service-026"): 1,  # the warning was the second
    ("without events", "PersistentVolumeClaim-029"): 0,  # Pending says nothing of why, as in 031
    ("without conditions", "ReplicaSet-021"): 1,  # no pod is there; how many creations failed stood in the conditions
    ("without conditions", "Node-039"): 0,  # nothing is known of a node without conditions
    ("without conditions", "Node-040"): 0,
    ("without conditions", "Node-041"): 0,
    ("without conditions", "Node-042"): 0,
    ("without conditions", "HorizontalPodAutoscaler-069"): 0,
    ("without conditions", "HorizontalPodAutoscaler-070"): 0,  # 5 of 5 may be just enough
}


def run(folder: Path) -> int:
    """0 when at least nine tenths of each variant have as many findings about their object as expected."""
    cases = json.loads((folder / "cases.json").read_text())
    console, good = Console(width=200), True
    for name, vary in VARIANTS.items():
        table = Table("case", "state", "expected", "found", "codes", title=name)
        right = 0
        for case in cases:
            wanted = TRUTH.get((name, case["id"]), case["findings"])
            found = about(*vary(STATES[case["id"]](), case))
            right += len(found) == wanted
            if len(found) != wanted:
                codes = ", ".join(f"{f.code} {f.subject.kind}" for f in found)
                table.add_row(case["id"], case["state"], str(wanted), str(len(found)), codes)
        if table.row_count:
            console.print(table)
        console.print(f"{name}: {right} of {len(cases)}")
        good = good and right >= _NEEDED * len(cases)
    return 0 if good else 1
