"""A shop whose services call one another: front → cart → store, front → ads; what was measured tells where the slowness
begins."""

from collections.abc import Sequence
from typing import Any

import pytest

from midwatch.analysis.series import Series
from midwatch.diagnosis.kubernetes.analyse import analyse
from midwatch.diagnosis.kubernetes.codes import CODES
from midwatch.domain.evidence import Evidence
from midwatch.domain.finding import Finding
from midwatch.reasoning.rules import diagnose
from tests.integrations.kubernetes.network_world import Thing, deployment, pod, service, thing
from tests.integrations.kubernetes.situation import NOW, evidence

CALLS = {"front": ("cart", "ads"), "cart": ("store",), "ads": (), "store": ()}
PLACES = {"front": "node-1", "cart": "node-2", "ads": "node-2", "store": "node-1"}
START = NOW.timestamp() - 400


def shop(calls: dict[str, tuple[str, ...]] = CALLS, **places: str) -> list[Thing]:
    """A Deployment, a ready pod and a Service each; callers name their Services in their environment."""
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    found = [
        thing(
            "Node",
            name,
            namespace="",
            status={**ready, "addresses": [{"type": "InternalIP", "address": f"10.0.0.{name[-1]}"}]},
        )
        for name in NODES
    ]
    for name, callees in calls.items():
        env = [{"name": f"{callee.upper()}_ADDR", "value": f"{callee}:8080"} for callee in callees]
        box = {"env": env, "resources": {"limits": {"memory": "100Mi"}}}
        above = thing(
            "ReplicaSet", f"{name}-6d4cf56db6", owner=f"Deployment/{name}", spec={"replicas": 1}, status={"replicas": 1}
        )
        place = (PLACES | places).get(name, "node-3")
        own = pod(
            f"{name}-6d4cf56db6-x2x7k", name, owner=f"ReplicaSet/{name}-6d4cf56db6", container=box, nodeName=place
        )
        found += [deployment(name), above, own, service(name, name, port=8080)]
    return found


NODES = ("node-1", "node-2", "node-3")


def measured(entity: str, signal: str, calm: float, later: float, unit: str = "", **more: Any) -> Series:
    values = (
        [calm * (1 + 0.02 * (n % 3)) for n in range(20)]
        + [later * (1 + 0.02 * (n % 3)) for n in range(30)]
        + [calm] * 10
    )
    return Series(entity, signal, unit, [START + 5 * n for n in range(60)], values, **more)


def latency(entity: str, middle: float = 5, tail: float = 0) -> list[Series]:
    return [
        measured(entity, "latency_p50", 5, middle, "ms"),
        measured(entity, "latency_p95", 10, tail or 2 * middle, "ms"),
        measured(entity, "cpu", 0.1, 0.1),
        measured(entity, "cpu_throttled", 0.0, 0.0),
    ]


def seen(objects: Sequence[Thing], *found: Sequence[Series], **more: Any) -> list[Evidence]:
    return evidence(objects, measured=[s for each in found for s in each], **more)


def roots(items: list[Evidence]) -> list[tuple[str, str, str]]:
    """Code, verdict and owner of each cause; every citation is proved on the way."""
    diagnosis = diagnose(analyse(items), items, (), CODES)
    assert diagnosis.unproved == 0
    return [(c.finding.code, c.verdict.value, c.finding.owner.name) for c in diagnosis.causes]


def slow(items: list[Evidence]) -> dict[str, Finding]:
    return {f.owner.name: f for f in analyse(items).findings if f.code.startswith("K8S-95")}


CALM = [*latency("front"), *latency("cart"), *latency("ads"), *latency("store")]


def but(*changed: Sequence[Series]) -> list[Series]:
    new = {s.name: s for each in changed for s in each}
    return [*(s for s in CALM if s.name not in new), *new.values()]


def test_nothing_is_slow() -> None:
    assert roots(seen(shop(), CALM)) == []


def test_the_slow_dependency_is_named_and_not_its_victims() -> None:
    items = seen(shop(), but(latency("front", 900), latency("cart", 600), latency("store", 400)))
    assert roots(items) == [("K8S-952", "LIKELY", "store")]
    found = slow(items)
    assert "median" not in found["store"].message
    assert "p95 latency 10" in found["store"].message
    assert {name: f.code for name, f in found.items() if name != "store"} == {"front": "K8S-957", "cart": "K8S-957"}
    assert found["store"].onset is not None


def test_an_echo_in_the_tail_is_no_cause() -> None:
    assert roots(seen(shop(), but(latency("front", 900), latency("cart", 600), latency("store", 5, 200)))) == [
        ("K8S-952", "LIKELY", "cart")
    ]


def test_cpu_that_is_throttled_is_the_cause() -> None:
    strained = [
        *latency("store", 5, 80),
        measured("store", "cpu", 0.05, 0.4),
        measured("store", "cpu_throttled", 0.01, 0.8),
    ]
    items = seen(shop(), but(strained, latency("front", 5, 90), latency("cart", 5, 85)))
    assert roots(items) == [("K8S-951", "CONFIRMED", "store")]
    assert "CPU throttling 80 times as high; CPU 8 times as high" in slow(items)["store"].message


def test_what_is_throttled_and_has_no_latency_explains_its_callers() -> None:
    strained = [measured("store", "cpu", 0.05, 0.4), measured("store", "cpu_throttled", 0.01, 0.8)]
    found = [s for s in but(latency("front", 5, 90), latency("cart", 5, 85)) if s.entity != "store"]
    assert roots(seen(shop(), found, strained)) == [("K8S-951", "CONFIRMED", "store")]


