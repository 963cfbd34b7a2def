"""Datadog monitors, by a webhook with Midwatch's payload, Datadog's own default, or the fields of a monitor."""

from midwatch.integrations.alert_sources.authentication import by_token
from midwatch.integrations.alert_sources.source import Inbox
from midwatch.integrations.datadog.alerts import parse, recognises
from midwatch.integrations.manifest import Integration

INBOX = Inbox(source="datadog", title="Datadog", verify=by_token("datadog"), parse=parse, recognises=recognises)
INTEGRATION = Integration(name="datadog", title="Datadog", inbox=INBOX)
