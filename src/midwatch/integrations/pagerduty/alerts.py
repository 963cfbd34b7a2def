"""PagerDuty's request bodies. Three shapes: `event` (webhooks v3), `messages` (v2) and `routing_key` (events v2, sent
to us as well)."""

from midwatch.domain.alert import Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.integrations.alert_sources.normalize import decode, get_path, record
from midwatch.integrations.pagerduty.events import event
from midwatch.integrations.pagerduty.messages import messages
from midwatch.integrations.pagerduty.webhooks import event_data, webhook


def recognises(document: object) -> bool:
    """Whether the body is a webhook v3 or v2, an event in the form sent to PagerDuty, or the object of its API."""
    found = record(document)
    if isinstance(get_path(found, "event", "event_type"), str) or get_path(found, "messages", "0", "incident"):
        return True
    event = "routing_key" in found or ("event_action" in found and "payload" in found)
    return event or (found.get("type") == "incident" and "incident_number" in found)


def parse(hook: WebhookRequest, _: SenderSettings) -> Delivery:
    document = record(decode(hook.body))
    if isinstance(get_path(document, "event"), dict):
        return webhook(document["event"], hook)
    if isinstance(get_path(document, "messages"), list):
        return messages(document["messages"], hook)
    if "event_action" in document or "routing_key" in document:
        return event(document, hook)
    if isinstance(get_path(document, "type"), str):
        return event_data(document, hook)
    return Delivery(unknown="Not a PagerDuty payload: event, messages or routing_key is missing.")
