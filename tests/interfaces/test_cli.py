"""Every wrong flag, file and server: one clear sentence, a next step, exit code 3, never a traceback."""

import ast
import json
import re
import socket
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from midwatch.domain.investigation import Answer
from midwatch.integrations.kubernetes.fake import runs
from midwatch.integrations.kubernetes.fake.apps import App, deploy
from midwatch.integrations.kubernetes.fake.scene import Scene
from midwatch.integrations.website.fake import FakePage, FakeSite
from midwatch.interfaces.cli.app import COMMANDS
from tests.flows.cluster import Shown, midwatch, site

CONFIG = """
apiVersion: v1
kind: Config
current-context: here
clusters: [{name: c, cluster: {server: "http://127.0.0.1:9"}}]
contexts: [{name: here, context: {cluster: c, user: u}}]
users: [{name: u, user: {token: x}}]
"""


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No kubeconfig and no settings of the machine the tests run on."""
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "MIDWATCH_KUBERNETES__KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MIDWATCH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def refused(shown: Shown, *words: str) -> None:
    assert shown.code == 3, shown.out
    assert shown.out == ""
    assert "Traceback" not in shown.err
    for word in words:
        assert word in " ".join(shown.err.split()), shown.err


def test_no_cluster_is_one_sentence() -> None:
    refused(midwatch("diagnose"), "kubeconfig")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [b", ["not valid YAML"]),
        ("just text", []),
        ("", []),
        (CONFIG.replace("current-context: here", "current-context: gone"), ["gone", "here"]),
        (
            CONFIG.replace("token: x", "exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin}"),
            ["no-such-plugin"],
        ),
        (CONFIG, ["127.0.0.1:9"]),
    ],
)
def test_a_wrong_kubeconfig_is_one_sentence(text: str, words: list[str], tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    refused(midwatch("diagnose", "--kubeconfig", str(file)), *words)


@pytest.mark.parametrize("dump", ["no/such/folder", "empty", "junk.zip"])
def test_a_wrong_dump_is_one_sentence(dump: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "junk.zip").write_bytes(b"PK\x03\x04 not really")
    refused(midwatch("diagnose", "--dump", dump))


def test_flags_that_do_not_go_together() -> None:
    refused(midwatch("diagnose", "--dump", "x", "--context", "y"), "--dump and --context")
    assert midwatch("diagnose", "--no-such-flag").code == 3
    assert midwatch("no-such-command").code == 3


def test_wrong_settings_are_named(tmp_path: Path) -> None:
    (tmp_path / "midwatch.yaml").write_text("budget: {calls: many}\n")
    refused(midwatch("diagnose"), "budget.calls")
    (tmp_path / "midwatch.yaml").write_text("budgte: {}\n")
    refused(midwatch("diagnose"), "budgte")


@pytest.fixture
def shop() -> Scene:
    scene = Scene()
    scene.namespace("shop")
    scene.namespace("quiet")
    deploy(scene, App("payment-service", "shop", "pay:1", 1, 8080, fault=runs.image_pull()))
    return scene


@pytest.mark.parametrize("section", ["kubernetes", "server", "pagerduty", "aws", "webhook", "traffic", "budget"])
def test_a_misspelt_setting_is_refused_in_every_section(section: str, tmp_path: Path) -> None:
    (tmp_path / "midwatch.yaml").write_text(f"{section}:\n  secrett: hunter2pw\n")
    by_file = midwatch("doctor", environment={"MIDWATCH_HOME": str(tmp_path)})
    by_variable = midwatch("doctor", environment={f"MIDWATCH_{section.upper()}__SECRETT": "hunter2pw"})
    for shown in (by_file, by_variable):
        assert shown.code == 3 and f"{section}.secrett" in shown.err and "hunter2pw" not in shown.err


def test_the_first_key_can_be_made_before_the_first_start(tmp_path: Path) -> None:
    there = tmp_path / "home"
    home = {"MIDWATCH_HOME": str(there)}
    refused = midwatch("admin", "create", "ada", environment=home)
    assert refused.code == 3 and "--new-store" in refused.err and not there.exists()
    made = midwatch("admin", "create", "ada", "--new-store", environment=home)
    assert made.code == 0 and re.fullmatch(r"mw_\S+\n", made.out), "the key alone, for $(…)"
    assert f"New store: {there / 'midwatch.db'}" in made.err
    again = midwatch("admin", "create", "bob", "--new-store", environment=home)
    assert again.code == 0 and again.err == "", "a store that is there is used"


def test_a_server_beyond_loopback_needs_a_key_first(tmp_path: Path) -> None:
    home = {"MIDWATCH_HOME": str(tmp_path)}
    shown = midwatch("serve", "--host", "0.0.0.0", "--port", "0", environment=home)
    assert shown.code == 3 and "midwatch admin create" in shown.err


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        shown = midwatch("serve", "--port", port, environment={"MIDWATCH_HOME": str(tmp_path)})
    assert shown.code == 3 and f"port is in use: 127.0.0.1:{port}" in shown.err and "Traceback" not in shown.err


@pytest.mark.parametrize("port", ["99999", "-5", "http"])
def test_a_port_that_cannot_be_is_refused(port: str) -> None:
    assert midwatch("serve", "--port", port).code == 3


def test_a_home_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    shown = midwatch("admin", "create", "ada", environment={"MIDWATCH_HOME": str(tmp_path / "file")})
    assert shown.code == 3 and str(tmp_path / "file") in shown.err and "Traceback" not in shown.err


def test_names_that_nothing_has_get_the_nearest(shop: Scene, tmp_path: Path) -> None:
    with site(shop.cluster, tmp_path) as here:
        missing = here.run("diagnose", "-n", "shpo")
        assert missing.code == 2 and "no namespace 'shpo'" in missing.err
        refused(here.run("diagnose", "why is paymnt-service down"), "paymnt-service", "payment-service")
        quiet = here.run("diagnose", "-n", "quiet")
        assert "UNKNOWN inconclusive" in quiet.head and "no pod and no workload in namespace quiet" in quiet.out, (
            "no typing error, and nothing to be well"
        )


def test_an_expired_token_is_one_sentence(shop: Scene, tmp_path: Path) -> None:
    shop.cluster.tokens = {"right": "reader"}
    with site(shop.cluster, tmp_path, token="expired") as here:
        refused(here.run("diagnose", "-n", "shop"), "token")


def test_a_missing_permission_is_named_and_keeps_health_open(tmp_path: Path) -> None:
    scene = Scene()
    scene.namespace("shop")
    deploy(scene, App("web", "shop", "web:1", 1, 8080))
    scene.cluster.forbid("pods")
    with site(scene.cluster, tmp_path) as here:
        shown = here.run("diagnose", "-n", "shop")
        seen = here.run("doctor", "-n", "shop")
    assert shown.code == 2
    assert "inconclusive" in shown.head
    assert "list pods in namespace shop" in " ".join(shown.out.split())
    assert seen.code == 1
    assert "list pods in namespace shop" in " ".join(seen.out.split())


def test_doctor_checks_each_configured_site(shop: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeSite().serve() as well, FakeSite(FakePage(503)).serve() as ill, site(shop.cluster, tmp_path) as here:
        for url, code, said in ((well, 0, "HTTP 200 in"), (ill, 1, "HTTP 503 in")):
            monkeypatch.setenv("MIDWATCH_SITES", json.dumps([{"url": url}]))
            shown = here.run("doctor", "-n", "shop")
            assert shown.code == code, shown.out
            assert said in shown.out


def test_json_keeps_to_the_published_schema(shop: Scene, tmp_path: Path) -> None:
    with site(shop.cluster, tmp_path) as here:
        shown = here.run("diagnose", "-n", "shop", "--json")
    answer = TypeAdapter(Answer).validate_json(shown.out)
    assert answer.verdict == "CONFIRMED"
    schema = json.loads(midwatch("schema").out)
    assert shown.answer.keys() == schema["properties"].keys()
    assert schema["properties"]["schema"]["const"] == "midwatch.answer/2"


def test_nothing_but_text_reaches_a_pipe(shop: Scene, tmp_path: Path) -> None:
    shop.cluster.log("shop", "nobody", "app", "\x1b[31mred\x1b[0m")
    with site(shop.cluster, tmp_path) as here:
        shown = here.run("diagnose", "-n", "shop")
    assert "\x1b" not in shown.out
    assert all(len(line) <= 100 for line in shown.out.splitlines() if "kubectl" not in line)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_command_says(name: str) -> None:
    module = Path(__file__).parents[2] / "src" / "midwatch" / "interfaces" / "cli" / f"{name}.py"
    function = next(n for n in ast.parse(module.read_text()).body if isinstance(n, ast.FunctionDef) and n.name == name)
    assert (ast.get_docstring(function) or "").partition("\n")[0] == COMMANDS[name]
    assert midwatch(name, "--help").code == 0


def test_the_demo_explains_each_application() -> None:
    shown = midwatch("demo")
    assert shown.code == 0, shown.err
    assert [shown.out.count(word) >= 1 for word in (" CRITICAL  confirmed", " likely", " OK ")] == [True] * 3
    assert "Next commands" in shown.out
