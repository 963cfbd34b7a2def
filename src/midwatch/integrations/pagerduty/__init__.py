"""PagerDuty: webhooks v3, the older v2, and events as they are sent to PagerDuty."""

from midwatch.integrations.alert_sources.source import Inbox
from midwatch.integrations.manifest import Integration
from midwatch.integrations.pagerduty.alerts import parse, recognises
from midwatch.integrations.pagerduty.signature import verify

INBOX = Inbox(source="pagerduty", title="PagerDuty", verify=verify, parse=parse, recognises=recognises)
INTEGRATION = Integration(name="pagerduty", title="PagerDuty", inbox=INBOX)
