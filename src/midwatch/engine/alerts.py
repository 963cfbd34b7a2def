"""The alert as the first evidence: nobody had to be asked for it, and every statement about it can be looked up in
it."""

from midwatch.analysis.alertlines import canonical_text
from midwatch.domain.alert import Alert
from midwatch.domain.evidence import Evidence, evidence_id
from midwatch.domain.observation import AlertText
from midwatch.domain.tool import ToolResult
from midwatch.toolbox.toolbox import fingerprint

ALERT = evidence_id(1)


def alert_evidence(alert: Alert) -> Evidence:
    """Taken when it fired, by its sender's clock: the same alert is the same evidence whenever it is replayed."""
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
