import json
from datetime import timedelta

import pytest
from pydantic import SecretStr

from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus
from midwatch.domain.alert_source import SignatureInvalid, WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.kit.signatures import sign
from tests.integrations.examples import NOW, at, body, delivered, hook, only, row
from tests.plugged import alert_sources

SOURCE = alert_sources()["generic"]


def test_usual_names_are_understood() -> None:
    one = only("generic", "plain")
    assert one == Alert(
        source="generic",
        fingerprint=one.fingerprint,
        status=AlertStatus.FIRING,
        severity=AlertSeverity.HIGH,
        title="Ticket printer has no paper",
        summary="Counter 3 cannot print",
        service="ticket-print",
        labels={"service": "ticket-print", "database": "tickets"},
        details={
            "printed": "150",
            "error_rate": "45%",
            "affected_service": "ticket-print",
            "database": "tickets",
            "password": "[REDACTED:secret]",
            "sent by": "manual",
        },
        starts_at=NOW,
    )
    assert len(one.fingerprint) == 32


def test_a_list_of_alerts() -> None:
    found = delivered("generic", "list", headers={"idempotency-key": "k-1"})
    began = at("01:40:05")
    assert [row(a) for a in found.alerts] == [
        ("firing", "critical", "Gate 1 stuck", "", began, None),
        ("resolved", "critical", "Gate 1 stuck", "", began, at("02:00:00")),
    ]
    assert [(a.fingerprint, a.external_id, a.labels) for a in found.alerts] == [
        ("gate-1", "g-1", {"environment": "prod", "host": "gate-1"}),
        ("gate-1", "g-2", {"environment": "prod", "host": "gate-1"}),
    ]
    assert (found.id, found.omitted) == ("k-1", 1)


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ({"event": {"loadavg": [1]}, "message": "An exception\nof Python"}, "An exception"),
        ({"title": None, "summary": {"status": "building"}, "name": "docs site"}, "docs site"),
        ({"name": ["a", "b"], "description": "Broken"}, "Broken"),
        ({"event": 4711}, "4711"),
    ],
)
def test_a_title_is_a_text_and_no_object(raw: dict[str, object], title: str) -> None:
    (one,) = SOURCE.parse(hook(json.dumps(raw).encode()), SenderSettings()).alerts
    assert one.title == title


def test_objects_alone_are_no_title() -> None:
    raw = {"event": {"loadavg": [1]}, "description": {"text": {"a": 1}}}
    found = SOURCE.parse(hook(json.dumps(raw).encode()), SenderSettings())
    assert not found.alerts and "No title" in found.unknown


def test_fields_without_a_place_are_details_and_a_secret_that_is_named_beside_them_is_cut() -> None:
    raw = {
        "title": "t",
        "check": {"grade": "red"},
        "details": {"env": {"name": "DB_PASSWORD", "value": "tidewater-9Qx2"}},
    }
    (one,) = SOURCE.parse(hook(json.dumps(raw).encode()), SenderSettings()).alerts
    assert one.details["check.grade"] == "red" and one.details["env.name"] == "DB_PASSWORD"
    assert "tidewater" not in one.model_dump_json()


MAPPED = SenderSettings(
    fields={
        "title": "check.label",
        "severity": "check.grade",
        "status": "/check/condition",
        "fingerprint": "check.key",
        "starts_at": "check.since",
        "link": "see",
        "labels.pod": "check.where.0.pod_name",
        "labels.namespace": "/check/where/0/ns",
    },
    values={"Orange": "high", "condition": "resolved"},
)


def test_fields_and_values_are_mapped_by_the_settings() -> None:
    (one,) = delivered("generic", "mapped", MAPPED).alerts
    assert row(one) == ("firing", "high", "Fog horn silent", "", at("00:40:00"), None)
    assert (one.fingerprint, one.labels) == ("horn-7", {"pod": "horn-0", "namespace": "signals"})
    assert one.links[0].href == "https://watch.example.com/c/7"


def test_without_the_mapping_it_is_unknown_and_says_what_to_do() -> None:
    assert "senders.generic.fields.title" in delivered("generic", "mapped").unknown


SENDER = SenderSettings(secrets=(SecretStr("new"), SecretStr("old")))
RAW = body("generic", "plain")


def signed(secret: str, seconds: float = 0, prefix: str = "sha256=") -> WebhookRequest:
    stamp = str(int((NOW + timedelta(seconds=seconds)).timestamp()))
    return hook(
        RAW, {"x-midwatch-timestamp": stamp, "x-midwatch-signature": prefix + sign(secret, stamp.encode(), b".", RAW)}
    )


@pytest.mark.parametrize("secret", ["new", "old"])
@pytest.mark.parametrize("seconds", [-299, 0, 299])
def test_our_own_signature(secret: str, seconds: int) -> None:
    SOURCE.verify(signed(secret, seconds), SENDER)


@pytest.mark.parametrize(
    "request_",
    [
        signed("other"),
        signed("new", -301),
        signed("new", 301),
        signed("new", prefix=""),
        hook(RAW, {"x-midwatch-signature": "sha256=" + sign("new", b".", RAW)}),
        hook(RAW),
    ],
)
def test_anything_else_is_forged(request_: WebhookRequest) -> None:
    with pytest.raises(SignatureInvalid):
        SOURCE.verify(request_, SENDER)
