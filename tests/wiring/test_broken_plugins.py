"""A plug-in that cannot be loaded: `serve` and `worker` refuse to start, `doctor` shows it, other commands work."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from midwatch.diagnosis.traffic.settings import TrafficSettings
from midwatch.domain.refusal import Refusal
from midwatch.integrations.kubernetes.fake import serve, write_kubeconfig
from midwatch.integrations.kubernetes.fake.demo import demo
from midwatch.wiring import server, worker
from midwatch.wiring.configuration import load
from midwatch.wiring.registry import registry
from tests.flows.cluster import midwatch
from tests.wiring.test_registry import installed

SENTENCE = "The plug-in 'outside' of outside cannot be loaded: RuntimeError: too new."


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


@pytest.mark.parametrize("arguments", [("serve", "--port", "0"), ("worker",)])
def test_a_server_and_a_worker_do_not_start(arguments: tuple[str, ...], broken: Path) -> None:
    shown = midwatch(*arguments)
    assert (shown.code, shown.out) == (2, "")
    assert shown.err == f"midwatch: {SENTENCE}\n  Install a version that fits, or uninstall outside\n"
    assert [p.name for p in (broken / "home").iterdir()] == ["midwatch.yaml"], "a store was made"


async def test_their_composition_roots_refuse() -> None:
    with pytest.raises(Refusal, match="cannot be loaded"):
        async with server.server_context(load()):
            pass
    with pytest.raises(Refusal, match="cannot be loaded"):
        async with worker.working(load()):
            pass


def test_doctor_shows_it_and_says_that_something_is_wrong(broken: Path) -> None:
    with serve(demo()) as url:
        shown = midwatch("doctor", "--kubeconfig", str(write_kubeconfig(broken / "kubeconfig", url)))
    assert shown.code == 1
    assert "outside  outside: RuntimeError: too new" in shown.out
    assert "hunter2pw" not in shown.out + shown.err


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
