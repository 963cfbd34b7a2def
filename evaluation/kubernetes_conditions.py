"""k8s-conditions: described object states, and how many findings about the object each must give (0 = silence)."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from evaluation.kubernetes_objects import Thing, evidence, findings
from evaluation.kubernetes_states import OTHER_PLACES, STATES
from midwatch.domain.finding import Finding

NAME = "kubernetes-conditions"


def run(folder: Path) -> int:
    """0 when every case has as many findings about its object as expected."""
    cases = json.loads((folder / "cases.json").read_text())
    table = Table("case", "state", "expected", "found", "codes")
    right = 0
    for case in cases:
        build = STATES.get(case["id"])
        found = about(build(), case) if build else []
        good = build is not None and len(found) == case["findings"]
        right += good
        codes = ", ".join(f"{f.code} {f.subject.kind}" for f in found) if build else "not built"
        mark = "" if good else "[red]"
        table.add_row(mark + case["id"], case["state"], str(case["findings"]), str(len(found)), codes)
    console = Console(width=200)
    console.print(table)
    console.print(f"{right} of {len(cases)}")
    return 0 if right == len(cases) else 1


def about(objects: Sequence[Thing], case: Mapping[str, Any]) -> list[Finding]:
    """The findings whose subject or owner is of the kind the case is about; of any kind where it asks for silence
    beyond a place."""
    if place := OTHER_PLACES.get(case["id"]):
        return findings(evidence(objects, place.namespace, place.labels))
    return [f for f in findings(evidence(objects)) if case["kind"] in (f.subject.kind, f.owner.kind)]
