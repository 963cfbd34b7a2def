"""An analyzer declares what it looks at, no less and no more: the opening requests follow from that."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from midwatch.diagnosis.kubernetes.analyzers import Analyzer, analyzers
from midwatch.diagnosis.kubernetes.analyzers.opening_requests import ON_DEMAND
from midwatch.integrations.kubernetes.fake.crowd import crowd
from midwatch.integrations.kubernetes.fake.demo import demo
from midwatch.integrations.kubernetes.fake.world import FakeCluster
from midwatch.integrations.kubernetes.objects.cluster import PodMetrics, Secret
from midwatch.integrations.kubernetes.objects.kinds import ALL
from midwatch.integrations.kubernetes.objects.pod import Pod
from tests.diagnosis.kubernetes.reads import reachable, undeclared
from tests.integrations.kubernetes.situation import NOW, evidence

_RECORDED = Path(__file__).parents[2] / "integrations" / "kubernetes" / "recorded"
_NAMES = {a: a.find.__module__.rpartition(".")[2] for a in analyzers()}


def _objects(cluster: FakeCluster) -> list[dict[str, Any]]:
    return [
        cluster.get(plural, s.namespace, s.name) | {"kind": kind.name}
        for plural, kind in ALL.items()
        for s in cluster.select(plural)
    ]


@pytest.fixture(scope="module")
def situations() -> list[list[dict[str, Any]]]:
    recorded = [json.loads((_RECORDED / f"{name}.json").read_text()) for name in ("policy", "scheduling", "storage")]
    return [_objects(demo(NOW)), _objects(crowd(40, 4, 3, datetime(2026, 11, 21, tzinfo=UTC))), *recorded]


@pytest.mark.parametrize("analyzer", analyzers(), ids=_NAMES.get)
def test_what_an_analyzer_looks_at_is_declared(analyzer: Analyzer, situations: list[list[dict[str, Any]]]) -> None:
    for objects in situations:
        assert undeclared(analyzer, evidence(objects)) == []


@pytest.mark.parametrize("analyzer", analyzers(), ids=_NAMES.get)
def test_what_an_analyzer_declares_is_in_its_reach(analyzer: Analyzer) -> None:
    assert sorted(kind.__name__ for kind in set(analyzer.reads) - reachable(analyzer)) == []


def test_a_kind_that_is_not_declared_is_noticed() -> None:
    careless = Analyzer(lambda cluster: [] if list(cluster.all(Pod)) else (), reads=())
    assert undeclared(careless, evidence([])) == ["Pod"]


def test_a_kind_that_no_code_names_is_noticed() -> None:
    boastful = next(a for a, name in _NAMES.items() if name == "terminating")
    assert PodMetrics not in reachable(boastful)


def test_kinds_on_demand_are_read() -> None:
    """What an analyzer only asks for when something points at it, some analyzer looks at."""
    read = {kind for analyzer in analyzers() for kind in analyzer.reads}
    assert read >= ON_DEMAND
    assert Secret in ON_DEMAND
