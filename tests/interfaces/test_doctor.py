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


def test_the_origin_of_each_setting_and_no_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "Lisbon.8841-hunter2"
    (tmp_path / "midwatch.yaml").write_text(f"pagerduty:\n  token: {secret}\nserver: {{port: 7001}}\n")
    for name, value in (
        ("API_PORT", "7002"),
        ("OPENAI_API_KEY", secret),
        ("MIDWATCH_SERVER__URL", "https://m.example"),
    ):
        monkeypatch.setenv(name, value)
    out = doctor(tmp_path).out
    lines = [line.split(maxsplit=1) for line in out.splitlines()]
    file = tmp_path / "midwatch.yaml"
    assert ["pagerduty.token", f"{file}, line 2"] in lines
    assert ["server.port", f"API_PORT (not {file}, line 3)"] in lines
    assert ["server.url", "MIDWATCH_SERVER__URL"] in lines
    assert ["variables", "OPENAI_API_KEY set, not used yet (models)"] in lines
    assert any(line[:1] == ["kubernetes.kubeconfig"] for line in lines), "of the flag, or of $KUBECONFIG"
    assert not any(value in out for value in (secret, "7001", "7002", "m.example")), "never a value"


def test_quiet_is_what_is_wrong_and_verbose_has_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    scene.namespace("shop")
    with site(scene.cluster, tmp_path) as here:
        quiet, verbose = here.run("doctor", "-q"), here.run("doctor", "-v")
        monkeypatch.setenv("MIDWATCH_TRAFFIC__FILE", "/nowhere.yaml")
        wrong = here.run("doctor", "-q")
    assert (quiet.code, quiet.out) == (0, "")
    assert ["server.workers", "default"] in [line.split() for line in verbose.out.splitlines()]
    assert wrong.code == 1 and "/nowhere.yaml cannot be read" in wrong.out and "settings " not in wrong.out


def test_the_namespace_of_the_settings_is_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no flag names one; -A is all of them."""
    scene = Scene()
    for name in ("shop", "billing"):
        scene.namespace(name)
        deploy(scene, App("web", name, "web:1", 1, 8080))
    monkeypatch.setenv("K8S_NAMESPACE", "shop")
    with site(scene.cluster, tmp_path) as here:
        default, everything = here.run("diagnose", "-q"), here.run("diagnose", "-q", "-A")
    assert "(1 pod, 1 deployment checked)" in default.out
    assert "(2 pods, 2 deployments checked)" in everything.out


def test_kubernetes_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8S_ENABLED", "false")
    shown = doctor(tmp_path)
    assert shown.code == Exit.FAILED and "Kubernetes is switched off in the settings" in " ".join(shown.out.split())
