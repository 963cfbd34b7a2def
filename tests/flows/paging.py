"""What PagerDuty sends when something is wrong, signed as it signs."""

import hashlib
import hmac
import json

from tests.flows.server import Station

SECRET = "hook-secret"


def page(event: str = "01EVENT1", incident: str = "PINC1", service: str = "payment-service") -> bytes:
    about = {
        "id": incident,
        "type": "incident",
        "html_url": f"https://acme.pagerduty.com/incidents/{incident}",
        "number": 7,
        "status": "triggered",
        "incident_key": f"key-{incident}",
        "created_at": "2026-11-21T02:00:00Z",
        "title": f"{service} is down",
        "service": {"id": "PSVC1", "type": "service_reference", "summary": service},
        "urgency": "high",
        "priority": None,
    }
    body = {
        "id": event,
        "event_type": "incident.triggered",
        "resource_type": "incident",
        "occurred_at": "2026-11-21T02:00:00.000Z",
        "agent": None,
        "client": None,
        "data": about,
    }
    return json.dumps({"event": body}).encode()


def deliver(post: Station, body: bytes, webhook: str = "W1") -> int:
    signature = "v1=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return post.post(
        "/webhook/pagerduty", body, **{"X-PagerDuty-Signature": signature, "X-Webhook-Id": webhook}
    ).status_code
