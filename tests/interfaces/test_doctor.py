"""`midwatch doctor` tells what `serve`, `worker` or an investigation would refuse."""

import json
from pathlib import Path

import pytest

from midwatch.integrations.kubernetes.fake.apps import App, deploy
from midwatch.integrations.kubernetes.fake.scene import Scene
from midwatch.interfaces.cli.exits import Exit
from tests.flows.cluster import Shown, midwatch, site


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDWATCH_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def doctor(folder: Path) -> Shown:
    scene = Scene()
    scene.namespace("shop")
    deploy(scene, App("web", "shop", "web:1", 1, 8080))
    with site(scene.cluster, folder) as here:
        return here.run("doctor", "-n", "shop")


def test_a_cluster_alone_is_well(tmp_path: Path) -> None:
    assert doctor(tmp_path).code == 0


def test_a_traffic_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDWATCH_TRAFFIC__FILE", "/nowhere.yaml")
    shown = doctor(tmp_path)
    assert shown.code == 1, shown.out
    assert "/nowhere.yaml cannot be read" in shown.out


def test_an_address_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDWATCH_WEBHOOK__URL", "http:/nope")
    shown = doctor(tmp_path)
    assert (shown.code, shown.out) == (Exit.FAILED, "")
    assert "webhook.url" in shown.err


def test_a_variable_with_one_underscore_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDWATCH_SERVER_PORT", "1")
    monkeypatch.setenv("MIDWATCH_PORT", "tcp://10.0.0.1:80")
    shown = doctor(tmp_path)
    assert shown.code == 0
    words = " ".join(shown.out.split())
    assert "MIDWATCH_SERVER_PORT sets nothing; did you mean MIDWATCH_SERVER__PORT?" in words
    assert words.count("sets nothing") == 1


def test_a_missing_context_is_told_with_a_traffic_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be reached: that is exit code 3, whatever else is wrong."""
    monkeypatch.setenv("MIDWATCH_TRAFFIC__FILE", "/nowhere.yaml")
    monkeypatch.setenv("MIDWATCH_KUBERNETES__CONTEXTS", json.dumps(["nowhere"]))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    shown = midwatch("doctor")
    assert shown.code == Exit.FAILED and "/nowhere.yaml" in shown.out
