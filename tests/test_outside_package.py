"""A package of somebody else works at every door with no edit of Midwatch: a tool, an alert source, a topic, a finding
and a notifier, found by its entry points alone."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.server import Station, station, until

PROJECT = Path(__file__).parent / "outside" / "midwatch_tides"
EXAMPLE = PROJECT / "midwatch_tides" / "examples" / "alarm.json"
ROOT = Path(__file__).parents[1]
TOKEN = "neap-or-spring"
SETTINGS = f"""
senders: {{tides: {{tokens: [{TOKEN}]}}}}
tides:
  levels: {{Dover: 2.5, Calais: 0.1}}
  board: BOARD
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """As pip leaves it, in a folder of its own; and a home with its settings."""
    site = tmp_path_factory.mktemp("site")
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    shutil.copytree(PROJECT / "midwatch_tides", site / "midwatch_tides")
    info = site / "midwatch_tides-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: midwatch-tides\nVersion: 1.0\n")
    entries = (
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in some.items())
        for group, some in project["entry-points"].items()
    )
    (info / "entry_points.txt").write_text("".join(entries))
    home = site / "home"
    home.mkdir()
    (home / "midwatch.yaml").write_text(SETTINGS.replace("BOARD", str(site / "board.txt")))
    paths = [str(site), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    return {
        "PYTHONPATH": os.pathsep.join(paths),
        "MIDWATCH_HOME": str(home),
        "KUBECONFIG": str(site / "none"),
        "BOARD": str(site / "board.txt"),
    }


def run(installed: dict[str, str], *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "midwatch", *arguments]
    return subprocess.run(
        command, env={**os.environ, **installed}, input=stdin, capture_output=True, text=True, check=False, cwd=ROOT
    )


def test_a_question_at_the_command_line(installed: dict[str, str]) -> None:
    told = run(installed, "ask", "how high is the tide at Dover?", "--json")
    answer = json.loads(told.stdout)
    assert (answer["verdict"], answer["diagnosis"]["causes"][0]["finding"]["code"]) == ("CONFIRMED", "TID-101"), (
        told.stderr
    )
    assert answer["headline"].startswith("water at Dover stands 2.5 m above normal")
    well = json.loads(run(installed, "diagnose", "is there high water at Calais?", "--json").stdout)
    assert well["verdict"] == "HEALTHY"
    assert "Which harbour do you mean?" in run(installed, "ask", "how high is the tide?").stderr


def test_an_alert_at_the_command_line(installed: dict[str, str]) -> None:
    told = run(installed, "investigate", "--alert", "-", "--json", stdin=EXAMPLE.read_text())
    answer = json.loads(told.stdout)
    assert answer["diagnosis"]["causes"][0]["finding"]["code"] == "TID-101", told.stderr
    assert answer["request"]["alert"]["source"] == "tides"


def test_doctor_and_settings(installed: dict[str, str]) -> None:
    told = run(installed, "doctor")
    assert "Tide gauges" in told.stdout and "2.5 m" in told.stdout, told.stderr
    wrong = run({**installed, "MIDWATCH_TIDES__LEVLS": "1"}, "doctor")
    assert "unknown setting tides.levls (did you mean levels?)" in wrong.stderr


def test_the_reference_pages(installed: dict[str, str]) -> None:
    """Are of what Midwatch itself brings, whatever is installed beside it."""
    code = "from docs.generate import pages; p = pages(); print(p['tools.md'], p['findings.md'], p['settings.md'])"
    environment = {**os.environ, **installed, "PYTHONPATH": os.pathsep.join([str(ROOT), installed["PYTHONPATH"]])}
    told = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "## kubernetes_list" in told.stdout and "## K8S-110" in told.stdout
    for part in ("tides_level", "TID-101", "MIDWATCH_TIDES"):
        assert part not in told.stdout


def test_its_questions_are_understood(installed: dict[str, str]) -> None:
    """As the areas of Midwatch are held to theirs."""
    code = (
        "from midwatch.wiring.registry import registry\nfrom tests.questions import table\n"
        "assert not registry().broken, registry().broken\n"
        "for topic, entry in table.OF_AREA['tides']:\n    print(topic, table.ask(entry['ask']).topic)\n"
    )
    paths = os.pathsep.join([str(ROOT), installed["PYTHONPATH"]])
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **installed, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    assert told.stdout.splitlines() == ["tide tide"] * 3, told.stderr


@pytest.fixture(scope="module")
def server(installed: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    with station(tmp_path_factory.mktemp("server"), **installed) as made:
        made.serve("--open")
        yield made


@pytest.mark.components
def test_a_question_at_the_server(server: Station) -> None:
    reply = server.post("/query", {"prompt": "how high is the tide at Dover?", "session_id": "1"}).json()
    assert "water at Dover stands 2.5 m above normal" in reply["response"]
    asked = server.post("/api/v1/investigations", {"question": "high water at Dover?"}).json()["data"]
    done = until(lambda: _done(server, asked["id"]))
    assert done["answer"]["diagnosis"]["causes"][0]["finding"]["code"] == "TID-101"


def _done(server: Station, run_id: str) -> dict[str, object] | None:
    data = server.get(f"/api/v1/investigations/{run_id}")["data"]
    return data if data["state"] == "done" else None


def test_an_alert_at_the_server_and_its_notification(server: Station, installed: dict[str, str]) -> None:
    board = Path(installed["BOARD"])
    before = board.read_text().splitlines() if board.exists() else []
    body, proof = EXAMPLE.read_bytes(), {"X-Tides-Token": TOKEN}
    assert server.post("/webhook/tides", body).status_code == 401
    assert server.post("/webhook/tides", body, **proof).status_code == 202
    assert server.post("/webhook/tides", b"[]", **proof).json()["data"]["outcome"] == "unparsed"
    (line,) = until(lambda: board.exists() and board.read_text().splitlines()[len(before) :])
    assert line.startswith("board:") and "water at Dover stands 2.5 m above normal" in line
    assert server.get("/api/v1/incidents?source=tides")["items"]


def test_no_word_of_it_is_in_midwatch() -> None:
    sources = (ROOT / "src" / "midwatch").rglob("*.*")
    assert [p for p in sources if p.suffix in (".py", ".yaml") and "tides_level" in p.read_text()] == []
