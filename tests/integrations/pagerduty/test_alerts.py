from typing import Any

import pytest
from pydantic import SecretStr

from midwatch.domain.alert import Alert, AlertComment, AlertSeverity, AlertStatus, Delivery, WebLink
from midwatch.domain.alert_source import SignatureInvalid
from midwatch.domain.sender import SenderSettings
from midwatch.kit.signatures import sign
from tests.integrations.examples import at, body, comment, delivered, hook, only, row
from tests.plugged import alert_sources

TITLE = "Booking database has no free connections"
BEGAN, EVENT = at("01:40:05"), at("01:52:30.250")

SOURCE = alert_sources()["pagerduty"]


def test_an_incident_becomes_an_alert() -> None:
    assert delivered("pagerduty", "triggered") == Delivery(
        id="01TRIGGERED",
        alerts=(
            Alert(
                source="pagerduty",
                fingerprint="ferry/booking/pool",
                external_id="Q0HARBOUR1",
                status=AlertStatus.FIRING,
                severity=AlertSeverity.HIGH,
                title=TITLE,
                service="ferry-booking",
                details={
                    "number": "812",
                    "priority": "P2",
                    "urgency": "high",
                    "assigned to": "Mara Lindqvist",
                    "escalation policy": "Ferry primary",
                    "teams": "Ferry",
                    "incident type": "incident_default",
                },
                links=(WebLink(title="PagerDuty", href="https://harbour.pagerduty.com/incidents/Q0HARBOUR1"),),
                starts_at=BEGAN,
            ),
        ),
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("acknowledged", ("acknowledged", "high", TITLE, "ferry-booking", BEGAN, None)),
        ("unacknowledged", ("firing", "high", TITLE, "ferry-booking", BEGAN, None)),
        ("reopened", ("firing", "high", TITLE, "ferry-booking", at("01:52:30"), None)),
        ("resolved", ("resolved", "high", TITLE, "ferry-booking", BEGAN, EVENT)),
        ("low-urgency", ("firing", "low", TITLE, "ferry-booking", BEGAN, None)),
        (
            "event-trigger",
            ("firing", "high", "Booking queue holds 40 000 messages", "ferry-booking", at("02:05:00"), None),
        ),
        ("event-resolve", ("resolved", "medium", "ferry/queue-depth", "", at("06:00:00"), at("06:00:00"))),
    ],
)
def test_status_severity_and_times(name: str, expected: tuple[Any, ...]) -> None:
    assert row(only("pagerduty", name)) == expected


def test_without_a_key_the_id_is_the_fingerprint() -> None:
    assert only("pagerduty", "low-urgency").fingerprint == "Q0HARBOUR1"


def test_a_merged_incident_is_over_and_says_that_this_is_no_fix() -> None:
    found = delivered("pagerduty", "merged")
    assert row(found.alerts[0])[0] == "resolved"
    assert found.alerts[0].details["merged into"] == "Booking is down"
    assert [(r.kind, r.text) for r in found.comments] == [("merged", "Merged into Booking is down, not fixed.")]


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("escalated", "escalated", "Escalated to Mara Lindqvist, Joss Okafor."),
        ("delegated", "delegated", "Delegated to Data platform."),
        ("reassigned", "reassigned", "Assigned to Joss Okafor."),
        ("priority-updated", "priority_updated", "Priority changed to P1."),
        ("service-updated", "service_updated", "Service changed to tide-tables."),
        ("type-changed", "incident_type.changed", "Incident type changed to major_incident."),
    ],
)
def test_what_does_not_change_the_status_is_a_remark(name: str, kind: str, text: str) -> None:
    one = comment("pagerduty", name)
    assert (one.kind, one.text, one.fingerprint, one.external_id, one.id, one.at) == (
        kind,
        text,
        "ferry/booking/pool",
        "Q0HARBOUR1",
        "",
        EVENT,
    )


