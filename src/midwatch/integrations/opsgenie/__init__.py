"""Opsgenie: its outgoing webhook. Atlassian ends the product in April 2027."""

from midwatch.integrations.alert_sources.authentication import by_token
from midwatch.integrations.alert_sources.source import Inbox
from midwatch.integrations.manifest import Integration
from midwatch.integrations.opsgenie.alerts import parse, recognises

INBOX = Inbox(source="opsgenie", title="Opsgenie", verify=by_token("opsgenie"), parse=parse, recognises=recognises)
INTEGRATION = Integration(name="opsgenie", title="Opsgenie", inbox=INBOX)
