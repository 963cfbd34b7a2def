"""Prometheus Alertmanager: its webhook, version 4, and the alerts Prometheus itself pushes."""

from midwatch.integrations.alert_sources.authentication import by_token
from midwatch.integrations.alert_sources.source import Inbox
from midwatch.integrations.alertmanager.alerts import parse, recognises
from midwatch.integrations.manifest import Integration

INBOX = Inbox(
    source="alertmanager",
    title="Prometheus Alertmanager",
    verify=by_token("alertmanager"),
    parse=parse,
    recognises=recognises,
)
INTEGRATION = Integration(name="alertmanager", title="Prometheus Alertmanager", inbox=INBOX)
