from typing import Any

import pytest

from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus, Delivery, WebLink
from midwatch.domain.sender import SenderSettings
from tests.integrations.examples import at, delivered, only, row

CHANGED, CONTRIBUTED = at("01:40:32.123"), at("01:40:32")
TOPIC = "arn:aws:sns:eu-north-1:210987654321:harbour-alarms"
ARN = "arn:aws:cloudwatch:eu-north-1:210987654321:alarm:harbour-egress"


def test_an_alarm_of_one_metric() -> None:
    assert delivered("cloudwatch", "sns-alarm") == Delivery(
        id="7a0e0f6e-0000-5000-9000-0a0b0c0d0e0f",
        alerts=(
            Alert(
                source="cloudwatch",
                fingerprint=ARN,
                external_id="harbour-egress",
                status=AlertStatus.FIRING,
                severity=AlertSeverity.HIGH,
                title="harbour-egress",
                summary="Too much traffic leaves the harbour\nThreshold Crossed: 1 datapoint [7.1] was greater than "
                "the threshold (5.0).",
                labels={
                    "alertname": "harbour-egress",
                    "region": "eu-north-1",
                    "account": "210987654321",
                    "nat_gateway_id": "nat-0feed0feed0feed00",
                },
                details={
                    "state": "ALARM",
                    "state before": "OK",
                    "metric": "BytesOutToDestination",
                    "metric namespace": "AWS/NATGateway",
                    "statistic": "SUM",
                    "threshold": "5",
                    "comparison": "GreaterThanThreshold",
                    "period (s)": "300",
                    "evaluation periods": "1",
                    "datapoints to alarm": "1",
                    "missing data": "missing",
                },
                links=(
                    WebLink(
                        title="CloudWatch",
                        href="https://console.aws.amazon.com/cloudwatch/home?region=eu-north-1#alarmsV2:alarm/harbour-egress",
                    ),
                ),
                starts_at=CHANGED,
            ),
        ),
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sns-ok", ("resolved", "high", "harbour-egress", "", CHANGED, CHANGED)),
        ("sns-insufficient-data", ("firing", "medium", "harbour-egress", "", CHANGED, None)),
        ("sns-metric-math", ("firing", "critical", "[P1] ferry-db-connections", "", CHANGED, None)),
        ("sns-composite", ("firing", "high", "ferry-down", "", CHANGED, None)),
        ("raw-alarm", ("firing", "high", "harbour-egress", "", CHANGED, None)),
        ("eventbridge-alarm", ("firing", "critical", "harbour-egress", "harbour-net", CONTRIBUTED, None)),
        ("eventbridge-ok", ("resolved", "high", "harbour-egress", "", at("01:10:32"), CONTRIBUTED)),
        ("eventbridge-contributor", ("firing", "high", "harbour-egress", "", CONTRIBUTED, None)),
    ],
)
def test_status_severity_and_times(name: str, expected: tuple[Any, ...]) -> None:
    assert row(only("cloudwatch", name)) == expected


def test_metric_math_has_the_dimensions_its_metrics_agree_in() -> None:
    one = only("cloudwatch", "sns-metric-math")
    assert one.labels["cluster"] == "north"
    assert "db_instance" not in one.labels
    assert {k: v for k, v in one.details.items() if k.startswith("metric ")} == {
        "metric e1": "m1/m2",
        "metric m1": "Connections",
        "metric m2": "Connections",
    }


def test_a_composite_alarm_names_what_set_it_off() -> None:
    one = only("cloudwatch", "sns-composite")
    assert (one.details["triggered by"], one.details["rule"]) == (
        "ferry-5xx",
        'ALARM("ferry-5xx") AND ALARM("ferry-latency")',
    )


def test_a_topic_and_eventbridge_tell_of_one_alarm() -> None:
    assert only("cloudwatch", "eventbridge-alarm").fingerprint == only("cloudwatch", "sns-alarm").fingerprint == ARN
    assert only("cloudwatch", "eventbridge-alarm").labels == only("cloudwatch", "sns-alarm").labels


def test_each_contributor_is_an_alert_of_its_own() -> None:
    one = only("cloudwatch", "eventbridge-contributor")
    assert (one.fingerprint, one.labels["instance_id"]) == (ARN + ":c-17", "i-0c0ffee0c0ffee001")


@pytest.mark.parametrize(
    ("name", "kind", "sentence"),
    [
        ("sns-text", "unknown", "Not a CloudWatch alarm: message."),
        ("eventbridge-other", "unknown", "Not a CloudWatch alarm: EC2 Instance State-change Notification."),
        ("eventbridge-configuration", "ignored", "Alarm configuration changed, state unchanged."),
        ("sns-unsubscribed", "ignored", f"Topic {TOPIC} was unsubscribed: no more alarms are sent."),
    ],
)
def test_what_is_no_alarm(name: str, kind: str, sentence: str) -> None:
    assert getattr(delivered("cloudwatch", name), kind) == sentence


def test_only_a_topic_of_the_settings_is_confirmed() -> None:
    assert "add it to senders.cloudwatch.topics" in delivered("cloudwatch", "sns-subscription").ignored
    found = delivered("cloudwatch", "sns-subscription", SenderSettings(topics=(TOPIC,)))
    assert found.confirm.startswith("https://sns.eu-north-1.amazonaws.com/?Action=ConfirmSubscription&")
