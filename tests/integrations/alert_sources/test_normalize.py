"""The small pieces every inbox is made of."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.integrations.alert_sources.labels import service, standard, standard_labels
from midwatch.integrations.alert_sources.normalize import CUT, TEXT_BYTES, get_path, link, moment, text
from midwatch.integrations.alert_sources.vocabulary import severity, severity_tag, status

WHEN = datetime(2026, 3, 2, 1, 40, 5, tzinfo=UTC)
MILLI = WHEN.replace(microsecond=123000)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-03-02T01:40:05Z", WHEN),
        ("2026-03-02t01:40:05z", WHEN),
        ("2026-03-02 01:40:05", WHEN),
        ("2026-03-02 01:40:05 UTC", WHEN),
        ("2026-03-02T02:40:05+0100", WHEN),
        ("2026-03-02T02:40:05+01:00", WHEN),
        ("2026-03-02T01:40:05.123+0000", MILLI),
        ("2026-03-02T01:40:05.123000999Z", MILLI),
        (1772415605, WHEN),
        ("1772415605", WHEN),
        (1772415605.123, MILLI),
        (1772415605123, MILLI),
        ("1772415605123", MILLI),
        (1772415605123000, MILLI),
        (1772415605123000000, MILLI),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        (0, None),
        (True, None),
        (float("nan"), None),
        (float("inf"), None),
        (1e300, None),
        ("yesterday evening", None),
        ("2026-13-45T00:00:00Z", None),
        ("", None),
        (None, None),
        (["2026-03-02T01:40:05Z"], None),
    ],
)
def test_times_in_all_their_forms(said: Any, meant: datetime | None) -> None:
    assert moment(said) == meant


@given(st.datetimes(datetime(1981, 1, 1), datetime(2199, 1, 1), timezones=st.timezones()))
def test_a_written_time_is_read_back(when: datetime) -> None:
    assert moment(when.isoformat()) == when.astimezone(UTC)


@given(st.text() | st.floats() | st.integers())
def test_no_value_is_too_strange_to_be_no_time(value: Any) -> None:
    found = moment(value)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("critical", "critical"),
        ("page", "critical"),
        ("P1", "critical"),
        ("SEV-1", "critical"),
        ("sev 2", "high"),
        ("error", "high"),
        ("major", "high"),
        ("Warning", "medium"),
        ("minor", "medium"),
        ("P3 - Medium", "medium"),
        ("info", "low"),
        ("P5", "low"),
        ("none", "low"),
        ("4", "low"),
        ("2", "high"),
        ("purple", None),
        ("", None),
    ],
)
def test_severities(word: str, meant: str | None) -> None:
    assert severity(word) == meant


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("[P1] disk full", "critical"),
        ("sev-2: queue", "high"),
        ("p3_latency", "medium"),
        ("latency-p50", None),
        ("pop1", None),
        ("top1-p2p", None),
        ("disk", None),
    ],
)
def test_a_severity_written_into_a_name(name: str, meant: str | None) -> None:
    assert severity_tag(name) == meant


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("OK", "resolved"),
        ("Recovered", "resolved"),
        ("not ok", None),
        ("acked", "acknowledged"),
        ("ALERTING", "firing"),
        ("No Data", "firing"),
    ],
)
def test_statuses(word: str, meant: str | None) -> None:
    assert status(word) == meant


def test_labels_get_our_names_and_none_is_written_over() -> None:
    assert standard({"kube_namespace": "a", "namespace": "b", "PodName": "p", "k8s.node.name": "n", "Team": "t"}) == {
        "namespace": "b",
        "kube_namespace": "a",
        "pod": "p",
        "node": "n",
        "Team": "t",
    }


def test_only_a_metric_of_an_exporter_loses_its_place() -> None:
    down = {
        "alertname": "TargetDown",
        "job": "kube-state-metrics",
        "namespace": "monitoring",
        "service": "kube-state-metrics",
    }
    assert standard(down) == down
    pod = {
        "job": "kube-state-metrics",
        "instance": "10.0.0.1:8080",
        "service": "kube-state-metrics",
        "pod": "tide-0",
        "container": "tide",
    }
    assert standard(pod) == {"job": "kube-state-metrics", "pod": "tide-0", "container": "tide"}


def test_what_names_a_service_and_a_thing() -> None:
    assert service({"app": "b", "service": "a"}) == "a"
    assert service({"team": "a"}) == ""
    assert standard_labels({"pod_name": "a", "depth": 4, "cluster": {"no": 1}, "host": True}) == {"pod_name": "a"}


@pytest.mark.parametrize("url", ["https://a.example/x?y=1#z", "http://10.0.0.1:9090/graph"])
def test_links_lead_to_the_web(url: str) -> None:
    assert link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "//a.example",
        "https://a b",
        'https://a"onclick=',
        "https://a\n.example",
        "ftp://a",
        7,
        None,
        ["https://a"],
    ],
)
def test_anything_else_is_no_link(url: Any) -> None:
    assert link(url) == ""


@given(st.text(max_size=50).map(lambda t: t * 3000))
def test_no_text_is_longer_than_its_limit(value: str) -> None:
    found = text(value)
    assert len(found.encode()) <= TEXT_BYTES
    assert found.endswith(CUT) or len(found.encode()) <= TEXT_BYTES


def test_paths_through_lists_and_objects() -> None:
    document = {"a": [{"b": 1}], "c": None}
    assert get_path(document, "a", "0", "b") == 1
    assert [
        get_path(document, *path) for path in (("a", "1"), ("a", "-1"), ("a", "²"), ("c", "d"), ("x",), ("a", "b"))
    ] == [None] * 6