@pytest.mark.parametrize(
    ("name", "kind", "text", "own"),
    [
        ("annotated", "annotated", "Pool raised to 60, password=[REDACTED:secret] was in the log", "PNOTE77"),
        ("status-update", "status_update_published", "Bookings fail for one in five travellers.", "PSTAT77"),
        (
            "responder-added",
            "responder.added",
            "Responder request to Joss Okafor (pending). Please look at the pool.",
            "",
        ),
        ("responder-replied", "responder.replied", "Responder request to Joss Okafor (accepted).", ""),
        (
            "conference-bridge",
            "conference_bridge.updated",
            "Conference: https://meet.example.com/ferry +46 8 000 0000.",
            "",
        ),
        ("field-values", "custom_field_values.updated", "Travellers: 240", ""),
        ("role-assigned", "role.assigned", "Incident commander: Joss Okafor", ""),
        ("task-created", "task.created", "Task “Count the open transactions”: todo.", "PTASK1"),
        ("action-invocation", "action_invocation.created", "Action “Restart the pooler”.", "01INV"),
        ("workflow-started", "workflow.started", "Workflow “Open the bridge”.", "PWF1"),
    ],
)
def test_what_only_refers_to_its_incident(name: str, kind: str, text: str, own: str) -> None:
    one = comment("pagerduty", name)
    assert (one.kind, one.text, one.fingerprint, one.external_id, one.id) == (kind, text, "", "Q0HARBOUR1", own)


def test_our_own_note_can_be_told_by_who_wrote_it() -> None:
    assert (comment("pagerduty", "annotated").actor, comment("pagerduty", "annotated").actor_id) == (
        "Mara Lindqvist",
        "PMARA01",
    )
    assert comment("pagerduty", "escalated").actor_id == ""


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ping", "Test event received."),
        ("service-changed", "Not an incident event: service.updated."),
        ("event-change", "Change event, not an alert: Deployed ferry-booking 3.1.4"),
    ],
)
def test_what_is_of_no_concern(name: str, sentence: str) -> None:
    assert delivered("pagerduty", name).ignored == sentence


def test_an_event_type_of_tomorrow_is_kept_as_unknown() -> None:
    assert delivered("pagerduty", "unheard-of") == Delivery(
        id="01UNHEARDOF", unknown="Unknown event incident.tide_turned, or incident data is missing."
    )


def test_messages_of_version_2() -> None:
    found = delivered("pagerduty", "v2-messages")
    began, over = at("04:00:00"), at("04:30:01")
    assert [row(a) for a in found.alerts] == [
        ("firing", "critical", "Tide tables are stale", "tide-tables", began, None),
        ("resolved", "critical", "Tide tables are stale", "tide-tables", began, over),
    ]
    assert found.alerts[0].details["age"] == "26h"
    assert found.alerts[0].details["api_key"] == "[REDACTED:api_key]"
    assert [a.fingerprint for a in found.alerts] == ["Q0HARBOUR9", "Q0HARBOUR9"]
    assert found.comments == (
        AlertComment(
            fingerprint="Q0HARBOUR9",
            external_id="Q0HARBOUR9",
            id="R2",
            kind="assign",
            text="Assigned to Mara Lindqvist",
            at=at("04:00:02"),
        ),
    )


def test_an_event_sent_to_us_as_well() -> None:
    one = only("pagerduty", "event-trigger")
    assert one.fingerprint == "ferry/queue-depth"
    assert one.labels == {
        "component": "queue",
        "group": "ferry",
        "class": "depth",
        "instance_id": "i-0c0ffee0c0ffee001",
        "namespace": "ferry",
        "service": "ferry-booking",
    }
    assert one.details["depth"] == "40000"
    assert [link.href for link in one.links] == ["https://wiki.example.com/queue", "https://depth.example.com/q/1"]


SENDER = SenderSettings(secrets=(SecretStr("new-secret"), SecretStr("old-secret")))
RAW = body("pagerduty", "field-values")  # not ASCII


@pytest.mark.parametrize(
    "header",
    [
        f"v1={sign('new-secret', RAW)}",
        f"v1={sign('old-secret', RAW)}",
        f"v1={'0' * 64} , v1={sign('old-secret', RAW)}",
        f"v2=abc,v1={sign('new-secret', RAW)}",
    ],
)
def test_a_signature_with_any_of_the_secrets_is_enough(header: str) -> None:
    SOURCE.verify(hook(RAW, {"x-pagerduty-signature": header}), SENDER)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-pagerduty-signature": ""},
        {"x-pagerduty-signature": sign("new-secret", RAW)},
        {"x-pagerduty-signature": f"v2={sign('new-secret', RAW)}"},
        {"x-pagerduty-signature": f"v1={sign('other', RAW)}"},
        {"x-pagerduty-signature": f"v1={sign('new-secret', RAW + b' ')}"},
        {"x-pagerduty-signature": "v1=ä"},
    ],
)
def test_anything_else_is_forged(headers: dict[str, str]) -> None:
    with pytest.raises(SignatureInvalid):
        SOURCE.verify(hook(RAW, headers), SENDER)


def test_nothing_configured_lets_everybody_in() -> None:
    SOURCE.verify(hook(RAW), SenderSettings())
