"""Any other system that can post JSON: usual names of fields are understood, others are mapped in the settings."""

from midwatch.integrations.alert_sources.source import Inbox
from midwatch.integrations.generic.alerts import parse
from midwatch.integrations.generic.signature import verify
from midwatch.integrations.manifest import Integration

INBOX = Inbox(source="generic", title="Any JSON", verify=verify, parse=parse)
INTEGRATION = Integration(name="generic", title="Any JSON", inbox=INBOX)
