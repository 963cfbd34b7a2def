"""A secret in every place where people leave them, looked for in everything that leaves: reports, bundle, store,
answers, notes, logs."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from midwatch.integrations.kubernetes.fake import runs
from midwatch.integrations.kubernetes.fake.apps import App, deploy
from midwatch.integrations.kubernetes.fake.scene import Scene
from tests.flows.cluster import midwatch, site
from tests.flows.server import station, until
from tests.unit.secretshapes import TEXTS, TOKENS, chars

SETTINGS = "sites:\n  - url: 'http://user:hunter2pw@shop.example.com/'\n"


class Places:
    """One canary for each place, so that a leak names its place."""

    def __init__(self) -> None:
        self._made: dict[str, str] = {}

    def __call__(self, place: str) -> str:
        return self._made.setdefault(place, f"canary{len(self._made):03d}x{chars(9)}")

    def found_in(self, content: bytes) -> list[str]:
        return [place for place, canary in self._made.items() if canary.encode() in content]


def cluster(at: Places) -> Scene:
    scene = Scene()
    scene.namespace("shop")
    log = (
        *(
            f"connect postgres://app:p@{at('log: address')}/x@db:5432/shop",
            f"login with --password {at('log: flag')} failed",
        ),
        *(
            json.dumps({"msg": json.dumps({"password": at("log: json in json")})}),
            f"Cookie: sid={at('log: cookie')}; a=b",
        ),
        *(
            f"the password '{at('log: quoted')} y' was wrong",
            f"ERROR mysql -uroot -p{at('log: mysql')} failed",
            *TOKENS.values(),
        ),
        *(text for text, _ in TEXTS.values()),
    )
    app = App(
        *("web", "shop", f"bob:{at('image')}@registry.example.com/web:1", 1, 8080),
        command=("web", "--password", at("word"), f"--api-key={at('flag')}", "sh", "-c", f"mysql -p{at('mysql')}"),
        env={
            "DB_PASSWORD": at("env"),
            "DATABASE_URL": f"mysql://root:a/{at('env: address')}@db/shop",
            "CONFIG": ("configMap", "conf", "mode"),
        },
        liveness={"exec": {"command": ["curl", "-u", f"bob:{at('probe: command')}", "http://localhost"]}},
        readiness={"httpGet": {"path": f"/ready?token={at('probe: path')}", "port": 8080}},
        fault=runs.crash_loop("\n".join(log) + "\n"),
    )
    for pod in deploy(scene, app):
        pod["metadata"].setdefault("annotations", {})["vault-token"] = at("annotation")
        pod["metadata"]["labels"]["db-password"] = at("label")
        pod["status"]["message"] = f"failed, password is {at('status')}"
    files = {
        "mode": "fast",
        "api_token": at("config: key"),
        "app.ini": f"user=web\npassword = {at('config: ini')}\n",
        "application.yml": f"spring:\n  datasource:\n    password: {at('config: yaml')} and more\n",
        "config.json": json.dumps({"db": {"password": at("config: json")}}),
        ".env": f"export API_KEY='{at('config: env')}'\n",
        "docker.json": json.dumps({"auths": {"r.io": {"auth": at("config: docker") + "=="}}}),
    }
    scene.add(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf", "namespace": "shop"}, "data": files}
    )
    return scene


def test_no_secret_of_a_cluster_gets_out(tmp_path: Path) -> None:
    at, bundle = Places(), tmp_path / "bundle.tgz"
    scene = cluster(at)
    with site(scene.cluster, tmp_path) as here:
        shown = [here.run("diagnose", "-n", "shop", *form) for form in ((), ("--json",), ("--markdown",))]
        shown.append(here.run("bundle", str(bundle), "-n", "shop"))
    assert all(s.code in (0, 1) for s in shown)
    whole = gzip.decompress(bundle.read_bytes()) + "".join(s.out + s.err for s in shown).encode()
    assert at.found_in(whole) == []
    assert [kind for kind, token in TOKENS.items() if token.removeprefix("SSWS ").encode() in whole] == []
    assert [
        kind for kind, (_, parts) in TEXTS.items() if any(part.encode() in whole for part in parts if len(part) > 7)
    ] == []
    assert b"fast" in whole and b"registry.example.com/web:1" in whole


class Echo(BaseHTTPRequestHandler):
    """An API server in trouble: whatever is asked, it repeats the caller's header."""

    def do_GET(self) -> None:
        self._answer(
            500, {"kind": "Status", "code": 500, "message": f"panic: header {self.headers.get('Authorization')}"}
        )

    def _answer(self, code: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: it is a test's."""


class Pager(Echo):
    """PagerDuty and a webhook's receiver at once: keeps what it is sent."""

    def do_POST(self) -> None:
        self.server.got.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))  # pyright: ignore[reportAttributeAccessIssue]
        self._answer(201, {"note": {"id": "N1"}})

    def do_GET(self) -> None:
        self._answer(200, {"notes": [], "alerts": []})


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[tuple[str, list[bytes]]]:
    server = HTTPServer(("127.0.0.1", 0), handler)
    got: list[bytes] = []
    server.got = got  # pyright: ignore[reportAttributeAccessIssue]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", got
    finally:
        server.shutdown()
        server.server_close()


