"""A plug-in that cannot be loaded: `doctor`, the log and /health name it, and everything else works."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from midwatch.diagnosis.traffic.settings import TrafficSettings
from midwatch.integrations.kubernetes.fake import serve, write_kubeconfig
from midwatch.integrations.kubernetes.fake.demo import demo
from midwatch.interfaces.cli.exits import Exit
from midwatch.services.identity import ANONYMOUS
from midwatch.services.serverhealth import server_health
from midwatch.wiring import server, worker
from midwatch.wiring.configuration import load
from midwatch.wiring.registry import registry
from tests.flows.cluster import midwatch
from tests.flows.server import station, until
from tests.wiring.test_registry import installed

SENTENCE = "plug-in 'outside' of outside: RuntimeError: too new"


@pytest.fixture(autouse=True)
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    registry.cache_clear()
    for name in ("HOME", "MIDWATCH_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "midwatch.yaml").write_text("outside: {url: 'https://outside.example', limits: [1, 2]}\n")
    monkeypatch.setenv("MIDWATCH_OUTSIDE__TOKEN", "hunter2pw")
    monkeypatch.chdir(tmp_path)
    entries = "[midwatch.integrations]\noutside = outside:MINE\n"
    installed(tmp_path, monkeypatch, "raise RuntimeError('too new')\n", entries)
    yield tmp_path
    registry.cache_clear()


async def test_the_composition_roots_work_without_it() -> None:
    async with server.server_context(load()) as ctx:
        health = await server_health(ctx, ANONYMOUS)
        assert health.broken == (SENTENCE,) and health.status == "degraded"
        assert f"1 plug-in is not used: {SENTENCE}" in health.reasons
        assert "grafana" in ctx.alert_sources
    async with worker.working(load()) as working:
        assert working


def test_a_server_takes_alerts_and_investigates_without_it(broken: Path) -> None:
    with station(broken, PYTHONPATH=f"{broken}:{Path(worker.__file__).parents[2]}") as made:
        process = made.serve("--open", "--workers", "1")
        assert made.post("/webhook/generic", {"title": "disk full on db-1"}).status_code == 202
        done = until(lambda: made.get("/health")["investigations"].get("done"))
        assert done == 1
        assert made.get("/health")["broken"] == [SENTENCE]
        assert "plug-in not used" in process.said and "too new" in process.said
        assert process.stop() == 0


def test_doctor_shows_it_and_says_that_something_is_wrong(broken: Path) -> None:
    with serve(demo()) as url:
        shown = midwatch("doctor", "--kubeconfig", str(write_kubeconfig(broken / "kubeconfig", url)))
    assert shown.code == 1
    assert f"not used    {SENTENCE}" in shown.out
    assert "hunter2pw" not in shown.out + shown.err


def test_doctor_says_that_nothing_is_reachable_all_the_same(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(broken / "none"))
    shown = midwatch("doctor")
    assert shown.code == Exit.FAILED and f"not used    {SENTENCE}" in shown.out


def test_other_commands_work(broken: Path) -> None:
    with serve(demo()) as url:
        shown = midwatch("diagnose", "--kubeconfig", str(write_kubeconfig(broken / "kubeconfig", url)))
    assert (shown.code, shown.err) == (1, "")
    (broken / "alert.txt").write_text("disk full on db-1")
    assert midwatch("doctor", "--explain", str(broken / "alert.txt")).code == 0
    assert load().of(TrafficSettings) == TrafficSettings()


def test_one_that_ends_the_program_is_broken_too(broken: Path) -> None:
    (broken / "outside.py").write_text("import sys\nsys.exit('not for this Python')\n")
    assert [one.reason for one in registry().broken] == ["SystemExit: not for this Python"]
