"""What a diagnosis makes of its evidence is its own: two at once give what each gives alone, and nothing stays
behind."""

import asyncio
import gc
import inspect
import pickle
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from importlib import import_module
from pkgutil import walk_packages
from threading import Barrier
from types import ModuleType
from typing import Any

import pytest

from midwatch.diagnosis import kubernetes
from midwatch.diagnosis.kubernetes.analyse import KubernetesRun
from midwatch.diagnosis.kubernetes.analyzers.opening_requests import opening
from midwatch.diagnosis.kubernetes.area import AREA
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.investigation import Budget, Request
from midwatch.domain.question import Question
from midwatch.engine.analyst import Case
from midwatch.engine.investigate import investigate
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.toolbox.replay import ReplayToolbox
from tests.integrations.kubernetes.network_world import deployment, pod, service
from tests.integrations.kubernetes.situation import evidence

_TIMES = 6


def _shop(name: str, count: int) -> list[Evidence]:
    """A cluster in which the workload `name` has `count` pods that are not ready."""
    pods = [pod(f"{name}-{n}", name, ready=False) for n in range(count)]
    objects = [deployment(name, replicas=count), service(name), *pods]
    logs = {("shop", f"{name}-{n}", "app"): f"ERROR {name} connection refused by db:5432" for n in range(count)}
    seen = evidence(objects, logs)
    asks = {str(a.arguments.get("resource", a.tool)): a for a in opening(Question())}
    return [
        e.model_copy(update={"arguments": asks[name].arguments})
        if (name := str(e.arguments.get("resource"))) in asks
        else e
        for e in seen
    ]


_CLUSTERS = [_shop("cart", 30), _shop("till", 3)]
_AREAS = (AREA,)


def _concluded(seen: list[Evidence], meet: Barrier | None = None) -> bytes:
    case = Case.of(Request(), _AREAS)
    for size in (len(seen) // 2, len(seen)):
        if meet:
            meet.wait(20)
        asked = case.next_requests(seen[:size])
    return repr(asked).encode() + case.conclude(seen, ()).diagnosis.model_dump_json().encode()


def test_two_at_once_in_threads_give_what_each_gives_alone() -> None:
    alone, meet = [_concluded(seen) for seen in _CLUSTERS], Barrier(2)
    assert alone[0] != alone[1]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(2) as threads:
            for _ in range(_TIMES):
                assert list(threads.map(lambda seen: _concluded(seen, meet), _CLUSTERS)) == alone
    finally:
        sys.setswitchinterval(before)


class _Hesitant:
    """Answers from recordings, and lets everybody else go on before each answer."""

    def __init__(self, seen: list[Evidence]) -> None:
        self._tape = ReplayToolbox(seen)

    async def call(self, name: str, arguments: Any) -> Evidence | Gap:
        await asyncio.sleep(0)
        return await self._tape.call(name, arguments)


async def _investigated(seen: list[Evidence]) -> str:
    run, _ = await investigate(Request(), _Hesitant(seen), _AREAS, "test", Budget())
    return run.model_dump_json()


async def test_two_at_once_on_one_loop_give_what_each_gives_alone() -> None:
    alone = [await _investigated(seen) for seen in _CLUSTERS]
    together = await asyncio.gather(*(_investigated(seen) for seen in (*_CLUSTERS, *_CLUSTERS)))
    assert together == [*alone, *alone]


def test_a_round_shares_what_the_round_before_decoded() -> None:
    run, seen = KubernetesRun(), _CLUSTERS[0]
    run.next_requests(seen[:2])
    first = run.cluster
    run.next_requests(seen)
    later = run.cluster
    assert first is not None
    assert later is not None
    assert first is not later
    assert first.all(Pod)[0] is later.all(Pod)[0]
    run.analyse(seen)
    assert run.cluster is later


def test_a_case_is_sent_to_another_process_before_it_begins() -> None:
    case: Case = pickle.loads(pickle.dumps(Case.of(Request(), _AREAS)))
    (own,) = case.areas
    assert own.analyse is not None
    assert own.analyse.__self__ is own.next_requests.__self__  # type: ignore[attr-defined]
    assert case.conclude(_CLUSTERS[1], ()).diagnosis == Case.of(Request(), _AREAS).conclude(_CLUSTERS[1], ()).diagnosis


def test_nothing_of_a_cluster_outlives_its_run() -> None:
    _concluded(_shop("unheard-of", 2))
    gc.collect()
    held = [o for o in gc.get_objects() if isinstance(o, Cluster) and o.evidence and "unheard-of" in str(o.evidence)]
    assert held == []


def _modules() -> Iterator[ModuleType]:
    for found in walk_packages(kubernetes.__path__, f"{kubernetes.__name__}."):
        if not found.name.endswith("__main__"):
            yield import_module(found.name)


def test_no_cache_of_the_process_is_keyed_by_a_cluster() -> None:
    """Of words and of what is shipped, caches are fine; of objects, evidence and their bytes they are not."""
    plain = {str, bool, int, Any, str | None, datetime | None, timedelta | None}
    caches = {v for m in _modules() for v in vars(m).values() if hasattr(v, "cache_parameters")}
    own = [c for c in caches if c.__module__.startswith(kubernetes.__name__)]
    assert len(own) > 1
    for cache in own:
        parameters = inspect.signature(cache, eval_str=True).parameters.values()
        assert {p.annotation for p in parameters} <= plain, cache.__qualname__


def _containers() -> dict[str, int]:
    return {
        f"{m.__name__}.{name}": len(value)
        for m in _modules()
        for name, value in vars(m).items()
        if isinstance(value, (dict, list, set)) and not name.startswith("__")
    }


@pytest.mark.parametrize("seen", _CLUSTERS, ids=["cart", "till"])
def test_no_module_remembers_what_was_read(seen: list[Evidence]) -> None:
    before = _containers()
    _concluded(seen)
    assert _containers() == before
