from datetime import timedelta

import pytest
from pydantic import SecretStr

from midwatch.domain.alert_source import SignatureInvalid, WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.kit.signatures import sign
from tests.integrations.examples import NOW, at, body, delivered, hook, only, row
from tests.plugged import alert_sources

SOURCE = alert_sources()["grafana"]


def test_a_firing_rule() -> None:
    one = only("grafana", "firing")
    assert row(one) == ("firing", "high", "Disk of quay-3 above 90 %", "", at("01:40:00"), None)
    assert one.fingerprint == "00aa00aa00aa00aa"
    assert one.labels == {
        "alertname": "Disk nearly full",
        "grafana_folder": "Ferry",
        "severity": "major",
        "host": "quay-3",
    }
    assert one.details == {"value B": "91.5", "value C": "1"}
    assert [link.title for link in one.links] == ["Rule", "Dashboard", "Silence"]


def test_a_rule_that_is_well_again() -> None:
    one = only("grafana", "resolved")
    assert row(one) == ("resolved", "high", "Disk of quay-3 above 90 %", "", at("01:40:00"), at("02:10:00"))
    assert one.details == {"values": "[ var='B' value=0.91 ]"}


def test_no_data_is_medium_whatever_the_rule_says() -> None:
    assert [row(a)[:3] for a in delivered("grafana", "no-data").alerts] == [
        ("firing", "medium", "No data: Ferry latency"),
        ("firing", "medium", "The rule cannot be evaluated: Tide age"),
    ]


def test_a_test_of_the_contact_point_is_ignored() -> None:
    assert delivered("grafana", "test").ignored == "Test notification of the contact point."


SENDER = SenderSettings(secrets=(SecretStr("new"), SecretStr("old")))
RAW = body("grafana", "firing")
STAMP = str(int(NOW.timestamp()))


def signed(secret: str, stamp: str = "") -> WebhookRequest:
    parts = (stamp.encode(), b":", RAW) if stamp else (RAW,)
    headers = {"x-grafana-alerting-signature": sign(secret, *parts)}
    return hook(RAW, headers | ({"x-grafana-alerting-timestamp": stamp} if stamp else {}))


@pytest.mark.parametrize("secret", ["new", "old"])
@pytest.mark.parametrize("stamp", ["", STAMP])
def test_the_body_is_signed_with_or_without_the_time(secret: str, stamp: str) -> None:
    SOURCE.verify(signed(secret, stamp), SENDER)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_with_an_old_time_is_forged(minutes: int) -> None:
    stamp = str(int((NOW + timedelta(minutes=minutes)).timestamp()))
    with pytest.raises(SignatureInvalid, match="does not match"):
        SOURCE.verify(signed("new", stamp), SENDER)


def test_the_time_cannot_be_left_out_of_a_signature_that_has_it() -> None:
    with pytest.raises(SignatureInvalid):
        SOURCE.verify(hook(RAW, {"x-grafana-alerting-signature": sign("new", STAMP.encode(), b":", RAW)}), SENDER)


def test_another_secret_is_forged() -> None:
    with pytest.raises(SignatureInvalid):
        SOURCE.verify(signed("other"), SENDER)
    with pytest.raises(SignatureInvalid, match="X-Grafana-Alerting-Signature is missing"):
        SOURCE.verify(hook(RAW), SENDER)
