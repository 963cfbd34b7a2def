"""Amazon CloudWatch alarms, by an SNS topic or by EventBridge."""

from midwatch.integrations.alert_sources.source import Inbox
from midwatch.integrations.cloudwatch.alerts import parse, recognises
from midwatch.integrations.cloudwatch.sns import certificate_url, verify
from midwatch.integrations.manifest import Integration

INBOX = Inbox(
    source="cloudwatch",
    title="Amazon CloudWatch",
    verify=verify,
    parse=parse,
    recognises=recognises,
    certificate_url=certificate_url,
)
INTEGRATION = Integration(name="cloudwatch", title="Amazon CloudWatch", inbox=INBOX)
