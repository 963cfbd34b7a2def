"""Datadog monitors, by a webhook with Midwatch's payload, Datadog's own default, or the fields of a monitor."""

from midwatch.integrations.datadog.alerts import parse, recognises
from midwatch.integrations.inbox import Inbox
from midwatch.integrations.manifest import Integration
from midwatch.integrations.proof import by_token

INBOX = Inbox(source="datadog", title="Datadog", verify=by_token("datadog"), parse=parse, recognises=recognises)
INTEGRATION = Integration(name="datadog", title="Datadog", inbox=INBOX)
