"""The loop that runs at night by itself: an alert, an incident, an investigation, a note; once each, whatever dies
meanwhile."""

import json
import os
import pty
import re
import resource
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from midwatch.integrations.kubernetes.fake import FakeCluster, write_kubeconfig
from midwatch.integrations.kubernetes.fake import serve as serve_cluster
from midwatch.integrations.kubernetes.fake.demo import demo
from midwatch.integrations.pagerduty.fake import FakePagerDuty
from midwatch.interfaces.cli.firstadmin import FILE
from midwatch.interfaces.http.limits import raise_file_limit
from midwatch.kit.loopback import serve
from tests.flows.cluster import midwatch
from tests.flows.paging import SECRET, deliver, page
from tests.flows.server import Station, station, until


@pytest.fixture
def cluster() -> FakeCluster:
    return demo()


@pytest.fixture
def pager() -> FakePagerDuty:
    made = FakePagerDuty(token="u+token")
    made.incident("PINC1")
    return made


@pytest.fixture
def post(tmp_path: Path, cluster: FakeCluster, pager: FakePagerDuty) -> Generator[Station]:
    """A server's place beside a cluster with a broken application and a PagerDuty."""
    with serve_cluster(cluster) as api, serve(pager.app()) as pagerduty:
        environment = {
            "MIDWATCH_KUBERNETES__KUBECONFIG": str(write_kubeconfig(tmp_path / "kubeconfig", api)),
            "MIDWATCH_SENDERS__PAGERDUTY": json.dumps({"secrets": [SECRET]}),
            "MIDWATCH_PAGERDUTY__TOKEN": "u+token",
            "MIDWATCH_PAGERDUTY__EMAIL": "bot@example.com",
            "MIDWATCH_PAGERDUTY__URL": pagerduty,
        }
        with station(tmp_path, **environment) as made:
            yield made


def events(post: Station) -> list[str]:
    """What the only run has told so far, read from the store: the process may be dead."""
    with closing(sqlite3.connect(post.folder / "home" / "midwatch.db")) as store:
        return [json.loads(body)["kind"] for (body,) in store.execute("SELECT body FROM run_events ORDER BY seq")]


def settled(post: Station) -> bool:
    health = post.get("/health")
    return health["investigations"] == {"done": 1} and health["notifications"] == {"sent": 1}


def test_an_alert_is_answered_once(post: Station, pager: FakePagerDuty) -> None:
    post.serve("--open")
    assert [deliver(post, page()), deliver(post, page()), deliver(post, page("01EVENT2"), "W2")] == [202, 202, 202]
    until(lambda: settled(post))
    (note,) = pager.notes["PINC1"]
    assert note["content"].split(" ")[1] in ("confirmed", "likely")
    (incident,) = post.get("/api/v1/incidents")["items"]
    kinds = [entry["kind"] for entry in post.get(f"/api/v1/incidents/{incident['id']}/timeline")["data"]]
    assert kinds == ["opened", "queued", "started", "answered", "sent"]
    (run,) = post.get("/api/v1/investigations")["items"]
    assert run["state"] == "done"
    evidence = post.get(f"/api/v1/investigations/{run['id']}/evidence")["data"]
    assert [e["id"] for e in evidence] == [f"E{n}" for n in range(1, len(evidence) + 1)]


def test_a_forged_delivery_leaves_nothing(post: Station) -> None:
    post.serve("--open")
    refused = post.post("/webhook/pagerduty", page(), **{"X-PagerDuty-Signature": "v1=" + "0" * 64})
    assert refused.status_code == 401
    assert post.get("/api/v1/incidents")["total"] == 0


# Where a process is killed; at every other boundary and on PostgreSQL: test_faults.
POINTS: dict[str, Callable[[list[str]], bool]] = {
    "started": lambda seen: "started" in seen,
    "much evidence": lambda seen: seen.count("evidence") >= 25,
}


@pytest.mark.parametrize("point", [pytest.param("started", marks=pytest.mark.components), "much evidence"])
def test_a_killed_investigation_goes_on(post: Station, pager: FakePagerDuty, cluster: FakeCluster, point: str) -> None:
    first = post.serve("--open")
    assert deliver(post, page()) == 202
    until(lambda: POINTS[point](events(post)))
    first.kill()
    told = events(post)
    post.serve("--open")
    until(lambda: settled(post))
    assert len(pager.notes["PINC1"]) == 1
    assert events(post)[: len(told)] == told
    assert events(post).count("started") == events(post).count("done") == 1
    asked = [request.path + "?" + request.query for request in cluster.requests if "/log" in request.path]
    assert len(asked) <= len(set(asked)) + 4, "what was answered before is not asked again; what was under way is"


