"""Webhook notifier: every answer as JSON to an address of the user's choice, signed, under an id that stays the same on
a retry."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx2

from midwatch.domain.notifier import DeliveryFailed, Notifier, Story
from midwatch.domain.work import Notification
from midwatch.integrations.webhook.settings import WebhookSettings
from midwatch.kit.answers import Unanswered, send
from midwatch.kit.clock import utc_now
from midwatch.kit.redaction import redact_body

NAME, KIND = "webhook", "answer"
SCHEMA = "midwatch.event/1"


class WebhookClient:
    """Client that POSTs notifications. 2xx is success; 408, 425, 429 and 5xx are retried; every other status is
    final."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings
        self._http = httpx2.AsyncClient(timeout=settings.timeout, follow_redirects=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def deliver(self, notification: Notification) -> str:
        event = {"schema": SCHEMA, "id": notification.key, "kind": notification.kind, **notification.payload}
        body = redact_body(json.dumps(event, ensure_ascii=False).encode())
        headers = {"Content-Type": "application/json", "X-Midwatch-Id": notification.key}
        stamp = str(int(utc_now().timestamp()))  # of this attempt: receivers refuse old signatures
        if self._settings.secret is not None:
            headers |= {
                "X-Midwatch-Timestamp": stamp,
                "X-Midwatch-Signature": sign(self._settings.secret.get_secret_value(), stamp, body),
            }
        try:
            # Only the status counts: an accepted notification must not be repeated because of the response's body.
            answer = await send(
                self._http,
                "POST",
                self._settings.url,
                largest=0,
                seconds=self._settings.timeout,
                content=body,
                headers=headers,
            )
        except Unanswered as error:
            raise DeliveryFailed(f"webhook URL unreachable: {error}") from error
        if answer.ok:
            return str(answer.status)
        again = answer.status in (408, 425, 429) or answer.status >= 500
        raise DeliveryFailed(f"webhook URL returned {answer.status}", permanent=not again, after=answer.wait)


def sign(secret: str, stamp: str, body: bytes) -> str:
    """Signature in the scheme of incoming webhooks: HMAC-SHA256 over `timestamp.body`."""
    return "sha256=" + hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def notifier(client: WebhookClient) -> Notifier:
    return Notifier(NAME, KIND, targets, render, client.deliver)


def targets(_story: Story) -> Sequence[str]:
    """The only target: one address receives every answer."""
    return ("",)


def render(story: Story, _target: str) -> Mapping[str, Any]:
    return {
        "incident": story.incident.model_dump(mode="json") if story.incident else None,
        "run": story.run.id,
        "answer": story.answer.model_dump(mode="json", by_alias=True),
    }
