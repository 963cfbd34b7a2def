"""An alert from a file: what a monitoring system sends, JSON of any shape, or plain text. Read by the same sources as
webhooks are."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from midwatch.domain.alert import Alert, AlertStatus
from midwatch.domain.alert_source import AlertSource, WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.integrations.alert_sources.normalize import decode
from midwatch.services.errors import Refusal

LARGEST = 1024 * 1024  # bytes of a file
_HINT = "Give the body of a webhook, JSON with a title, or plain text; --source NAME says which system wrote it"


def read_alerts(
    body: bytes,
    now: datetime,
    sources: Mapping[str, AlertSource],
    source: str = "",
    senders: Mapping[str, SenderSettings] | None = None,
) -> tuple[Alert, ...]:
    """The alerts that a file holds, redacted, the gravest that fires first; `now` is when they came in. Raises Refusal
    for a file that holds none, or for a source that does not exist."""
    if len(body) > LARGEST:
        raise Refusal(
            f"The alert has {len(body):,} bytes, more than the {LARGEST:,} allowed.",
            "Give the alert alone, without its attachments",
        )
    if not body.strip():
        raise Refusal("There is no alert: the input is empty.", _HINT)
    inbox = sources.get(source) if source else recognised_source(body, sources)
    if inbox is None:
        raise Refusal(f"There is no source {source!r}.", f"One of {', '.join(sources)}")
    delivery = inbox.parse(WebhookRequest(body, now), (senders or {}).get(inbox.source) or SenderSettings())
    if not delivery.alerts:
        raise Refusal(_without(body, delivery.ignored or delivery.unknown), _HINT)
    return tuple(_ranked(delivery.alerts))


def recognised_source(body: bytes, sources: Mapping[str, AlertSource]) -> AlertSource:
    """The source whose own fields the body has; the one that takes anything where no other recognises it."""
    document = decode(body)
    found = [source for source in sources.values() if source.recognises and source.recognises(document)]
    return found[0] if found else next(source for source in sources.values() if source.recognises is None)


def _without(body: bytes, reason: str) -> str:
    broken = body.lstrip()[:1] in (b"{", b"[") and decode(body) is None
    return "The alert is not valid JSON." if broken else reason or "The file holds no alert, only a note about one."


def _ranked(alerts: Sequence[Alert]) -> list[Alert]:
    return sorted(alerts, key=lambda a: (a.status is AlertStatus.RESOLVED, a.severity.rank, a.starts_at))
