"""What people save of their monitoring: tables, Prometheus answers, alerts, call graphs; read from a dump by their
content."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.analysis.series import Series
from midwatch.integrations.kubernetes.measured import prometheus, saved_answers, units
from midwatch.integrations.kubernetes.objects.saved_objects import FiringAlert, ServiceCall
from midwatch.integrations.kubernetes.objects.signals import signal
from midwatch.integrations.kubernetes.reader import Refused
from tests.integrations.kubernetes.test_dump import dump, listed, pod

Json = dict[str, Any]
T = 1_763_690_000


def matrix(*result: Json) -> Json:
    return {"status": "success", "data": {"resultType": "matrix", "result": list(result)}}


def one(labels: dict[str, str], *values: str) -> Json:
    return {"metric": labels, "values": [[T + 30 * n, v] for n, v in enumerate(values)]}


def short(found: list[Series]) -> list[tuple[str, str, str, list[float | None]]]:
    return [(s.entity, s.signal, s.unit, list(s.values)) for s in found]


@pytest.mark.parametrize(
    ("metric", "name", "unit"),
    [
        ("cpu", "cpu", ""),
        ("mem", "memory", ""),
        ("cpu_cfs", "cpu_throttled", ""),
        ("p95_latency", "latency_p95", ""),
        ("lat_50", "latency_p50", ""),
        ("latency_p99_ms", "latency_p99", "ms"),
        ("network_receive", "network_receive", ""),
        ("network_receive_packets_dropped", "network_drops", ""),
        ("tcp_retransmits", "tcp_retransmits", ""),
        ("success_rate", "success_rate", ""),
        ("rps", "request_rate", "req/s"),
    ],
)
def test_a_metric_is_one_of_our_signals(metric: str, name: str, unit: str) -> None:
    found = signal(metric)
    assert found is not None
    assert (found.name, found.unit) == (name, unit)


@pytest.mark.parametrize("metric", ["time", "color", "a" * 300 + "_cpu", ""])
def test_other_metrics_are_none(metric: str) -> None:
    assert signal(metric) is None


@pytest.mark.parametrize(
    ("metric", "name", "unit", "counter"),
    [
        ("container_cpu_usage_seconds_total", "cpu", "s", True),
        ("container_cpu_cfs_throttled_seconds_total", "cpu_throttled", "s", True),
        ("container_memory_working_set_bytes", "memory", "bytes", False),
        ("node_netstat_Tcp_RetransSegs", "tcp_retransmits", "", False),
        ("container_network_transmit_packets_dropped_total", "network_drops", "", True),
        ("istio_request_duration_milliseconds_p95", "latency_p95", "ms", False),
    ],
)
def test_metrics_of_known_exporters(metric: str, name: str, unit: str, counter: bool) -> None:
    found = signal(metric)
    assert found is not None
    assert (found.name, found.unit, found.counter) == (name, unit, counter)
    assert signal("kube_pod_info") is None


def test_seconds_and_milliseconds_are_told_apart() -> None:
    quick = Series("a", "latency_p95", "", [0, 1], [0.004, 0.05])
    assert [s.unit for s in units.with_units([quick, Series("a", "cpu", "", [0], [1.0])])] == ["s", ""]
    assert [s.unit for s in units.with_units([Series("a", "latency_p95", "", [0, 1], [4, 50])])] == ["ms"]


def test_a_matrix_by_its_labels() -> None:
    found, missed = prometheus.parse_result(
        [
            one(
                {"__name__": "latency_p95_seconds", "destination_workload": "web", "namespace": "shop"},
                "0.1",
                "NaN",
                "+Inf",
            ),
            one(
                {
                    "__name__": "container_memory_working_set_bytes",
                    "pod": "web-1",
                    "container": "app",
                    "namespace": "shop",
                },
                "10",
                "20",
            ),
            one(
                {
                    "__name__": "container_memory_working_set_bytes",
                    "pod": "web-1",
                    "container": "proxy",
                    "namespace": "shop",
                },
                "1",
                "2",
            ),
            one(
                {"__name__": "node_netstat_Tcp_RetransSegs", "instance": "10.0.0.7:9100", "namespace": "monitoring"},
                "1",
            ),
            one({"__name__": "kube_pod_info", "pod": "web-1"}, "1"),
        ],
        "prom.json",
    )
    assert [(s.namespace, s.entity, s.role, s.signal, list(s.values)) for s in found] == [
        ("shop", "web", "workload", "latency_p95", [0.1, None, None]),
        ("shop", "web-1", "pod", "memory", [11, 22]),
        ("", "10.0.0.7:9100", "node", "tcp_retransmits", [1]),
    ]
    assert missed.startswith("1 of 5 series")


def test_a_counter_becomes_a_rate_over_its_restarts() -> None:
    counted = one({"__name__": "container_cpu_usage_seconds_total", "pod": "web-1"}, "100", "103", "109", "2", "5")
    (found,), _ = prometheus.parse_result([counted], "a.json")
    assert list(found.values) == [None, 0.1, 0.2, None, 0.1]


def test_the_file_names_the_signal_where_the_series_do_not() -> None:
    (found,), _ = prometheus.parse_result([one({"service": "web"}, "4.5")], "monitoring/latency-p99-ms.json")
    assert short([found]) == [("web", "latency_p99", "ms", [4.5])]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["data", "resultType", "result", "labels", "alerts", "values", "metric"]), JSON))
def test_any_answer_is_safe(raw: Json) -> None:
    for value in (
        raw,
        {"data": raw},
        matrix(raw),
        {"alerts": [{**raw, "labels": raw.get("labels")}]},
        {"data": [{"parent": 1, "child": raw}]},
    ):
        if (result := prometheus.matrix(value)) is not None:
            prometheus.parse_result(result, "cpu.json")
        saved_answers.translate(value)


async def test_a_dump_with_metrics(tmp_path: Path) -> None:
    answer = matrix(one({"pod": "api-1", "namespace": "other"}, "1"), one({"pod": "web-1", "namespace": "shop"}, "2"))
    reader = dump(tmp_path, pods_json=listed("PodList", pod("web-1")), prom__cpu_json=answer)
    found = await reader.series("")
    assert sorted(s.name for s in found.series) == ["api-1/cpu", "web-1/cpu"]
    assert found.query == "file prom/cpu.json"
    assert sorted(s.entity for s in (await reader.series("shop")).series) == ["web-1"]
    assert (await reader.version()).unreadable == ()


async def test_a_dump_without_metrics_says_so(tmp_path: Path) -> None:
    reader = dump(tmp_path, pods_json=listed("PodList", pod("web-1")))
    with pytest.raises(Refused, match="holds no metrics") as refused:
        await reader.series("")
    assert refused.value.absent


PROMETHEUS = {
    "labels": {"alertname": "Slow", "service": "web"},
    "state": "firing",
    "value": "1.5e+00",
    "activeAt": "2026-11-21T02:00:00Z",
}
ALERTMANAGER = {
    "labels": {"alertname": "Slow", "service": "web"},
    "status": {"state": "active"},
    "annotations": {"summary": "p95 is up"},
}


@pytest.mark.parametrize(
    "saved",
    [
        json.dumps({"status": "success", "data": {"alerts": [PROMETHEUS, {**PROMETHEUS, "state": "pending"}]}}),
        json.dumps([ALERTMANAGER]),
        json.dumps(
            {"receiver": "x", "alerts": [{**ALERTMANAGER, "status": "firing"}, {**ALERTMANAGER, "status": "resolved"}]}
        ),
    ],
)
async def test_alerts_that_fire(tmp_path: Path, saved: str) -> None:
    reader = dump(tmp_path, pods_json=listed("PodList", pod("web-1")), alerts_json=saved)
    (found,) = (await reader.saved_objects("firing_alerts")).items
    assert isinstance(found, FiringAlert)
    assert (found.alert, found.about) == ("Slow", {"service": "web"})


async def test_who_calls_whom(tmp_path: Path) -> None:
    calls = {"data": [{"parent": "web", "child": "db", "callCount": 12}], "total": 1}
    reader = dump(tmp_path, pods_json=listed("PodList", pod("web-1")), dependencies_json=calls)
    (found,) = (await reader.saved_objects("traced_calls")).items
    assert isinstance(found, ServiceCall)
    assert (found.caller, found.callee) == ("web", "db")
