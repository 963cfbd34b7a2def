"""`midwatch incidents`, `midwatch keys` and `midwatch init`: what they ask, print and write."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from midwatch.interfaces.cli.exits import Exit
from tests.flows.cluster import Shown, midwatch
from tests.interfaces.fake_server import INCIDENT, Answer, FakeServer, serve

PATIENCE_S = 60.0
KEY = {
    "id": "key_1",
    "name": "ada",
    "prefix": "mw_abc",
    "role": "admin",
    "created_at": "2026-11-27T01:00:00Z",
    "last_used_at": None,
    "revoked_at": None,
}


def page(*items: dict[str, Any]) -> Answer:
    return 200, {"items": list(items), "total": len(items), "has_next": False}


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MIDWATCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MIDWATCH_KEY", "mw_key")
    monkeypatch.delenv("MIDWATCH_URL", raising=False)
    monkeypatch.chdir(tmp_path)


def run(server: FakeServer, *words: str) -> Shown:
    return midwatch(*words, environment={"MIDWATCH_URL": server.url, "COLUMNS": "40"})


def test_a_list_of_incidents() -> None:
    with serve(lambda _m, _p: page(INCIDENT)) as server:
        shown = run(
            server, "incidents", "list", "--status", "triggered", "--severity", "critical", "--service", "checkout"
        )
        as_yaml = yaml.safe_load(run(server, "incidents", "list", "-o", "yaml").out)
        as_json = json.loads(run(server, "incidents", "list", "-o", "json", "--limit", "5").out)
    head, line = shown.out.splitlines()
    assert head.split() == ["NO", "TITLE", "STATUS", "SEVERITY", "AGE", "SERVICE"]
    assert line.startswith("#1   Checkout is slow   triggered   critical") and line.endswith("checkout")
    assert (shown.code, as_yaml, as_json) == (Exit.HEALTHY, [INCIDENT], [INCIDENT])
    first, *_, last = server.asked
    assert first.key == "Bearer mw_key"
    assert first.path == "/api/v1/incidents?page_size=20&status=triggered&severity=critical&service=checkout"
    assert last.path == "/api/v1/incidents?page_size=5"


def test_an_empty_list_says_so_beside_the_output() -> None:
    with serve(lambda _m, _p: page()) as server:
        shown = run(server, "incidents", "list")
    assert (shown.code, shown.out) == (Exit.HEALTHY, "") and "No incidents found." in shown.err


def test_an_incident_with_what_happened() -> None:
    entry = {"at": "2026-11-28T01:02:03Z", "actor": "ada", "text": "acknowledged\x1b[2J", "seq": 1}
    alert = {"alert": {"title": "HighLatency"}, "count": 3}
    investigation = {"id": "inv_1", "verdict": "LIKELY", "state": "running", "headline": "CPU throttling"}
    found = {"incident": INCIDENT, "alerts": [alert], "investigations": [investigation]}
    answers = {"timeline": [entry], "inc_1": found}
    with serve(lambda _m, path: (200, {"data": answers[path.rpartition("/")[2]]})) as server:
        out = run(server, "incidents", "show", "inc_1").out
        whole = json.loads(run(server, "incidents", "show", "inc_1", "-o", "json").out)
    for said in (
        "likely: CPU throttling",
        "HighLatency (received 3 times)",
        "2026-11-28 01:02:03 UTC ada: acknowledged",
    ):
        assert said in " ".join(out.split())
    assert "\x1b" not in out and whole == {**found, "timeline": [entry], "newest_investigation": None}


def test_acknowledge_and_resolve() -> None:
    def answer(_method: str, path: str) -> Answer:
        if "inc_gone" in path:
            return 404, {"error": "There is no incident inc_gone."}
        status = "acknowledged" if "acknowledge" in path else "resolved"
        return 200, {"data": {**INCIDENT, "status": status}}

    with serve(answer) as server:
        acknowledged = run(server, "incidents", "ack", "inc_1")
        resolved = run(server, "incidents", "resolve", "inc_1", "-m", "rolled back")
        some = run(server, "incidents", "ack", "inc_gone", "inc_1")
    assert (acknowledged.code, acknowledged.out) == (Exit.HEALTHY, "#1 acknowledged: Checkout is slow (inc_1)\n")
    assert resolved.out == "#1 resolved: Checkout is slow (inc_1)\n"
    assert some.code == Exit.FAILED and "inc_gone" in some.err and "#1 acknowledged" in some.out
    assert [(one.method, one.path) for one in server.asked][:2] == [
        ("POST", "/api/v1/incidents/inc_1/acknowledge"),
        ("POST", "/api/v1/incidents/inc_1/resolve?resolution=rolled+back"),
    ]


def test_keys() -> None:
    def answer(method: str, _path: str) -> Answer:
        made = {"secret": "mw_secret", "key": KEY}
        return {"GET": (200, {"data": [KEY]}), "POST": (201, {"data": made}), "DELETE": (200, {"data": None})}[method]

    with serve(answer) as server:
        listed, made = run(server, "keys", "list"), run(server, "keys", "create", "ada", "--role", "responder")
        revoked = run(server, "keys", "revoke", "key_1")
    assert listed.out.splitlines()[1].split()[:4] == ["key_1", "ada", "admin", "mw_abc"]
    assert {len(line.split("mw_abc")[0]) for line in listed.out.splitlines()[1:]} == {23}, "nothing is cut or broken"
    assert (made.out, revoked.out) == ("mw_secret\n", "key_1 revoked\n")
    assert json.loads(server.asked[1].body) == {"name": "ada", "role": "responder"}
    assert (server.asked[2].method, server.asked[2].path) == ("DELETE", "/api/v1/keys/key_1")


def test_an_investigation_without_an_answer_and_an_entry_of_version_0_1_0() -> None:
    entry = {"at": "2026-11-28T01:02:03Z", "actor": "generic", "text": "generic: HighLatency", "seq": 1}
    waiting = {
        "id": "inv_1",
        "verdict": "",
        "state": "queued",
        "headline": "",
        "reason": "",
        "created_at": "2026-11-28T01:00:00Z",
    }
    failed = {**waiting, "state": "failed", "reason": "a fault of Midwatch: KeyError"}
    answers = {
        "timeline": [entry],
        "inc_1": {"incident": INCIDENT, "alerts": [], "investigations": [waiting, failed]},
    }
    with serve(lambda _m, path: (200, {"data": answers[path.rpartition("/")[2]]})) as server:
        lines = " ".join(run(server, "incidents", "show", "inc_1").out.split())
    assert "inv_1 queued since 2026-11-28 01:00:00 UTC" in lines
    assert "inv_1 failed: a fault of Midwatch: KeyError" in lines
    assert "2026-11-28 01:02:03 UTC generic: HighLatency" in lines


def test_quiet_and_verbose_lists() -> None:
    def answer(method: str, path: str) -> Answer:
        if method != "GET":
            return 200, {"data": {**INCIDENT, "status": "acknowledged"}}
        if path.endswith(("inc_1", "timeline")):
            found = {"incident": INCIDENT, "alerts": [], "investigations": []}
            return 200, {"data": [] if path.endswith("timeline") else found}
        return (200, {"data": [KEY]}) if "keys" in path else page(INCIDENT, {**INCIDENT, "id": "inc_2"})

    with serve(answer) as server:
        assert run(server, "incidents", "list", "-q").out == "inc_1\ninc_2\n"
        verbose = run(server, "incidents", "list", "-v").out.splitlines()
        assert verbose[0].split() == "NO TITLE STATUS SEVERITY AGE SERVICE SOURCE OPENED ID".split()  # noqa: SIM905
        assert verbose[1].split()[-5:] == ["alertmanager", "2026-11-28", "01:00:00", "UTC", "inc_1"]
        shown = run(server, "incidents", "show", "inc_1", "-q").out.splitlines()
        assert len(shown) == 2 and shown[1].startswith("#1 ")
        assert run(server, "incidents", "ack", "inc_1", "-q").out == ""
        assert run(server, "incidents", "resolve", "inc_1", "-q").out == ""
        assert run(server, "keys", "list", "-q").out == "key_1\n"
        assert run(server, "keys", "revoke", "key_1", "-q").out == ""
        for words in (("incidents", "list", "-q", "-v"), ("incidents", "list", "-q", "-o", "json")):
            refused = run(server, *words)
            assert refused.code == Exit.FAILED and "contradict each other" in refused.err


def test_init_asks_writes_and_checks(tmp_path: Path) -> None:
    config = tmp_path / "kubeconfig"
    config.write_text(json.dumps({"contexts": [{"name": "prod"}, {"name": "staging"}]}))
    environment = {**os.environ, "KUBECONFIG": str(config), "MIDWATCH_HOME": str(tmp_path / "new")}
    person, terminal = pty.openpty()
    try:
        asking = subprocess.Popen(
            [sys.executable, "-m", "midwatch", "init"],
            env=environment, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        os.close(terminal)
        os.write(person, b"prd\nprod, staging\n99999\n8351\n\n\n")
        out, err = asking.communicate(timeout=PATIENCE_S)
    finally:
        os.close(person)
    written = tmp_path / "new" / "midwatch.yaml"
    assert yaml.safe_load(written.read_text()) == {
        "kubernetes": {"contexts": ["prod", "staging"]},
        "server": {"port": 8351},
    }, err
    assert written.stat().st_mode & 0o777 == 0o600
    assert "There is no context prd." in out and "A port is a number" in out
    assert f"settings    {written}" in out and asking.returncode == Exit.FAILED, "doctor: the cluster is not there"