def test_busy_and_fast_is_no_fault() -> None:
    assert (
        roots(seen(shop(), but([measured("ads", "cpu", 0.05, 0.4), measured("ads", "cpu_throttled", 0.01, 0.8)]))) == []
    )


def test_cpu_without_a_record_of_throttling_is_only_likely() -> None:
    found = [
        s for s in but(latency("store", 400), [measured("store", "cpu", 0.05, 0.4)]) if s.signal != "cpu_throttled"
    ]
    assert roots(seen(shop(), found)) == [("K8S-951", "LIKELY", "store")]


def test_lost_packets_and_full_memory() -> None:
    lost = [measured("store", "network_drops", 0, 30)]
    assert roots(seen(shop(), but(latency("store", 400), lost))) == [("K8S-953", "LIKELY", "store")]
    full = [measured("store", "memory", 40 * 2**20, 99 * 2**20, "bytes")]
    assert roots(seen(shop(), but(latency("store", 400), full))) == [("K8S-954", "LIKELY", "store")]


def test_services_that_share_only_their_node() -> None:
    found = but(latency("ads", 300), latency("cart", 500), latency("front", 900))
    assert roots(seen(shop(), found)) == [("K8S-955", "LIKELY", "node-2")]
    apart = roots(seen(shop(ads="node-3"), found))
    assert [(code, verdict) for code, verdict, _ in apart] == [("K8S-952", "INCONCLUSIVE")] * 2
    together = shop(front="node-2", store="node-2")
    assert "K8S-955" not in [code for code, _, _ in roots(seen(together, found))]


@pytest.mark.parametrize("entity", ["node-2", "10.0.0.2:9100"])
def test_a_node_that_loses_packets(entity: str) -> None:
    lost = [measured(entity, "tcp_retransmits", 0.01, 9, role="node"), measured("node-1", "tcp_retransmits", 0.01, 2.5)]
    found = but(latency("ads", 300), latency("front", 900))
    assert roots(seen(shop(), found, lost)) == [("K8S-956", "LIKELY", "node-2")]
    assert roots(seen(shop(), CALM, lost)) == []
    both = [measured(n, "tcp_retransmits", 0.01, 9) for n in ("node-1", "node-2")]
    assert roots(seen(shop(), found, both)) == [("K8S-952", "LIKELY", "ads")]


def test_the_largest_of_several_origins_is_named_first() -> None:
    items = seen(shop(ads="node-3"), but(latency("ads", 60), latency("store", 900)))
    assert roots(items) == [("K8S-952", "LIKELY", "store"), ("K8S-959", "INCONCLUSIVE", "ads")]


def test_calls_may_come_from_a_trace() -> None:
    alone: dict[str, tuple[str, ...]] = dict.fromkeys(CALLS, ())
    found = but(latency("front", 900), latency("cart", 600), latency("store", 400))
    pairs = [("front", "cart"), ("cart", "store")]
    calls = [thing("ServiceCall", f"{a}/{b}", namespace="", caller=a, callee=b) for a, b in pairs]
    assert roots(seen([*shop(alone), *calls], found)) == [("K8S-952", "LIKELY", "store")]
    assert {verdict for _, verdict, _ in roots(seen(shop(alone), found))} == {"INCONCLUSIVE"}


@pytest.mark.parametrize("name", ["store", "store-6d4cf56db6-x2x7k", "store-7f9c9d8b5-abcde"])
def test_series_of_pods_are_of_their_workload(name: str) -> None:
    found = [s for s in CALM if s.entity != "store"]
    assert roots(seen(shop(), found, latency(name, 400))) == [("K8S-952", "LIKELY", "store")]


def test_a_drop_of_traffic_is_no_cause() -> None:
    assert (
        roots(
            seen(
                shop(), CALM, [measured("store", "request_rate", 80, 5), measured("store", "network_receive", 900, 40)]
            )
        )
        == []
    )


def test_an_unmeasured_dependency_is_told() -> None:
    found = [s for s in but(latency("cart", 600), latency("front", 900)) if s.entity != "store"]
    items = seen(shop(), found)
    assert roots(items) == [("K8S-952", "LIKELY", "cart")]
    assert "callees without metrics: deployment/store" in slow(items)["cart"].message


def test_local_times_tell_no_moment() -> None:
    items = seen(
        shop(), [Series(s.entity, s.signal, s.unit, s.times, s.values, zoned=False) for s in but(latency("store", 400))]
    )
    assert slow(items)["store"].onset is None


def alert(name: str, text: str = "", value: str = "", **about: str) -> Thing:
    labels = {"about": about, "alert": name, "message": text, "value": value}
    return thing("FiringAlert", f"{name}{about}", namespace="", **labels)


SLOW = alert("HighLatency", "p95 is above 1 s", service="front")


def test_alerts_alone_are_symptoms() -> None:
    assert roots(evidence([*shop(), SLOW, alert("DiskFull", node="node-1")])) == [("K8S-958", "INCONCLUSIVE", "front")]


def test_an_alert_of_a_lossy_node_is_the_likely_cause() -> None:
    lossy = [
        alert("Network", "TCP retransmissions", "9.1", node="node-2"),
        alert("Network", "TCP retransmissions", "0.4", node="node-1"),
    ]
    assert roots(evidence([*shop(), SLOW, *lossy])) == [("K8S-956", "LIKELY", "node-2")]
    assert [code for code, _, _ in roots(evidence([*shop(), *lossy]))] == []
    even = [alert("Network", "packet loss", "9.1", node=n) for n in NODES]
    assert ("K8S-956", "INCONCLUSIVE", "node-1") in roots(evidence([*shop(), SLOW, *even]))


def test_what_was_measured_outweighs_an_alert() -> None:
    assert roots(seen([*shop(), SLOW], CALM)) == []
