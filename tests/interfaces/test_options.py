"""What the options of a command do when they are used rightly; tests/interfaces/test_wrong_use.py has the mistakes."""

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from midwatch.integrations.kubernetes.fake import runs
from midwatch.integrations.kubernetes.fake.apps import App, deploy
from midwatch.integrations.kubernetes.fake.scene import Scene
from midwatch.interfaces.cli.app import COMMANDS, color_first
from midwatch.interfaces.cli.exits import LEGEND, Exit
from midwatch.interfaces.cli.init import contexts
from midwatch.interfaces.cli.place import duration
from midwatch.settings import files, home, settings_file
from tests.flows.cluster import Shown, Site, midwatch, site

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KUBECONFIG", "NO_COLOR", "XDG_CONFIG_HOME", "MIDWATCH_URL", "MIDWATCH_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MIDWATCH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    scene = Scene()
    for space in ("shop", "bank", "quiet"):
        scene.namespace(space)
    deploy(scene, App("web", "shop", "web:1", 1, 8080, fault=runs.image_pull()))
    deploy(scene, App("cart", "shop", "cart:1", 1, 8080, fault=runs.crash_loop("panic: no map\n", exit_code=2)))
    deploy(scene, App("loans", "bank", "loans:1", 1, 8080))
    with site(scene.cluster, tmp_path) as found:
        yield found


def paths() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [()]
    for name in COMMANDS:
        command = typer.main.get_command(import_module(f"midwatch.interfaces.cli.{name}").app)
        found += [(name,), *((name, inner) for inner in getattr(command, "commands", ()))]
    return found


@pytest.mark.parametrize("path", paths(), ids=" ".join)
def test_every_help_has_an_example_whose_options_exist(path: tuple[str, ...]) -> None:
    shown = midwatch(*path, "-h")
    assert shown.code == Exit.HEALTHY
    text, _, example = shown.out.partition("Example:")
    assert f"midwatch {' '.join(path)}".strip() in example, shown.out
    if path and not (set(path) & {"incidents", "keys", "admin", "alerts", "k8s", "detect"} and len(path) == 1):
        for flag in re.findall(r"(?<!\S)--?[a-z-]+", example.replace("| midwatch", "midwatch")):
            assert flag in text, f"{path}: {flag}"


def test_the_exit_codes_are_published() -> None:
    pages = [midwatch("--help").out, (ROOT / "docs" / "commands.md").read_text("utf-8")]
    for code, meaning in LEGEND:
        assert all(re.search(rf"\b{int(code)}\b.*{re.escape(meaning)}", page) for page in pages), meaning
    assert [int(code) for code in Exit] == [0, 1, 2, 3, 130]


def test_the_version() -> None:
    for flag in ("--version", "-V"):
        assert re.fullmatch(r"midwatch \d+\.\d+\.\d+\S*\n", midwatch(flag).out)


def test_the_code_of_each_state(here: Site) -> None:
    assert here.run("diagnose", "-n", "bank").code == Exit.HEALTHY
    assert here.run("diagnose", "-n", "shop").code == Exit.PROBLEM
    assert here.run("diagnose", "-n", "quiet").code == Exit.UNKNOWN
    assert here.run("diagnose", "-n", "gone").code == Exit.UNKNOWN
    assert here.run("diagnose", "-n", "bank", "-n", "quiet").code == Exit.UNKNOWN
    assert here.run("diagnose", "-n", "bank", "-n", "gone").code == Exit.UNKNOWN
    assert here.run("diagnose", "-n", "gone", "-n", "shop").code == Exit.PROBLEM
    assert here.run("diagnose", "-n", "gone", "-A").code == Exit.PROBLEM, "-A wins, as with kubectl"


def test_a_watch_that_could_not_read_everything_does_not_say_that_all_is_well(here: Site) -> None:
    assert here.run("k8s", "watch", "--once").code == Exit.PROBLEM
    assert here.run("k8s", "watch", "--once", "-n", "bank").code == Exit.HEALTHY
    here.cluster.forbid("pods")
    shown = here.run("k8s", "watch", "--once", "-n", "bank")
    assert (shown.code, shown.out) == (Exit.UNKNOWN, "")


