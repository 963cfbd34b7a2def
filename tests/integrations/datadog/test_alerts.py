from typing import Any

import pytest

from tests.integrations.examples import at, delivered, only, row

BEGAN = at("01:40:05")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("triggered", ("firing", "high", "Cranes are idle", "", BEGAN, None)),
        ("recovered", ("resolved", "high", "Cranes are idle", "", BEGAN, at("01:50:05"))),
        ("no-data", ("firing", "medium", "Cranes are idle", "cranes", BEGAN, None)),
        ("warn", ("firing", "medium", "Cranes are idle", "", BEGAN, None)),
        ("default", ("firing", "medium", "Cranes are slow", "", BEGAN, None)),
    ],
)
def test_status_severity_and_times(name: str, expected: tuple[Any, ...]) -> None:
    assert row(only("datadog", name)) == expected


def test_tags_and_scope_become_labels() -> None:
    one = only("datadog", "triggered")
    assert one.labels == {"environment": "prod", "cluster": "north", "namespace": "ferry", "pod": "booking-web-5d8c7"}
    assert one.details == {
        "metric": "harbour.cranes.idle",
        "query": "avg(last_5m):avg:harbour.cranes.idle{*} > 4",
        "status": "harbour.cranes.idle was > 4",
        "transition": "Triggered",
        "scope": "kube_namespace:ferry,pod_name:booking-web-5d8c7",
        "tags": "monitor",
    }
    assert only("datadog", "no-data").labels["host"] == "quay-3"
    assert only("datadog", "default").labels == {"host": "quay-3", "environment": "prod"}


def test_trigger_and_recovery_are_one_alert_and_each_a_delivery() -> None:
    assert (
        only("datadog", "triggered").fingerprint
        == only("datadog", "recovered").fingerprint
        == "90210:kube_namespace:ferry,pod_name:booking-web-5d8c7"
    )
    assert delivered("datadog", "triggered").id == "880001"
    assert only("datadog", "triggered").external_id == "8800"


def test_a_variable_left_as_it_is_means_nothing() -> None:
    assert "$" not in only("datadog", "triggered").model_dump_json()
    assert delivered("datadog", "payload").unknown.startswith("Title is missing")


def test_a_muted_monitor_is_ignored() -> None:
    assert delivered("datadog", "muted").ignored == "Muted in Datadog: Cranes are idle"
