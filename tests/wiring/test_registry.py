"""What is plugged in: the folders of the product and installed packages, without twins."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from midwatch.wiring.connections import Connections
from midwatch.wiring.registry import Registry, registry
from tests.flows.cluster import midwatch

ROOT = Path(__file__).parents[2] / "src" / "midwatch"


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    registry.cache_clear()
    yield
    registry.cache_clear()


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch, module: str, entries: str, name: str = "outside") -> None:
    """A distribution as pip leaves it."""
    (folder / f"{name}.py").write_text(module)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entries)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, name, raising=False)


def test_every_folder_is_plugged_in() -> None:
    """There is no list to keep: each folder has its manifest, and is called as its value."""
    found = registry()
    shared = {"alert_sources"}
    assert set(found.integrations) == {p.parent.name for p in ROOT.glob("integrations/*/__init__.py")} - shared
    assert set(found.areas) == {p.parent.name for p in ROOT.glob("diagnosis/*/__init__.py")}


def test_what_areas_ask_is_there() -> None:
    found = registry()
    assert {s for area in found.areas.values() for s in (*area.systems, *area.essential)} <= set(found.integrations)
    assert {other for i in found.integrations.values() for other in i.uses} <= set(found.integrations)
    topics = {topic.id for area in found.areas.values() for topic in area.topics}
    assert {topic for area in found.areas.values() for topic in area.joins} <= topics


def test_a_manifest_loads_light() -> None:
    """A test of a fresh process: what a command does not use, it does not load."""
    code = "import sys; from midwatch.wiring.registry import registry; registry().settings; print(*sorted(sys.modules))"
    import subprocess  # noqa: PLC0415

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = (
        "boto3",
        "httpx2",
        "sqlalchemy",
        "midwatch.integrations.kubernetes.client",
        "midwatch.diagnosis.alerts.match",
        "midwatch.domain.incident",
    )
    assert [name for name in heavy if name in loaded] == []


def test_an_installed_integration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = (
        "from midwatch.domain.capabilities import Integration\nMINE = Integration(name='outside', title='Outside')\n"
    )
    installed(tmp_path, monkeypatch, module, "[midwatch.integrations]\noutside = outside:MINE\n")
    assert registry().integrations["outside"].title == "Outside" and not registry().broken


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("MINE = 1\n", "outside:MINE is no Integration"),
        ("raise RuntimeError('too new')\n", "RuntimeError: too new"),
    ],
)
def test_a_broken_plug_in_is_told_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, reason: str
) -> None:
    installed(tmp_path, monkeypatch, module, "[midwatch.integrations]\nbroken = outside:MINE\n")
    found: Registry = registry()
    assert [(b.name, b.origin, b.reason) for b in found.broken] == [("broken", "outside", reason)]
    assert "kubernetes" in found.integrations


def test_areas_can_be_keys() -> None:
    """The merged grammar is remembered by its areas."""
    assert len(set(registry().areas.values())) == len(registry().areas)


def test_doctor_and_health_know_what_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed system is checked without a line of the product that names it."""
    module = """
from midwatch.domain.capabilities import Health, Integration, SystemConnection

async def health(asks):
    return (Health("queues", "refused", f"{len(asks) > 0}", "ask for access"),)

def connect(settings, selection, used):
    return SystemConnection(health=health, memory=lambda: '{"hits": 3}')

MINE = Integration(name="outside", title="Outside broker", connect=connect)
"""
    installed(tmp_path, monkeypatch, module, "[midwatch.integrations]\noutside = outside:MINE\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MIDWATCH_HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    shown = midwatch("doctor")
    assert shown.code == 1
    assert "outside     Outside broker\n  queues  refused  True; ask for access" in shown.out
    connections = Connections(registry().settings())
    connections.connection("outside")
    assert connections.memory == '{"hits": 3}'