def test_a_watch_is_quiet_or_verbose(here: Site) -> None:
    quiet = here.run("k8s", "watch", "--once", "-n", "shop", "-q")
    verbose = here.run("k8s", "watch", "--once", "-n", "bank", "-v")
    assert (quiet.code, quiet.out) == (Exit.PROBLEM, "")
    assert verbose.code == Exit.HEALTHY and re.fullmatch(r"\S+Z checked  0 alerts firing\n", verbose.out)


def ageless(shown: Shown) -> str:
    """Without ages: a second passes between two runs."""
    return re.sub(r"\(?\d+[dhms](?:\d+[hms])? ago\)?", "AGE", " ".join(shown.out.split()))


def test_the_formats_of_an_answer(here: Site) -> None:
    asked = ("diagnose", "-n", "shop")
    answer = here.run(*asked, "-o", "json").answer
    assert yaml.safe_load(here.run(*asked, "-o", "yaml").out)["headline"] == answer["headline"]
    assert here.run(*asked, "--json").answer["headline"] == answer["headline"]
    assert here.run(*asked, "-o", "json", "--json").code == Exit.PROBLEM
    assert ageless(here.run(*asked, "-o", "markdown")) == ageless(here.run(*asked, "--markdown"))
    short, full = here.run(*asked, "-o", "text").out, here.run(*asked, "-v").out
    assert (
        ageless(here.run(*asked)) == ageless(here.run(*asked, "-o", "text"))
        and short.splitlines()[:2] == full.splitlines()[:2]
    )
    assert "1 other independent cause\n  - CRITICAL inconclusive · shop/deployment/cart" in short
    assert "Cause 2 of 2" in full and "Ruled out" in full and "Cause 2" not in short
    documents = yaml.safe_load(here.run("diagnose", "-n", "shop", "-n", "bank", "-o", "yaml").out)
    assert [one["request"]["namespace"] for one in documents] == ["shop", "bank"]


def test_quiet_is_one_line(here: Site) -> None:
    for form in ("text", "markdown"):
        shown = here.run("diagnose", "-n", "shop", "-q", "-o", form)
        (line,) = shown.out.splitlines()
        said = line.replace("*", "").replace("`", "")
        assert re.search(r"CRITICAL +confirmed · cluster fake · shop/deployment/web: .* · since .*\[E1\]", said), line
        assert shown.err == ""


def test_a_bundle_prints_its_answer_and_is_replaced_only_by_force(here: Site, tmp_path: Path) -> None:
    file = tmp_path / "b.tgz"
    first = here.run("bundle", str(file), "-n", "shop", "-o", "json")
    was = file.read_bytes()
    assert here.run("bundle", str(file), "-n", "bank").code == Exit.FAILED and file.read_bytes() == was
    assert here.run("bundle", str(file), "-n", "bank", "--force").code == Exit.HEALTHY and file.read_bytes() != was
    assert first.answer["verdict"] == "CONFIRMED"
    assert midwatch("replay", str(file), "-q", "--check").out.startswith(" OK  cluster fake · No problems found")
    assert [p.name for p in tmp_path.glob("*.part")] == []


@pytest.mark.parametrize("words", [("deploy/web",), ("deploy", "web"), ("deployment", "web"), ("deploy web",)])
def test_an_object_as_kubectl_writes_it(words: tuple[str, ...], here: Site) -> None:
    shown = here.run("diagnose", *words, "-q")
    assert shown.code == Exit.PROBLEM
    assert "web:1" in shown.out and "cart" not in shown.out


def test_an_object_that_is_not_there(here: Site) -> None:
    shown = here.run("diagnose", "deploy/wbe")
    assert shown.code == Exit.FAILED and "Did you mean" in shown.err and "web" in shown.err


