import asyncio
import json
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from midwatch.domain.access import AccessRole
from midwatch.domain.alert import Alert
from midwatch.domain.investigation import Request
from midwatch.engine.investigation_context import InvestigationContext
from midwatch.engine.progress import add_event
from midwatch.engine.steps import InvestigationSteps
from midwatch.engine.worker_context import WorkerContext
from midwatch.integrations.kubernetes.fake import runs, serve, write_kubeconfig
from midwatch.integrations.kubernetes.fake.apps import App, deploy
from midwatch.integrations.kubernetes.fake.scene import Scene
from midwatch.integrations.kubernetes.settings import KubernetesSettings
from midwatch.wiring import connections
from tests.flows.cluster import midwatch
from tests.interfaces.http.house import House, listening, refused
from tests.plugged import settings as composed

RUNS = "/api/v1/investigations"
READ = ("", "/{id}", "/{id}/evidence", "/{id}/bundle", "/{id}/events")


async def asked(here: House, **changes: Any) -> dict[str, Any]:
    return await here.post(RUNS, {"question": "why is web down?", "namespace": "shop"} | changes)


@asynccontextmanager
async def cluster(folder: Path) -> AsyncGenerator[InvestigationContext]:
    scene = Scene()
    scene.namespace("shop")
    deploy(scene, App("web", "shop", "web:1", 1, 8080, fault=runs.crash_loop("ERROR: /config/app.conf not found\n")))
    with serve(scene.cluster) as url:
        settings = composed(kubernetes=KubernetesSettings(kubeconfig=write_kubeconfig(folder / "kubeconfig", url)))
        async with connections.open_investigation(settings) as ctx:
            yield ctx


async def _understand(alert: Alert, _now: datetime, namespace: str) -> Request:
    return Request(alert=alert, namespace=namespace)


async def carried_out(here: House, folder: Path, run_id: str) -> None:
    async with cluster(folder) as ctx:
        worker = WorkerContext(here.ctx.db, here.ctx.now)
        steps = InvestigationSteps(worker, lambda _request: nullcontext(ctx), _understand)
        assert await steps.begin(run_id)
        await steps.run_investigation(run_id)


def told(stream: str) -> list[tuple[int, str, dict[str, Any]]]:
    """Each event of a stream: id, kind, data."""
    events = [
        dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        for block in stream.split("\n\n")
        if block
    ]
    return [(int(e["id"]), e["event"], json.loads(e["data"])) for e in events if e]


