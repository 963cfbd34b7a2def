"""A cluster's causes as alerts: what is wrong fires, what was wrong and is not any more is resolved."""

import re
from collections.abc import Mapping
from typing import Any

from midwatch.analysis.codes import location
from midwatch.domain.diagnosis import Cause
from midwatch.domain.finding import Severity
from midwatch.domain.investigation import CaseFile

_SEVERITY = {Severity.CRITICAL: "critical", Severity.WARNING: "medium", Severity.INFO: "low"}
_SOURCE = re.compile(r"cluster (?P<name>\S+) at \S+")  # what answers call a cluster
Alerts = dict[str, dict[str, Any]]


def cluster_alerts(found: CaseFile, cluster: str = "") -> Alerts:
    """One alert for each cause, under a fingerprint that stays while the same is wrong with the same thing. Of what the
    answer calls the `cluster` only its name counts: addresses and ports change."""
    named = _SOURCE.match(cluster)
    name = named["name"] if named else cluster
    return {str(alert["dedup_key"]): alert for alert in (_alert(cause, name) for cause in found.diagnosis.causes)}


def changes(before: Mapping[str, dict[str, Any]], now: Alerts) -> list[dict[str, Any]]:
    """What has to be said: all that fires (again, so that a server that was away hears of it), then what is over."""
    over = [{**alert, "status": "resolved"} for key, alert in before.items() if key not in now]
    return [*now.values(), *over]


def _alert(cause: Cause, cluster: str) -> dict[str, Any]:
    finding, owner = cause.finding, cause.finding.owner
    labels = {"namespace": owner.namespace, owner.kind.lower(): owner.name, "code": finding.code, "cluster": cluster}
    return {
        "title": f"{location(owner)}: {finding.title}",
        "description": finding.message,
        "severity": _SEVERITY[finding.severity],
        "status": "firing",
        "dedup_key": "/".join(("kubernetes", cluster, owner.namespace, owner.kind, owner.name, finding.code)),
        "labels": {name: value for name, value in labels.items() if value},
        **({"starts_at": finding.onset.isoformat()} if finding.onset else {}),
    }
