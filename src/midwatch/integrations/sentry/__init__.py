"""Sentry: issue alerts, metric alerts and the life of an issue, by an internal integration; and its older webhook
plug-in."""

from midwatch.integrations.alert_sources.source import Inbox
from midwatch.integrations.manifest import Integration
from midwatch.integrations.sentry.alerts import parse, recognises
from midwatch.integrations.sentry.signature import verify

INBOX = Inbox(source="sentry", title="Sentry", verify=verify, parse=parse, recognises=recognises)
INTEGRATION = Integration(name="sentry", title="Sentry", inbox=INBOX)
