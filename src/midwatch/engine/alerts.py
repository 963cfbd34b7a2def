"""The alert as the first evidence: available without a request, so that every finding about it can cite it."""

from midwatch.analysis.alertlines import canonical_text
from midwatch.domain.alert import Alert
from midwatch.domain.evidence import Evidence, evidence_id
from midwatch.domain.observation import AlertText
from midwatch.domain.tool import ToolResult
from midwatch.toolbox.toolbox import fingerprint

ALERT = evidence_id(1)


def alert_evidence(alert: Alert) -> Evidence:
    """Evidence stamped with the alert's start by its sender's clock: the same alert gives the same evidence on every
    replay."""
    text, cut = canonical_text(alert)
    source = next((line.removeprefix("source: ") for line in text.split("\n") if line.startswith("source: ")), "")
    seen = ToolResult(AlertText(source=source, text=text, truncated=cut), f"alert from {source or 'an unnamed sender'}")
    return Evidence(
        id=ALERT,
        tool="alert",
        arguments={},
        query=seen.query,
        observation=seen.observation,
        taken_at=alert.starts_at,
        took_ms=0,
        sha256=fingerprint(seen),
    )
