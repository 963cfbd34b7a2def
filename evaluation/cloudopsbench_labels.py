"""What the benchmark calls the statements that Midwatch makes. Only the names differ; nothing here finds anything."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from midwatch.domain.finding import Finding
from midwatch.domain.subject import Subject

_TABLE = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True)
class Label:
    object: str
    cause: str
    taxonomy: str


def labels(finding: Finding, namespace: str) -> Iterator[Label]:
    """The labels of a statement, most likely first; none for a statement the benchmark has no word for."""
    for row in _table().get(finding.code, ()):
        wanted: Mapping[str, str] = row.get("when", {})
        if all(re.search(pattern, finding.facts.get(fact, "")) for fact, pattern in wanted.items()):
            yield Label(
                _object(row.get("object", "app"), finding, namespace), row["cause"], _taxonomies()[row["cause"]]
            )


def _object(kind: str, finding: Finding, namespace: str) -> str:
    if kind == "namespace":
        return f"namespace/{finding.subject.namespace or namespace}"
    if kind == "node":
        return f"node/{finding.facts.get('node') or finding.subject.name}"
    if kind.startswith("fact:"):
        return f"app/{finding.facts[kind.removeprefix('fact:')]}"
    if kind == "peer" and finding.peers:
        return f"app/{finding.peers[0].name}"
    return f"app/{_app(finding.owner)}"


def _app(owner: Subject) -> str:
    return owner.name


@cache
def _table() -> dict[str, list[dict[str, Any]]]:
    return yaml.safe_load(_TABLE.read_text())["codes"]


@cache
def _taxonomies() -> dict[str, str]:
    read: dict[str, list[str]] = yaml.safe_load(_TABLE.read_text())["taxonomy"]
    return {cause: taxonomy for taxonomy, causes in read.items() for cause in causes}