@pytest.mark.components
def test_a_worker_takes_over_from_a_dead_one(post: Station, pager: FakePagerDuty) -> None:
    post.serve("--open", "--workers", "0")
    assert deliver(post, page()) == 202
    assert post.get("/health")["investigations"] == {"queued": 1}
    first = post.worker()
    until(lambda: "evidence" in events(post))
    post.worker()
    first.kill()
    until(lambda: settled(post))
    assert len(pager.notes["PINC1"]) == 1


def test_a_note_whose_answer_got_lost_is_not_written_twice(post: Station, pager: FakePagerDuty) -> None:
    pager.troubles.append("lost")
    post.serve("--open")
    assert deliver(post, page()) == 202
    until(lambda: settled(post))
    assert len(pager.notes["PINC1"]) == 1


def test_alerts_to_try_a_server_with(post: Station) -> None:
    post.serve("--open", "--workers", "0")
    shown = midwatch("alerts", "send", "--all", "--url", post.url)
    assert shown.code == 0, shown.err
    assert post.get("/api/v1/incidents")["total"] == 11, "two of the twelve are about one service"
    again = midwatch("alerts", "send", "--type", "network", "--stress", "1", "--rate", "20", "--url", post.url)
    assert "20 accepted" in again.out


def link(post: Station) -> str:
    """The secret of the one-time link, from the file that the server names."""
    file = post.folder / "home" / FILE
    until(lambda: post.processes[-1].said.count(str(file)) == len(post.processes))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = re.search(r'"token": "([^"]+)"', file.read_text())
    assert found and f"{post.url}/api/v1/setup" in file.read_text()
    return found[1]


def test_a_server_that_wants_a_key_says_so_and_takes_it(post: Station) -> None:
    served = post.serve("--workers", "0")
    token = link(post)
    shown = midwatch("alerts", "send", "--url", post.url)
    assert shown.code == 3
    assert "MIDWATCH_KEY" in shown.err
    made = post.post("/api/v1/setup", {"token": token, "name": "ann"})
    assert made.status_code == 201
    secret = made.json()["data"]["secret"]
    assert post.post("/api/v1/setup", {"token": token, "name": "eve"}).status_code == 401
    assert midwatch("alerts", "send", "--url", post.url, environment={"MIDWATCH_KEY": secret}).code == 0
    assert secret not in served.said and token not in served.said
    until(lambda: not (post.folder / "home" / FILE).exists())


def test_links_of_earlier_starts_and_of_a_server_with_an_admin_do_nothing(post: Station) -> None:
    tokens = list[str]()
    for _ in range(2):
        served = post.serve("--workers", "0")
        tokens.append(link(post))
        served.kill()  # its file stays, its link ends with the next start
    post.serve("--workers", "0")
    tokens.append(link(post))
    assert [post.post("/api/v1/setup", {"token": t, "name": "eve"}).status_code for t in tokens[:2]] == [401, 401]
    made = midwatch("admin", "create", "ann", environment={"MIDWATCH_HOME": str(post.folder / "home")})
    assert made.code == 0
    assert post.post("/api/v1/setup", {"token": tokens[2], "name": "eve"}).status_code == 401
    until(lambda: not (post.folder / "home" / FILE).exists())


def test_a_person_at_a_terminal_sees_the_link(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "midwatch", "serve", "--port", "0", "--workers", "0"]
    with subprocess.Popen(
        command, env={**os.environ, "MIDWATCH_HOME": str(tmp_path)}, stderr=theirs, stdout=subprocess.DEVNULL
    ) as served:
        try:
            os.close(theirs)
            said = ""
            while "admin create" not in said:
                said += os.read(ours, 4096).decode()
            assert '"token": "' in said
            assert not (tmp_path / FILE).exists()
        finally:
            served.kill()
            os.close(ours)


def test_a_broken_cluster_becomes_alerts(post: Station, tmp_path: Path) -> None:
    post.serve("--open", "--workers", "0")
    shown = midwatch("k8s", "watch", "--once", "--kubeconfig", str(tmp_path / "kubeconfig"), "--url", post.url)
    assert shown.code == 1, shown.err
    assert "payment-service" in shown.out
    titles = [incident["title"] for incident in post.get("/api/v1/incidents?page_size=50")["items"]]
    assert any("payment-service" in title for title in titles)
    midwatch("k8s", "watch", "--once", "--kubeconfig", str(tmp_path / "kubeconfig"), "--url", post.url)
    assert post.get("/api/v1/incidents")["total"] == len(titles)
    incidents = post.get("/api/v1/incidents?page_size=50")["items"]
    shown_one = post.get(f"/api/v1/incidents/{incidents[0]['id']}")["data"]
    assert shown_one["alerts"][0]["alert"]["labels"]["cluster"] == "fake", "the name, and not an address"
    (found,) = [i for i in incidents if "payment-service" in i["title"]]
    alone = {"status": "firing", "title": "CrashLooping", "dedup_key": "am"}
    labels = {"namespace": "demo-apps", "deployment": "payment-service"}
    told = post.post("/webhook/generic", alone | {"labels": labels}).json()["data"]
    assert told["incidents"] == [found["id"]], "an alert without a cluster is about the only one"