def test_a_selector_narrows_to_the_workloads_that_it_matches(here: Site) -> None:
    assert "web:1" in here.run("diagnose", "-l", "app=web", "-q").out
    assert "cart" in here.run("diagnose", "-l", "app=cart", "-n", "shop", "-q").out
    assert here.run("diagnose", "-l", "app=loans").code == Exit.HEALTHY
    both = here.run("diagnose", "-l", "app in (web,loans)", "-o", "yaml").out
    asked = [(one["request"]["namespace"], one["request"]["question"]) for one in yaml.safe_load(both)]
    assert asked == [("bank", "loans"), ("shop", "web")]
    shown = here.run("diagnose", "-l", "app=nothing")
    assert shown.code == Exit.UNKNOWN and "No workload matches -l app=nothing" in shown.err


def test_a_selector_that_cannot_be_looked_up_is_no_empty_one(here: Site) -> None:
    here.cluster.forbid("pods")
    shown = here.run("diagnose", "-l", "app=web")
    assert shown.code == Exit.FAILED and "cannot be read" in shown.err


def arguments_of(shown: Shown, tool: str) -> list[dict[str, Any]]:
    return [one["arguments"] for one in shown.answer["evidence"] if one["tool"] == tool]


@pytest.mark.parametrize(
    "words",
    [(), ("show the logs of cart",), ("-l", "app=cart", "show the logs")],
    ids=["all", "logs", "selected"],
)
def test_of_a_cluster_since_narrows_logs_and_events(here: Site, words: tuple[str, ...]) -> None:
    """What it cannot narrow is said: the state, and the run before a restart, whose end is why it was restarted."""
    shown = here.run("diagnose", "-n", "shop", "--since", "2h", "-o", "json", *words)
    said = re.search(r"--since 2h: logs and events since (\S+ \S+) UTC; the state of objects, and logs", shown.err)
    assert said and "are read as they are" in shown.err
    start = datetime.fromisoformat(f"{said[1]}+00:00")
    assert abs(datetime.now(UTC) - start - timedelta(hours=2)) < timedelta(minutes=5)
    period = start.isoformat()
    logs, events = arguments_of(shown, "kubernetes_logs"), arguments_of(shown, "kubernetes_events")
    assert {one.get("since") for one in events} == {period}
    assert {one.get("since") for one in logs if one.get("previous")} == {None}
    assert {one.get("since") for one in logs if not one.get("previous")} == ({period} if words else set())
    assert shown.answer["request"]["since"] == f"{period.removesuffix('+00:00')}Z"
    assert not any("since" in one for one in arguments_of(here.run("diagnose", "-o", "json"), "kubernetes_events"))


def test_a_bundle_with_since_replays_to_the_same(here: Site, tmp_path: Path) -> None:
    file = str(tmp_path / "saved.tgz")
    shown = here.run("diagnose", "-n", "shop", "--since", "2h", "--bundle", file)
    again = midwatch("replay", file, "--check")
    assert (again.out, again.code) == (shown.out, shown.code)


def test_a_saved_cluster_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    pods = {"kind": "PodList", "apiVersion": "v1", "items": []}
    (tmp_path / "saved" / "pods.json").write_text(json.dumps(pods))
    shown = midwatch("diagnose", "--dump", "saved", "--since", "2h")
    assert "--since is not applied to a saved cluster" in shown.err


def test_of_a_traffic_question_since_is_the_period(here: Site) -> None:
    shown = here.run("diagnose", "what caused the NAT spike?", "--since", "6h", "--json")
    window = shown.answer["request"]["intent"]["window"]
    since, until = (datetime.fromisoformat(window[end]) for end in ("since", "until"))
    assert until - since == timedelta(hours=6)
    assert shown.answer["request"]["since"] is None and "--since" not in shown.err


def test_durations() -> None:
    assert [duration(text).total_seconds() for text in ("90s", "30m", "1h30m", "2d")] == [90, 1800, 5400, 172_800]


