"""Grafana Alerting: the webhook contact point."""

from midwatch.integrations.alert_sources.source import Inbox
from midwatch.integrations.grafana.alerts import parse, recognises
from midwatch.integrations.grafana.signature import verify
from midwatch.integrations.manifest import Integration

INBOX = Inbox(source="grafana", title="Grafana Alerting", verify=verify, parse=parse, recognises=recognises)
INTEGRATION = Integration(name="grafana", title="Grafana Alerting", inbox=INBOX)
