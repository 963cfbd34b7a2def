"""Builds the evidence of a situation from plain API objects, for tests of the analyzers: real JSON in, no patching."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec
import yaml

from midwatch.analysis.series import Series, encode
from midwatch.diagnosis.kubernetes.analyzers import analyzers
from midwatch.diagnosis.kubernetes.cluster import PLURAL, TYPES, Cluster
from midwatch.domain.evidence import Evidence
from midwatch.domain.finding import Finding
from midwatch.domain.observation import LogLines, Measurements, Observation, Resources
from midwatch.integrations.kubernetes.objects.saved_objects import SAVED
from tests.diagnosis.kubernetes.reads import RecordedCluster

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
Logs = dict[tuple[str, str, str], str]  # (namespace, pod, container) -> text


def evidence(
    objects: Sequence[dict[str, Any]],
    logs: Logs | None = None,
    previous: Logs | None = None,
    unknown: Sequence[str] = (),
    measured: Sequence[Series] = (),
) -> list[Evidence]:
    """One Evidence for each kind Midwatch knows, also for empty ones (so absence is a fact), except the plurals in
    `unknown`."""
    by_kind: dict[str, list[Any]] = defaultdict(list)
    for obj in objects:
        by_kind[PLURAL[obj["kind"]]].append(msgspec.convert(obj, TYPES[PLURAL[obj["kind"]]], strict=False))
    seen: list[tuple[str, dict[str, Any], Observation]] = [
        (
            "kubernetes_saved" if p in SAVED else "kubernetes_list",
            {"what" if p in SAVED else "resource": p},
            Resources(resource=p, body=msgspec.json.encode(by_kind[p]), count=len(by_kind[p])),
        )
        for p in TYPES
        if p not in unknown
    ]
    for texts, before in ((logs or {}, False), (previous or {}, True)):
        for (namespace, pod, container), text in texts.items():
            log = LogLines(namespace=namespace, name=pod, container=container, previous=before, text=text)
            seen.append(("kubernetes_logs", {"pod": pod, "previous": before}, log))
    if measured:
        signals = tuple(sorted({s.signal for s in measured}))
        seen.append(
            ("kubernetes_metrics", {}, Measurements(body=encode(measured), count=len(measured), signals=signals))
        )
    return [
        Evidence(
            id=f"E{n}",
            tool=tool,
            arguments=arguments,
            query="test",
            observation=o,
            taken_at=NOW,
            took_ms=1,
            sha256=sha256(repr(o).encode()).hexdigest(),
        )
        for n, (tool, arguments, o) in enumerate(seen, 1)
    ]


def cluster(text: str, logs: Logs | None = None, previous: Logs | None = None, unknown: Sequence[str] = ()) -> Cluster:
    """The cluster that a YAML text (documents separated by ---) describes."""
    return Cluster(evidence([d for d in yaml.safe_load_all(text) if d], logs, previous, unknown))


def findings(seen: Cluster) -> list[Finding]:
    """Of every analyzer; fails when one looks at a kind that it does not declare."""
    recorded, found = RecordedCluster(seen.evidence, seen.question), list[Finding]()
    for analyzer in analyzers():
        recorded.read.clear()
        found += analyzer.find(recorded)
        assert recorded.read <= {*analyzer.reads}, f"{analyzer.find.__module__} declares {analyzer.reads}"
    return found


def codes(seen: Cluster) -> list[str]:
    return [f.code for f in findings(seen)]
