"""Opsgenie: its outgoing webhook. Atlassian ends the product in April 2027."""

from midwatch.integrations.inbox import Inbox
from midwatch.integrations.manifest import Integration
from midwatch.integrations.opsgenie.alerts import parse, recognises
from midwatch.integrations.proof import by_token

INBOX = Inbox(source="opsgenie", title="Opsgenie", verify=by_token("opsgenie"), parse=parse, recognises=recognises)
INTEGRATION = Integration(name="opsgenie", title="Opsgenie", inbox=INBOX)
