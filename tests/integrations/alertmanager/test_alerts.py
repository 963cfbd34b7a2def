import base64

import pytest
from pydantic import SecretStr

from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus, WebLink
from midwatch.domain.alert_source import SignatureInvalid
from midwatch.domain.sender import SenderSettings
from tests.integrations.examples import at, delivered, hook, only, row
from tests.plugged import alert_sources

SOURCE = alert_sources()["alertmanager"]


def test_each_alert_of_a_group_has_its_own_status() -> None:
    found = delivered("alertmanager", "mixed")
    assert found.alerts[0] == Alert(
        source="alertmanager",
        fingerprint="0123456789abcdef",
        external_id="0123456789abcdef",
        status=AlertStatus.FIRING,
        severity=AlertSeverity.CRITICAL,
        title="Pod is crash looping.",
        summary="Pod ferry/booking-web-5d8c7 (web) waits: CrashLoopBackOff",
        labels={
            "alertname": "KubePodCrashLooping",
            "namespace": "ferry",
            "pod": "booking-web-5d8c7",
            "container": "web",
            "severity": "critical",
            "cluster": "north",
            "prometheus": "monitoring/k8s",
        },
        details={"dashboard": "https://grafana.example.com/d/pods"},
        links=(
            WebLink(title="Runbook", href="https://runbooks.example.com/crash"),
            WebLink(title="Rule", href="https://prometheus.example.com/graph?g0.expr=up"),
            WebLink(title="Alertmanager", href="https://alertmanager.example.com"),
        ),
        starts_at=at("01:40:00.123456"),
    )
    assert row(found.alerts[1]) == (
        "resolved",
        "critical",
        "Pod is crash looping.",
        "",
        at("01:40:00.123456"),
        at("01:55:00"),
    )
    assert found.omitted == 3


def test_an_end_in_the_future_is_no_end() -> None:
    assert only("alertmanager", "future-end").ends_at is None


def test_alerts_that_only_show_that_alerting_works_are_ignored() -> None:
    assert delivered("alertmanager", "watchdog").ignored == "Watchdog: watchdog or inhibitor alert, not an incident."


def test_labels_of_the_exporter_are_not_those_of_what_it_measures() -> None:
    deployment, queue = delivered("alertmanager", "exporter-labels").alerts
    assert deployment.labels == {
        "alertname": "KubeDeploymentReplicasMismatch",
        "job": "kube-state-metrics",
        "namespace": "ferry",
        "deployment": "booking-web",
        "severity": "warning",
    }
    assert row(deployment)[:4] == ("firing", "medium", "KubeDeploymentReplicasMismatch", "")
    assert queue.labels == {
        "alertname": "QueueDeep",
        "job": "rabbit",
        "namespace": "ferry",
        "service": "ferry-booking",
        "severity": "page",
    }
    assert row(queue)[:4] == ("firing", "critical", "Queue is deep", "ferry-booking")


def test_prometheus_itself_sends_no_status_and_an_end_that_has_passed() -> None:
    found = delivered("alertmanager", "pushed-by-prometheus").alerts
    assert [row(a) for a in found] == [
        ("resolved", "medium", "A target is down", "", at("01:00:00"), at("01:30:00")),
        ("firing", "medium", "TargetDown", "", at("01:00:00"), None),
    ]


SENDER = SenderSettings(tokens=(SecretStr("gangway"), SecretStr("gangplank")))


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer gangway"},
        {"authorization": "bearer gangplank"},
        {"authorization": "Basic " + base64.b64encode(b"alertmanager:gangway").decode()},
        {"x-midwatch-token": "gangway"},
    ],
)
def test_a_token_in_any_of_the_usual_places(headers: dict[str, str]) -> None:
    SOURCE.verify(hook(b"{}", headers), SENDER)


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer gangwa", "Basic gangway", "Basic é", "Digest gangway", "gangway"]
)
def test_no_token_is_forged(value: str) -> None:
    with pytest.raises(SignatureInvalid, match="Missing or invalid token"):
        SOURCE.verify(hook(b"{}", {"authorization": value}), SENDER)


def test_a_token_in_the_address_counts() -> None:
    SOURCE.verify(hook(b"{}", token="gangway"), SENDER)


def test_a_secret_is_of_no_use_where_nothing_is_signed() -> None:
    with pytest.raises(SignatureInvalid, match=r"set senders\.alertmanager\.tokens"):
        SOURCE.verify(hook(b"{}"), SenderSettings(secrets=(SecretStr("s"),)))
