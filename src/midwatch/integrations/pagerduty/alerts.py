"""What PagerDuty posts. Three shapes: `event` (webhooks v3), `messages` (v2) and `routing_key` (events v2, sent to us
as well)."""

from midwatch.domain.alert import Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.integrations.alert_sources.normalize import decode, dig, record
from midwatch.integrations.pagerduty.events import event
from midwatch.integrations.pagerduty.messages import messages
from midwatch.integrations.pagerduty.webhooks import bare, webhook


def recognises(document: object) -> bool:
    """A webhook v3 or v2, an event as it is sent to PagerDuty, or the object of its API."""
    found = record(document)
    if isinstance(dig(found, "event", "event_type"), str) or dig(found, "messages", "0", "incident"):
        return True
    event = "routing_key" in found or ("event_action" in found and "payload" in found)
    return event or (found.get("type") == "incident" and "incident_number" in found)


def parse(hook: WebhookRequest, _: SenderSettings) -> Delivery:
    document = record(decode(hook.body))
    if isinstance(dig(document, "event"), dict):
        return webhook(document["event"], hook)
    if isinstance(dig(document, "messages"), list):
        return messages(document["messages"], hook)
    if "event_action" in document or "routing_key" in document:
        return event(document, hook)
    if isinstance(dig(document, "type"), str):
        return bare(document, hook)
    return Delivery(unknown="This is no webhook of PagerDuty: neither event, messages nor routing_key is in it.")