def test_own_token_is_not_repeated(tmp_path: Path) -> None:
    token = "ownToken" + chars(20)
    user = {"name": "u", "user": {"token": token}}
    with listening(Echo) as (url, _):
        config = {"clusters": [{"name": "c", "cluster": {"server": url}}], "users": [user]}
        context = {"contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}], "current-context": "x"}
        (tmp_path / "config").write_text(json.dumps(config | context))
        shown = [
            midwatch(*words, "--kubeconfig", str(tmp_path / "config"))
            for words in (("diagnose",), ("diagnose", "--json"), ("doctor",), ("ask", "what is wrong in the cluster"))
        ]
    assert all(token not in s.out + s.err for s in shown)
    assert all(s.code != 0 for s in shown)


def test_no_secret_of_an_alert_gets_out(tmp_path: Path) -> None:
    at = Places()
    alert = {
        "title": f"High CPU usage on web-03, password is {at('title')}",
        "description": f"CPU is at 97% (threshold: 80%)\ncurl -u bob:{at('text')} https://x\nCookie: "
        f"sid={at('cookie')}",
        "severity": "critical",
        "labels": {"host": "web-03", "db-password": at("label"), "note": f"token={at('label: text')}"},
        "details": {
            "env": {"name": "DB_PASSWORD", "value": at("detail: object")},
            "raw": json.dumps({"secret": at("detail: json")}),
        },
        "links": [{"title": "run", "href": f"https://bob:{at('link')}@ci.example.com/1"}],
        "dsn": f"amqp://u:a@{at('address')}@mq/",
    }
    with (
        listening(Pager) as (url, got),
        station(tmp_path, MIDWATCH_WEBHOOK__URL=f"{url}/hook", MIDWATCH_WEBHOOK__SECRET="s" + chars(15)) as here,
    ):
        here.environment["KUBECONFIG"] = str(tmp_path / "none")
        here.serve("--open", "--workers", "1")
        assert here.post("/webhook/generic", alert).is_success
        question = here.post("/api/v1/query", {"query": f"is https://bob:{at('question')}@shop.example.com up?"})
        answers = until(lambda: got)
        listed = json.dumps([here.get("/api/v1/incidents"), here.get("/api/v1/investigations")]).encode()
        whole = b"".join(answers) + listed + question.content + here.processes[0].said.encode()
        whole += b"".join(file.read_bytes() for file in (tmp_path / "home").rglob("*") if file.is_file())
    assert b"web-03" in whole
    assert at.found_in(whole) == []


@pytest.mark.parametrize(
    "command",
    [
        *(
            ("ask", "is shop up"),
            ("diagnose",),
            ("doctor",),
            ("serve",),
            ("worker",),
            ("admin", "create", "x"),
            ("bundle", "b.tgz"),
        ),
        *(("k8s", "watch", "--once"), ("investigate", "--alert", "a.json"), ("admin", "backup", "x")),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize(
    "settings",
    [
        SETTINGS,
        "sites: [{url: 'http://shop:hunter2pw/'}]",
        "pagerduty: {token: *hunter2pw}",
        "pagerduty: [hunter2pw",
        "hunter2pw",
        "webhook: hunter2pw",
    ],
)
def test_broken_settings_are_one_sentence(command: tuple[str, ...], settings: str, tmp_path: Path) -> None:
    (tmp_path / "midwatch.yaml").write_text(settings)
    (tmp_path / "a.json").write_text('{"title": "High CPU usage on web-03"}')
    words = [str(tmp_path / word) if word == "a.json" else word for word in command]
    shown = midwatch(*words, environment={"MIDWATCH_HOME": str(tmp_path)})
    assert shown.code == 3
    assert "hunter2pw" not in shown.out + shown.err
    assert "Traceback" not in shown.err
    if "Usage" not in shown.err:
        assert shown.err.startswith("midwatch: Invalid settings: ")
