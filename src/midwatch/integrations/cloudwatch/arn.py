"""Alarm ARNs, `arn:aws:cloudwatch:<region>:<account>:alarm:<name>`: the only field with the region's code."""

from dataclasses import dataclass
from urllib.parse import quote

from midwatch.domain.alert import AlertSeverity, AlertStatus
from midwatch.integrations.alert_sources.normalize import text
from midwatch.integrations.alert_sources.vocabulary import severity, severity_tag

STATES = {"ALARM": AlertStatus.FIRING, "INSUFFICIENT_DATA": AlertStatus.FIRING, "OK": AlertStatus.RESOLVED}
_CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


@dataclass(frozen=True)
class Arn:
    partition: str = ""
    region: str = ""
    account: str = ""
    name: str = ""

    @property
    def console(self) -> str:
        host = _CONSOLES.get(self.partition, "console.aws.amazon.com")
        return (
            f"https://{host}/cloudwatch/home?region={quote(self.region)}#alarmsV2:alarm/{quote(self.name, safe='')}"
            if self.region
            else ""
        )


def arn(value: object) -> Arn:
    parts = text(value).split(":", 6)
    return (
        Arn(parts[1], parts[3], parts[4], parts[6])
        if len(parts) == 7 and parts[0] == "arn" and parts[2] == "cloudwatch"
        else Arn()
    )


def alarm_severity(state: str, told: object, *texts: object) -> AlertSeverity:
    """Severity of an alarm, from a tag, `Priority`, or its name or description, else high: CloudWatch has no severity.
    Missing data is medium."""
    if state == "INSUFFICIENT_DATA":
        return AlertSeverity.MEDIUM
    written = (severity_tag(text(t)) for t in texts)
    return severity(text(told)) or next((found for found in written if found), AlertSeverity.HIGH)
