from typing import Any

import pytest
from pydantic import SecretStr

from midwatch.domain.alert import AlertComment
from midwatch.domain.alert_source import SignatureInvalid
from midwatch.domain.sender import SenderSettings
from midwatch.kit.signatures import sign
from tests.integrations.examples import at, body, comment, delivered, hook, only, row
from tests.plugged import alert_sources

BEGAN = at("01:40:05")
TITLE = "PoolTimeout: no free connection"

SOURCE = alert_sources()["sentry"]


@pytest.mark.parametrize(
    ("name", "expected", "fingerprint"),
    [
        ("issue-alert", ("firing", "high", TITLE, "ferry-booking", at("01:40:05.120"), None), "issue:5501"),
        ("issue-created", ("firing", "critical", TITLE, "ferry-booking", BEGAN, None), "issue:5501"),
        ("issue-resolved", ("resolved", "critical", TITLE, "ferry-booking", BEGAN, at("01:55:00")), "issue:5501"),
        (
            "metric-critical",
            ("firing", "critical", "Too many failures", "ferry-booking", at("01:30:00"), None),
            "metric:77",
        ),
        (
            "metric-warning",
            ("firing", "medium", "Too many failures", "ferry-booking", at("01:30:00"), None),
            "metric:77",
        ),
        (
            "metric-resolved",
            ("resolved", "medium", "Too many failures", "ferry-booking", at("01:30:00"), at("02:10:00")),
            "metric:77",
        ),
        ("plugin", ("firing", "medium", "StaleTable", "tide-tables", BEGAN, None), "issue:5502"),
    ],
)
def test_status_severity_and_times(name: str, expected: tuple[Any, ...], fingerprint: str) -> None:
    assert (row(only("sentry", name)), only("sentry", name).fingerprint) == (expected, fingerprint)


def test_what_an_issue_is_about_and_nobody_who_met_it() -> None:
    one = only("sentry", "issue-alert")
    assert one.labels == {"project": "ferry-booking", "environment": "prod", "host": "booking-web-5d8c7"}
    assert one.details == {
        "culprit": "ferry.booking in reserve",
        "platform": "python",
        "release": "3.1.4",
        "event": "00112233445566778899aabbccddeeff",
        "rule": "Pool is empty",
        "tag server_name": "booking-web-5d8c7",
        "tag environment": "prod",
    }
    assert [link.href for link in one.links] == ["https://sentry.example.com/organizations/harbour/issues/5501/"]
    assert "192.0.2.7" not in one.model_dump_json()


def test_thresholds_of_a_metric() -> None:
    assert only("sentry", "metric-critical").details["thresholds"] == "critical: 500, warning: 100"


def test_people_talk_about_an_issue() -> None:
    assert comment("sentry", "comment") == AlertComment(
        fingerprint="issue:5501",
        external_id="5501",
        id="31",
        kind="comment",
        text="The pool is too small",
        actor="Mara Lindqvist",
        actor_id="7",
        at=at("01:58:00"),
    )
    assert comment("sentry", "issue-assigned").text == "Assigned to Joss Okafor."


def test_an_installation_is_no_alert() -> None:
    assert delivered("sentry", "installed", headers={"request-id": "r-1"}).ignored.startswith("Sentry integration")
    assert delivered("sentry", "installed", headers={"request-id": "r-1"}).id == "r-1"


def test_the_signature_is_over_the_body() -> None:
    raw, sender = body("sentry", "issue-alert"), SenderSettings(secrets=(SecretStr("client"),))
    SOURCE.verify(hook(raw, {"sentry-hook-signature": sign("client", raw)}), sender)
    for forged in ({}, {"sentry-hook-signature": sign("client", raw[:-1])}, {"sentry-hook-signature": "é"}):
        with pytest.raises(SignatureInvalid):
            SOURCE.verify(hook(raw, forged), sender)
