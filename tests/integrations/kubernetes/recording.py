"""What a real control plane answered, as a cluster; and whether what a finding cites really stands in the evidence."""

import json
from pathlib import Path

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.evidence import Evidence
from midwatch.domain.finding import Finding
from tests.integrations.kubernetes.situation import evidence

_HERE = Path(__file__).parent / "recorded"


def recorded(name: str) -> list[Evidence]:
    return evidence(json.loads((_HERE / f"{name}.json").read_text()))


def unproved(found: list[Finding], seen: list[Evidence]) -> list[str]:
    """Quotations that do not occur in the evidence they name, as they are or with JSON's escapes."""
    texts = {e.id: e.text for e in seen}
    quotes = [(c.evidence, c.quote) for f in found for c in f.cites if c.quote]
    return [q for e, q in quotes if q not in texts[e] and json.dumps(q, ensure_ascii=False)[1:-1] not in texts[e]]


def told(seen: Cluster, *analyzers: Analyzer) -> dict[str, set[str]]:
    """Workload → codes."""
    found: dict[str, set[str]] = {}
    for analyzer in analyzers:
        for finding in analyzer.find(seen):
            found.setdefault(finding.owner.name, set()).add(finding.code)
    return found


def one(seen: Cluster, *analyzers: Analyzer) -> Finding:
    """The only finding there is; a placeholder left in its message is a mistake of the rule."""
    found = [f for a in analyzers for f in a.find(seen)]
    assert len(found) == 1, [f.message for f in found]
    assert "<" not in found[0].message
    return found[0]