def test_what_the_webhook_leaves_out_is_fetched(post: Station, pager: FakePagerDuty) -> None:
    """The title names nothing of the cluster; the details of the incident's alert do."""
    pager.incident(
        "PINC1", {"namespace": "demo-apps", "deployment": "memory-hog", "limit": "128Mi", "password": "hunter2-hunter2"}
    )
    post.serve("--open")
    body = page().replace(b"payment-service is down", b"something is wrong").replace(b"payment-service", b"production")
    assert deliver(post, body) == 202
    until(lambda: settled(post))
    (note,) = pager.notes["PINC1"]
    assert "memory-hog" in note["content"].splitlines()[0]
    (run,) = post.get("/api/v1/investigations")["items"]
    shown = json.dumps(post.get(f"/api/v1/investigations/{run['id']}/evidence"))
    assert "128Mi" in shown
    assert "hunter2" not in shown


def test_our_own_note_is_no_remark(post: Station, pager: FakePagerDuty) -> None:
    post.serve("--open")
    assert deliver(post, page()) == 202
    until(lambda: settled(post))
    note = {
        "incident": {"id": "PINC1", "type": "incident_reference"},
        "id": "N1",
        "type": "incident_note",
        "trimmed": False,
    }
    for content, webhook in ((pager.notes["PINC1"][0]["content"], "W8"), ("I restarted it", "W9")):
        event = {
            "id": webhook,
            "event_type": "incident.annotated",
            "resource_type": "incident",
            "occurred_at": "2026-11-21T02:01:00.000Z",
        }
        said = json.dumps(
            {"event": {**event, "agent": None, "client": None, "data": {**note, "content": content}}}
        ).encode()
        assert deliver(post, said, webhook) == 202
    (incident,) = post.get("/api/v1/incidents")["items"]
    comments = [
        e["text"] for e in post.get(f"/api/v1/incidents/{incident['id']}/timeline")["data"] if e["kind"] == "annotated"
    ]
    assert comments == ["I restarted it"]


def test_a_backup_is_restored_elsewhere(post: Station, tmp_path: Path) -> None:
    post.serve("--open", "--workers", "0")
    assert deliver(post, page()) == 202
    home, file = {"MIDWATCH_HOME": str(tmp_path / "home")}, str(tmp_path / "saved.zip")
    assert midwatch("admin", "backup", file, environment=home).code == 0
    elsewhere = {"MIDWATCH_HOME": str(tmp_path / "elsewhere")}
    assert midwatch("admin", "restore", file, environment=elsewhere).code == 0
    again = midwatch("admin", "restore", file, environment=elsewhere)
    assert again.code == 3
    assert "empty" in again.err
    with closing(sqlite3.connect(tmp_path / "elsewhere" / "midwatch.db")) as store:
        assert store.execute("SELECT count(*) FROM incidents").fetchone() == (1,)


@contextmanager
def half_open(port: int, number: int) -> Generator[list[socket.socket]]:
    """Connections that begin a request and do not go on, from several addresses of this machine."""
    held = list[socket.socket]()
    try:
        for count in range(number):
            one = socket.create_connection(("127.0.0.1", port), 5, (f"127.0.0.{2 + count % 8}", 0))
            held.append(one)
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        yield held
    finally:
        for one in held:
            one.close()


@pytest.mark.skipif(sys.platform != "linux", reason="needs the addresses 127.0.0.2 to 127.0.0.9 and prlimit")
def test_half_open_connections_lock_nobody_out(post: Station) -> None:
    """More of them than the server may open files; probes and alerts are answered all the while."""
    raise_file_limit()
    post.environment |= {"MIDWATCH_SERVER__HEAD_WITHIN": "2", "MIDWATCH_SERVER__CONNECTIONS": "500"}
    served = post.serve("--open", "--workers", "0")
    resource.prlimit(served.pid, resource.RLIMIT_NOFILE, (1024, 1024))
    with half_open(int(post.url.rpartition(":")[2]), 1050) as held:
        for path in ("/healthz", "/readyz"):
            assert post.asked(path).text == "ok"
        assert deliver(post, page()) == 202
        for one in held:
            one.settimeout(20)
            with suppress(ConnectionError):  # it had to make room
                assert one.recv(4096)[:12] in (b"", b"HTTP/1.1 408")
    assert post.asked("/healthz").text == "ok"
    assert "Too many open files" not in served.said