def test_no_color_wherever_it_stands() -> None:
    assert color_first(["diagnose", "--no-color", "-q"]) == ["--no-color", "diagnose", "-q"]
    assert color_first(["ask", "--", "--no-color"]) == ["ask", "--", "--no-color"]
    assert midwatch("schema", "--no-color").code == Exit.HEALTHY


def test_the_completion_of_bash() -> None:
    script = midwatch("completion", "bash").out
    for typed, expected in (
        (("inc",), "incidents"),
        (("incidents", "a"), "ack"),
        (("diagnose", "-n", "shop", "--sel"), "--selector"),
        (("incidents", "list", "--sta"), "--status"),
    ):
        words = " ".join(("midwatch", *typed))
        line = f'COMP_WORDS=({words}); COMP_CWORD={len(typed)}; _midwatch; echo "${{COMPREPLY[@]}}"'
        found = subprocess.run(["bash", "-c", script + line], capture_output=True, text=True, timeout=20, check=True)
        assert found.stdout.strip() == expected, typed


def test_the_completion_of_other_shells_has_every_command() -> None:
    zsh, fish = midwatch("completion", "zsh").out, midwatch("completion", "fish").out
    assert "compdef _midwatch midwatch" in zsh
    for name in COMMANDS:
        assert f"-a {name} " in fish and name in zsh


def test_settings_by_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_file() == tmp_path / "home" / "midwatch.yaml", "MIDWATCH_HOME stands for both"
    monkeypatch.delenv("MIDWATCH_HOME")
    assert settings_file() == tmp_path / ".config" / "midwatch" / "midwatch.yaml"
    monkeypatch.setenv("XDG_CONFIG_HOME", "not/absolute")
    assert settings_file() == tmp_path / ".config" / "midwatch" / "midwatch.yaml"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert files()[:2] == [tmp_path / ".midwatch" / "midwatch.yaml", tmp_path / "xdg" / "midwatch" / "midwatch.yaml"]
    for folder, port in ((".midwatch", 1), ("xdg/midwatch", 70_000)):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "midwatch.yaml").write_text(f"server: {{port: {port}}}\n")
    shown = midwatch("doctor")
    assert shown.code == Exit.FAILED and str(tmp_path / "xdg") in shown.err, "the newer place wins"


def test_doctor_names_files_and_variables_and_no_value(here: Site, tmp_path: Path) -> None:
    (tmp_path / "midwatch.yaml").write_text("server: {url: 'https://midwatch.example.com'}\n")
    environment = {"MIDWATCH_PAGERDUTY__TOKEN": "hunter2pw", "COLUMNS": "200"}
    shown = midwatch(
        "doctor", "--kubeconfig", str(here.kubeconfig), "-n", "shop", "-n", "bank", environment=environment
    )
    assert "midwatch.yaml" in shown.out.splitlines()[0]
    assert ["pagerduty.token", "MIDWATCH_PAGERDUTY__TOKEN"] in [line.split() for line in shown.out.splitlines()]
    assert ["kubernetes.kubeconfig", "--kubeconfig"] in [line.split() for line in shown.out.splitlines()]
    assert "hunter2pw" not in shown.out + shown.err


def test_contexts_of_a_kubeconfig(tmp_path: Path) -> None:
    file = tmp_path / "config"
    assert contexts(file) == []
    for text in ("a: [b", "text", "contexts: {}", "contexts: [1]"):
        file.write_text(text)
        assert contexts(file) == []
    file.write_text(json.dumps({"contexts": [{"name": "prod"}, {"name": "staging"}]}))
    assert contexts(file) == ["prod", "staging"]


def test_a_tilde_in_midwatch_home_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where no shell expands it: in a unit of systemd, in a compose file."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for given, folder in (("~/store", tmp_path / "store"), ("", tmp_path / ".midwatch"), ("/srv/m", Path("/srv/m"))):
        monkeypatch.setenv("MIDWATCH_HOME", given)
        assert home() == folder
