"""What operators see of a server: one line of JSON an event, with names, ids and counts, and no text of an alert."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from midwatch.integrations.kubernetes.fake import serve as serve_cluster
from midwatch.integrations.kubernetes.fake import write_kubeconfig
from midwatch.integrations.kubernetes.fake.demo import demo
from tests.flows.cluster import midwatch
from tests.flows.server import Station, station, until

pytestmark = pytest.mark.components

ROOT = Path(__file__).parents[2]
TOKEN, TITLE = "bell-token-0123456789", "The tide is out"


def lines(post: Station) -> list[dict[str, Any]]:
    """Every line of the log has to be one object."""
    return [
        json.loads(line) for line in (post.folder / "serve.log").read_text().split("\n")[:-1]
    ]  # the last may be half written


def of(post: Station, event: str) -> list[dict[str, Any]]:
    return [line for line in lines(post) if line["event"] == event]


def test_each_event_is_a_line_of_json(tmp_path: Path) -> None:
    senders = json.dumps({"tokens": [TOKEN]})
    with serve_cluster(demo()) as api:
        kubeconfig = str(write_kubeconfig(tmp_path / "kubeconfig", api))
        hook = {"MIDWATCH_WEBHOOK__URL": "http://127.0.0.1:9/"}
        given = {"MIDWATCH_KUBERNETES__KUBECONFIG": kubeconfig, "MIDWATCH_SENDERS__GENERIC": senders}
        with station(tmp_path, **given, **hook) as post:
            post.serve()
            made = midwatch("admin", "create", "ann", environment={"MIDWATCH_HOME": str(tmp_path / "home")})
            key = {"X-API-Key": made.out.strip().splitlines()[-1]}
            fired = {"title": TITLE, "dedup_key": "a", "labels": {"namespace": "shop", "deployment": "web"}}
            signed = {"Authorization": f"Bearer {TOKEN}"}
            assert post.post("/webhook/generic", fired).status_code == 401
            assert post.post("/webhook/generic", fired, **signed).status_code == 202
            post.post("/webhook/generic", fired | {"dedup_key": "b"}, **signed)
            until(lambda: of(post, "notification failed"))
            for name in ("a", "b"):
                post.post("/webhook/generic", fired | {"dedup_key": name, "status": "resolved"}, **signed)
            post.post("/webhook/generic", fired, **signed)
            created = post.post("/api/v1/keys", {"name": "bob", "role": "viewer"}, **key).json()["data"]
            post.delete(f"/api/v1/keys/{created['key']['id']}", **key)
            incident = of(post, "incident opened")[0]["incident"]
            post.post(f"/api/v1/incidents/{incident}/resolve", {}, **key)
            said = lines(post)
            text = (post.folder / "serve.log").read_text()
    assert [line["url"] for line in said if line["event"] == "server started"] == [post.url]
    assert of(post, "worker started") and of(post, "no API key exists")
    (refused,) = of(post, "delivery refused")
    assert refused["source"] == "generic" and refused["reason"]
    assert {line["source"] for line in of(post, "delivery accepted")} == {"generic"}
    assert len(of(post, "delivery accepted")) == 5
    for event, count in (("opened", 1), ("joined", 1), ("reopened", 1), ("resolved", 2)):
        assert [line["incident"] for line in of(post, f"incident {event}")] == [incident] * count, event
    begun, ended = of(post, "investigation started")[0], of(post, "investigation finished")[0]
    assert begun["investigation"] == ended["investigation"] and ended["verdict"] and ended["seconds"] >= 0
    assert of(post, "notification failed")[0]["notifier"] == "webhook"
    assert [line["key"] for line in of(post, "key created")] == [created["key"]["id"]]
    assert [line["key"] for line in of(post, "key revoked")] == [created["key"]["id"]]
    for secret in (TOKEN, key["X-API-Key"], created["secret"], TITLE):
        assert secret not in text


def events() -> Iterator[str]:
    """The names of all events that the code logs."""
    sources = [file.read_text() for file in (ROOT / "src" / "midwatch").rglob("*.py")]
    for source in (source for source in sources if "log = structlog.get_logger()" in source):
        for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
            name = call.args[0] if call.args else None
            if isinstance(call.func, ast.Name) and call.func.id == "partial" and len(call.args) > 1:
                name, function = call.args[1], call.args[0]
            else:
                function = call.func
            is_log = isinstance(function, ast.Attribute) and ast.unparse(function.value) == "log"
            level = function.attr if isinstance(function, ast.Attribute) else ""
            is_log = is_log and level in ("debug", "info", "warning", "error")
            if is_log and isinstance(name, ast.Constant) and isinstance(name.value, str) and "%" not in name.value:
                yield name.value


def test_every_event_is_in_the_table_of_the_page() -> None:
    page = (ROOT / "docs" / "server.md").read_text()
    found = set(events())
    assert {"delivery accepted", "incident resolved", "purged"} <= found
    assert {name for name in found if f"`{name}`" not in page} == set()