class TestInvestigations:
    @pytest.mark.parametrize("rest", READ)
    async def test_unauthenticated_reads(self, here: House, rest: str) -> None:
        run = await asked(here)
        refused(await here.ask("GET", RUNS + rest.format(id=run["id"]), None), 401)

    @pytest.mark.parametrize("rest", ["", "/{id}/cancel"])
    async def test_unauthenticated_and_missing_role(self, here: House, rest: str) -> None:
        run = await asked(here)
        refused(await here.ask("POST", RUNS + rest.format(id=run["id"]), None, json={}), 401)
        refused(await here.ask("POST", RUNS + rest.format(id=run["id"]), AccessRole.VIEWER, json={}), 403)
        assert [r["state"] for r in (await here.get(RUNS))["items"]] == ["queued"]

    @pytest.mark.parametrize(("method", "rest"), [*(("GET", r) for r in READ[1:]), ("POST", "/{id}/cancel")])
    async def test_nothing_is_known_of_another(self, here: House, method: str, rest: str) -> None:
        refused(await here.ask(method, RUNS + rest.format(id="inv_nobody")), 404, "inv_nobody")

    async def test_a_question_is_queued(self, here: House) -> None:
        answer = await here.ask(
            "POST", RUNS, AccessRole.RESPONDER, json={"question": "why?\u202e password=tidewater7", "namespace": "shop"}
        )
        assert answer.status_code == 202
        run = answer.json()["data"]
        assert (run["state"], run["asked_by"], run["request"]["namespace"]) == ("queued", "the responder", "shop")
        assert "tidewater7" not in answer.text
        assert here.woken
        shown = (await here.get(f"{RUNS}/{run['id']}"))["data"]
        assert shown == run | {"answer": None}

    @pytest.mark.parametrize("body", [{"question": "x" * 10_001}, {"namespace": "not a name"}, {"namespace": 5}, []])
    async def test_a_question_that_is_none_is_refused(self, here: House, body: Any) -> None:
        refused(await here.ask("POST", RUNS, json=body), 400)

    async def test_lists_are_narrowed_and_paged(self, here: House) -> None:
        made = [await asked(here) for _ in range(3)]
        await here.post(f"{RUNS}/{made[0]['id']}/cancel")
        incident = await here.post("/api/v1/incidents", {"title": "t"})
        assert (await here.get(RUNS))["total"] == 4
        assert [r["id"] for r in (await here.get(RUNS, state="cancelled"))["items"]] == [made[0]["id"]]
        assert [r["incident_id"] for r in (await here.get(RUNS, incident=incident["id"]))["items"]] == [incident["id"]]
        page = await here.get(RUNS, state="queued", page=2, page_size=2)
        assert (len(page["items"]), page["total"], page["has_next"]) == (1, 3, False)
        for query in ({"state": "lost"}, {"page": 0}, {"page_size": 0}, {"stat": "done"}):
            refused(await here.ask("GET", RUNS, params=query), 400)

    async def test_what_is_over_cannot_be_cancelled(self, here: House) -> None:
        run = await asked(here)
        assert (await here.post(f"{RUNS}/{run['id']}/cancel"))["state"] == "cancelled"
        refused(await here.ask("POST", f"{RUNS}/{run['id']}/cancel"), 409, "cancelled already")
        refused(await here.ask("GET", f"{RUNS}/{run['id']}/bundle"), 409, "when it is done")
        assert (await here.get(f"{RUNS}/{run['id']}/evidence"))["data"] == []

    async def test_an_answer_its_evidence_and_its_bundle(
        self, here: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = await asked(here)
        await carried_out(here, tmp_path, run["id"])
        shown = (await here.get(f"{RUNS}/{run['id']}"))["data"]
        assert (shown["state"], shown["answer"]["schema"]) == ("done", "midwatch.answer/2")
        assert shown["answer"]["verdict"] == shown["verdict"]
        evidence = (await here.get(f"{RUNS}/{run['id']}/evidence"))["data"]
        assert [e["id"] for e in evidence] == [e["id"] for e in shown["answer"]["evidence"]]
        bundle = await here.ask("GET", f"{RUNS}/{run['id']}/bundle", AccessRole.VIEWER)
        assert bundle.headers["content-type"] == "application/gzip"
        assert f"{run['id']}.tgz" in bundle.headers["content-disposition"]
        file = tmp_path / "bundle.tgz"
        file.write_bytes(bundle.content)
        monkeypatch.setenv("MIDWATCH_HOME", str(tmp_path))
        replayed = await asyncio.to_thread(midwatch, "replay", str(file), "--json")
        assert replayed.answer == shown["answer"]

    async def test_an_investigation_that_fails_says_why(self, here: House, tmp_path: Path) -> None:
        run = await asked(here, namespace="nowhere")
        await carried_out(here, tmp_path, run["id"])
        shown = (await here.get(f"{RUNS}/{run['id']}"))["data"]
        assert shown["state"] == "failed"
        assert "nowhere" in shown["reason"]
        stream = await here.ask("GET", f"{RUNS}/{run['id']}/events")
        assert told(stream.text)[-1][1] == "failed"


class TestEvents:
    """Server-sent events of an investigation."""

    async def test_all_that_happened_in_order_and_then_the_end(self, here: House, tmp_path: Path) -> None:
        run = await asked(here)
        await carried_out(here, tmp_path, run["id"])
        answer = await here.ask("GET", f"{RUNS}/{run['id']}/events", AccessRole.VIEWER)
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = told(answer.text)
        assert [number for number, _, _ in events] == list(range(1, len(events) + 1))
        assert events[0][1] == "started"
        assert events[-1][1] == "done"
        assert {kind for _, kind, _ in events[1:-1]} <= {"evidence", "gap"}
        for last, expected in (
            ("0", events),
            ("3", events[3:]),
            (str(len(events)), []),
            ("none", events),
            ("²", events),
            ("9" * 30, events),
            ("999999999", events),  # beyond the last one: otherwise its end would never be told
        ):
            headers = {b"Last-Event-ID": last.encode("latin-1")}
            headers |= {k.encode(): v.encode() for k, v in here.key(AccessRole.VIEWER).items()}
            again = await here.http.get(f"{RUNS}/{run['id']}/events", headers=headers)
            assert told(again.text) == expected, last

    async def test_more_than_one_page_of_events_is_told_to_the_end(self, here: House) -> None:
        run = await asked(here)
        with here.ctx.db.write() as tx:
            for _ in range(1500):
                add_event(tx, here.ctx.now(), run["id"], "evidence", {})
        await here.post(f"{RUNS}/{run['id']}/cancel")
        answer = await here.ask("GET", f"{RUNS}/{run['id']}/events")
        assert [number for number, _, _ in told(answer.text)] == list(range(1, 1502))

    async def test_a_watcher_waits_while_the_store_is_away(self, here: House) -> None:
        run = await asked(here)
        file = here.ctx.db.path
        assert file is not None
        async with (
            listening(here.app) as url,
            httpx2.AsyncClient(headers=here.key(AccessRole.VIEWER)) as http,
            http.stream("GET", f"{url}{RUNS}/{run['id']}/events") as stream,
        ):
            with sqlite3.connect(file) as other:  # nobody can ask for what is not there
                other.execute("ALTER TABLE run_events RENAME TO away")
            await asyncio.sleep(1)
            with sqlite3.connect(file) as other:
                other.execute("ALTER TABLE away RENAME TO run_events")
            await here.post(f"{RUNS}/{run['id']}/cancel")
            async with asyncio.timeout(20):
                assert "event: cancelled" in [line async for line in stream.aiter_lines()]

    async def test_a_watcher_sees_it_as_it_happens(self, here: House) -> None:
        run = await asked(here)
        key = here.key(AccessRole.VIEWER)
        async with (
            listening(here.app) as url,
            httpx2.AsyncClient(headers=key) as http,
            http.stream("GET", f"{url}{RUNS}/{run['id']}/events") as stream,
        ):
            lines = stream.aiter_lines()
            for n in range(3):
                with here.ctx.db.write() as tx:
                    add_event(tx, here.ctx.now(), run["id"], "evidence", {"n": n})
                async with asyncio.timeout(10):
                    seen = [await anext(lines) for _ in range(4)]
                assert json.loads(next(line for line in seen if line.startswith("data: "))[6:])["n"] == n
            await here.post(f"{RUNS}/{run['id']}/cancel")
            async with asyncio.timeout(10):
                rest = [line async for line in lines]
            assert "event: cancelled" in rest
