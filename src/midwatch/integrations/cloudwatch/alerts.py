"""CloudWatch webhook bodies: the envelope of SNS with an alarm inside, an alarm alone (raw delivery), or an event of
EventBridge."""

from typing import Any

from midwatch.domain.alert import Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.integrations.alert_sources.normalize import NAME_CHARS, alert, decode, one_line, record, text
from midwatch.integrations.cloudwatch.alarms import alarm
from midwatch.integrations.cloudwatch.eventbridge import change
from midwatch.integrations.cloudwatch.sns import FAREWELL, SUBSCRIPTION, envelope, subscribe_url


def recognises(document: object) -> bool:
    """Whether the body is an envelope of SNS, an event of EventBridge, or an alarm."""
    found = record(document)
    event = "detail-type" in found and text(found.get("source")).startswith("aws.")
    return bool(envelope(found)) or event or ("AlarmName" in found and "NewStateValue" in found)


def parse(hook: WebhookRequest, sender: SenderSettings) -> Delivery:
    document = record(decode(hook.body))
    found = envelope(document)
    if not found:
        known_as = hook.headers.get("x-amz-sns-message-id") or document.get("id")
        inner = document.get("Message") if "AlarmName" not in document and "Message" in document else document
        return _content(inner, hook, one_line(known_as, NAME_CHARS))
    known_as = one_line(found.get("MessageId"), NAME_CHARS)
    if found["Type"] == SUBSCRIPTION:
        return _subscription(found, sender, known_as)
    if found["Type"] == FAREWELL:
        return Delivery(
            id=known_as,
            ignored=f"Topic {one_line(found['TopicArn'], NAME_CHARS)} was unsubscribed: no more alarms are sent.",
        )
    return _content(found.get("Message"), hook, known_as)


def _subscription(found: dict[str, Any], sender: SenderSettings, known_as: str) -> Delivery:
    url, topic = subscribe_url(found), one_line(found["TopicArn"], NAME_CHARS)
    if not url:
        return Delivery(
            id=known_as,
            unknown=f"Topic {topic}: subscription confirmation refused, SubscribeURL is not an Amazon SNS URL.",
        )
    if found["TopicArn"] not in sender.topics:
        return Delivery(
            id=known_as,
            ignored=f"Topic {topic} is not confirmed: add it to senders.cloudwatch.topics and request the subscription "
            "confirmation again.",
        )
    return Delivery(id=known_as, confirm=url)


def _content(message: Any, hook: WebhookRequest, known_as: str) -> Delivery:
    document = record(decode(message.encode(errors="replace")) if isinstance(message, str) else message)
    if "detail-type" in document:
        found = change(document)
        kind = one_line(document["detail-type"], NAME_CHARS)
    else:
        found = alarm(document)
        kind = "message"
    if found is None:
        return Delivery(id=known_as, unknown=f"Not a CloudWatch alarm: {kind}.")
    if isinstance(found, str):
        return Delivery(id=known_as, ignored=found)
    return Delivery(id=known_as, alerts=(alert("cloudwatch", found, hook.received_at),))
