"""What people save of their monitoring: tables, Prometheus answers, alerts, call graphs; read from a dump by their
content."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.analysis.series import Series
from midwatch.integrations.kubernetes.measured import beside, prometheus, tables, units
from midwatch.integrations.kubernetes.measured.signals import signal, split
from midwatch.integrations.kubernetes.objects.saved import FiringAlert, ServiceCall
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
    ("column", "entity", "name", "unit"),
    [
        ("web-cpu", "web", "cpu", ""),
        ("shop-cart-db-0_mem", "shop-cart-db-0", "memory", ""),
        ("web-cpu_cfs", "web", "cpu_throttled", ""),
        ("web-p95latency", "web", "latency_p95", ""),
        ("web_lat_50", "web", "latency_p50", ""),
        ("latency-api-latency_p99_ms", "latency-api", "latency_p99", "ms"),
        ("net-network_receive", "net", "network_receive", ""),
        ("web-network_receive_packets_dropped", "web", "network_drops", ""),
        ("node-7-tcp_retransmits", "node-7", "tcp_retransmits", ""),
        ("success-api-success_rate", "success-api", "success_rate", ""),
        ("web-rps", "web", "request_rate", "req/s"),
    ],
)
def test_a_column_is_an_entity_and_a_signal(column: str, entity: str, name: str, unit: str) -> None:
    found = split(column)
    assert found is not None
    assert (found[0], found[1].name, found[1].unit) == (entity, name, unit)


@pytest.mark.parametrize("column", ["time", "cpu", "web-color", "-cpu", "a" * 300 + "-cpu", ""])
def test_other_columns_are_none(column: str) -> None:
    assert split(column) is None


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


def test_a_table_with_holes() -> None:
    text = (
        "\ufefftime,web-cpu,web-p95latency,web-color\n2026-11-21 02:00:00,0.1,4.8,red\n"
        "2026-11-21 02:00:05,,NaN,red\n\n2026-11-21 02:00:10,0.3,5\n"
    )
    assert tables.is_table(text)
    found, problems = tables.read(text)
    assert short(units.completed(found)) == [
        ("web", "cpu", "", [0.1, None, 0.3]),
        ("web", "latency_p95", "ms", [4.8, None, 5.0]),
    ]
    assert [t - found[0].times[0] for t in found[0].times] == [0, 5, 10]
    assert not found[0].zoned
    assert problems == [(1, "no signal is known by the name 'web-color'")]


@pytest.mark.parametrize(
    "time", ["2026-11-21T02:00:{:02}Z", "17636900{:02}", "17636900{:02}000", "2026-11-21 02:00:{:02}+01:00"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_times_and_separators(time: str, separator: str) -> None:
    rows = [separator.join((time.format(n), "1", "2")) for n in (5, 10, 10, 20)]
    text = "\n".join((separator.join(("timestamp", "a-cpu", "b-cpu")), *rows))
    assert tables.is_table(text)
    found, problems = tables.read(text)
    assert [t - found[0].times[0] for t in found[0].times] == [0, 5, 15]
    assert found[0].zoned
    assert [line for line, _ in problems] == [4]


@given(st.text(max_size=200), st.text(max_size=30))
def test_any_table_is_safe(text: str, header: str) -> None:
    for content in (
        text,
        f"time,{header}\n{text}",
        f"time,web-cpu\n{text}",
        f"time,web-cpu\n2026-11-21 02:00:00,{text}\n2026-11-21 02:00:01,1",
    ):
        tables.is_table(content)
        for series in tables.read(content)[0]:
            assert len(series.times) == len(series.values)
            assert list(series.times) == sorted(set(series.times))


def test_seconds_and_milliseconds_are_told_apart() -> None:
    quick = Series("a", "latency_p95", "", [0, 1], [0.004, 0.05])
    assert [s.unit for s in units.completed([quick, Series("a", "cpu", "", [0], [1.0])])] == ["s", ""]
    assert [s.unit for s in units.completed([Series("a", "latency_p95", "", [0, 1], [4, 50])])] == ["ms"]


def test_a_matrix_by_its_labels() -> None:
    found, missed = prometheus.read(
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
    (found,), _ = prometheus.read([counted], "a.json")
    assert list(found.values) == [None, 0.1, 0.2, None, 0.1]


def test_the_file_names_the_signal_where_the_series_do_not() -> None:
    (found,), _ = prometheus.read([one({"service": "web"}, "4.5")], "monitoring/latency-p99-ms.json")
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
            prometheus.read(result, "cpu.json")
        beside.translated(value)


async def test_a_dump_with_metrics(tmp_path: Path) -> None:
    table = "time,web-cpu,web-p95latency\n2026-11-21T02:00:00Z,0.1,4.8\n2026-11-21T02:00:05Z,0.2,5\n"
    answer = matrix(one({"pod": "api-1", "namespace": "other"}, "1"), one({"pod": "web-1", "namespace": "shop"}, "2"))
    reader = dump(tmp_path, pods_json=listed("PodList", pod("web-1")), metrics_txt=table, prom__cpu_json=answer)
    found = await reader.measured("")
    assert sorted(s.name for s in found.series) == ["api-1/cpu", "web-1/cpu", "web/cpu", "web/latency_p95"]
    assert found.query == "2 files: metrics.txt, prom/cpu.json"
    assert sorted(s.entity for s in (await reader.measured("shop")).series) == ["web", "web", "web-1"]
    assert (await reader.about()).unreadable == ()


async def test_a_dump_without_metrics_says_so(tmp_path: Path) -> None:
    reader = dump(tmp_path, pods_json=listed("PodList", pod("web-1")))
    with pytest.raises(Refused, match="holds no metrics") as refused:
        await reader.measured("")
    assert refused.value.absent


async def test_what_cannot_be_used_of_a_table_is_named(tmp_path: Path) -> None:
    reader = dump(tmp_path, pods_json=listed("PodList", pod("web-1")), m_csv="time,web-cpu,web-color\nyesterday,1,2\n")
    assert [(u.file, u.line) for u in (await reader.about()).unreadable] == [("m.csv", 1), ("m.csv", 2)]


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
    (found,) = (await reader.saved("firing_alerts")).items
    assert isinstance(found, FiringAlert)
    assert (found.alert, found.about) == ("Slow", {"service": "web"})


async def test_who_calls_whom(tmp_path: Path) -> None:
    calls = {"data": [{"parent": "web", "child": "db", "callCount": 12}], "total": 1}
    reader = dump(tmp_path, pods_json=listed("PodList", pod("web-1")), dependencies_json=calls)
    (found,) = (await reader.saved("traced_calls")).items
    assert isinstance(found, ServiceCall)
    assert (found.caller, found.callee) == ("web", "db")
