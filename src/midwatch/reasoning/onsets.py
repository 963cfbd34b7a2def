"""When trouble began, by the clock of the evidence that shows it."""

from collections.abc import Mapping, Sequence

from midwatch.domain.diagnosis import Cause, Diagnosis
from midwatch.domain.evidence import Evidence
from midwatch.domain.finding import Finding
from midwatch.domain.snapshot import Snapshot

Snapshots = Mapping[str, Snapshot]  # by the evidence's id


def date_onsets(diagnosis: Diagnosis, evidence: Sequence[Evidence]) -> Diagnosis:
    """With the time between onset and snapshot for what a saved state shows, and without the dates of one that names
    none."""
    snapshots = {e.id: e.snapshot for e in evidence if e.snapshot}
    if not snapshots:
        return diagnosis
    return diagnosis.model_copy(
        update={
            "causes": tuple(_cause(c, snapshots) for c in diagnosis.causes),
            "later": tuple(_cause(c, snapshots) for c in diagnosis.later),
            "elsewhere": tuple(_cause(c, snapshots) for c in diagnosis.elsewhere),
            "risks": tuple(_finding(f, snapshots) for f in diagnosis.risks),
        }
    )


def _cause(cause: Cause, snapshots: Snapshots) -> Cause:
    return cause.model_copy(
        update={
            "finding": _finding(cause.finding, snapshots),
            "explains": tuple(_finding(f, snapshots) for f in cause.explains),
        }
    )


def _finding(finding: Finding, snapshots: Snapshots) -> Finding:
    snapshot = next((snapshots[c.evidence] for c in finding.cites if c.evidence in snapshots), None)
    if snapshot is None or finding.onset is None:
        return finding
    before = int((snapshot.at - finding.onset).total_seconds())
    return finding.model_copy(
        update={
            "before_snapshot_s": before if before > 0 and snapshot.exact else None,
            "onset": finding.onset if snapshot.dated else None,
        }
    )
