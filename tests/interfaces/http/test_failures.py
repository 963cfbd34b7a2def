"""Whatever goes wrong: one form, an id to ask for, the right status, and nothing told that is nobody's business."""

import json
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from midwatch.domain.access import AccessRole
from midwatch.interfaces.http.app import create_app
from midwatch.kit.clock import utc_now
from midwatch.kit.logging import to_standard_error
from midwatch.services.server_context import ServerContext
from midwatch.settings import ServerSettings
from midwatch.store import workers
from midwatch.store.database import Database
from tests.interfaces.http.house import House, house, listening, refused
from tests.plugged import alert_sources
from tests.plugged import settings as composed

INCIDENTS = "/api/v1/incidents"
ALERT = {"title": "t"}


class TestFailures:
    async def test_unknown_paths_and_methods(self, here: House) -> None:
        refused(await here.http.get("/nothing"), 404, "/nothing")
        wrong = await here.http.put(INCIDENTS)
        assert refused(wrong, 405) and wrong.headers["allow"] == "GET, POST"

    @pytest.mark.parametrize(
        ("given", "kept"), [("abc-1.2:3_4", True), ("a b", False), ("x" * 65, False), ("", False), ("ä", False)]
    )
    async def test_a_sane_request_id_is_kept(self, here: House, given: str, kept: bool) -> None:
        answer = await here.http.get("/nothing", headers={b"X-Request-Id": given.encode()})
        assert (refused(answer, 404)["request_id"] == given) is kept
        assert (await here.http.get("/healthz")).headers["x-request-id"]

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"null",
            b"[]",
            b"\xff\xfe",
            b"[" * 100_000,
            b'{"title": "\\ud800"}',
            b'{"title": 1e999}',
            b'{"title": "a"} x',
        ],
        ids=lambda b: repr(b[:12]),
    )
    async def test_a_body_that_is_none(self, here: House, body: bytes) -> None:
        refused(await here.ask("POST", "/alerts", content=body, headers={"Content-Type": "application/json"}), 400)
        assert await here.tally() == {"incidents": 0}

    @pytest.mark.parametrize(
        "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "\xff"]
    )
    async def test_a_content_type_that_is_not_json(self, here: House, kind: str) -> None:
        headers = {b"Content-Type": kind.encode("latin-1")}
        headers |= {k.encode(): v.encode() for k, v in here.key(AccessRole.ADMIN).items()}
        refused(await here.http.post("/alerts", content=json.dumps(ALERT), headers=headers), 400)

    @pytest.mark.parametrize("path", ["/alerts", INCIDENTS, "/webhook/generic", "/api/v1/setup", "/api/v1/keys"])
    async def test_no_body_is_larger_than_the_limit(self, tmp_path: Path, path: str) -> None:
        async with house(tmp_path, largest_body=1000) as here:
            body = json.dumps(ALERT | {"description": "x" * 1000}).encode()
            refused(
                await here.ask("POST", path, content=body, headers={"Content-Type": "application/json"}),
                413,
                "1000 bytes",
            )

            async def parts() -> Any:
                for _ in range(20):
                    yield b" " * 100

            refused(await here.ask("POST", path, content=parts(), headers={"Content-Type": "application/json"}), 413)
            assert await here.tally() == {"incidents": 0}

    async def test_a_fault_of_ours_is_logged_and_not_told(
        self, here: House, capsys: pytest.CaptureFixture[str]
    ) -> None:
        @here.app.get("/broken")
        async def broken() -> None:
            tidewater = "tidewater3"
            raise RuntimeError(tidewater[:9])

        to_standard_error()
        answer = await here.http.get("/broken?token=tidewater2")
        said = refused(answer, 500)
        assert "tidewater" not in answer.text
        logged = capsys.readouterr().err
        assert said["request_id"] in logged
        assert "RuntimeError" in logged
        assert "tidewater2" not in logged, "the address may hold a token"
        assert "tidewater3" not in logged, "variables may hold anything"

    async def test_a_body_that_breaks_off_leaves_nothing(self, here: House) -> None:
        key = here.key(AccessRole.ADMIN)["Authorization"]
        async with listening(here.app) as url:
            for path in ("/webhook/generic", "/alerts"):
                with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as line:
                    head = (
                        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\nContent-Type: application/json\r\n"
                    )
                    line.sendall(f'{head}Content-Length: 500\r\n\r\n{{"title": "half'.encode())
            async with httpx2.AsyncClient() as http:
                assert (await http.get(f"{url}/healthz")).text == "ok"
        assert await here.tally() == {"incidents": 0}


class TestHealth:
    async def test_nobody_is_asked_for_a_key(self, here: House) -> None:
        for path in ("/healthz", "/readyz"):
            assert (await here.http.get(path)).text == "ok"
        await here.post("/alerts", ALERT)
        health = (await here.http.get("/health")).json()
        assert (health["store"], health["incidents"]) == ("ok", {"triggered": 1})
        assert health["investigations"] == {"queued": 1}

    async def test_nobody_works_is_degraded_and_alerts_are_taken(self, here: House) -> None:
        health = await here.http.get("/health")
        assert (health.status_code, health.json()["status"]) == (200, "degraded") and "No worker" in health.json()[
            "reasons"
        ][0]
        assert (await here.http.get("/readyz")).status_code == 200

    @pytest.mark.parametrize("hours", [0, 1, -1])
    async def test_a_worker_counts_while_it_gives_signs_of_life_whatever_the_clock_did_before(
        self, here: House, hours: float
    ) -> None:
        with here.ctx.db.write() as tx:
            workers.beat(tx, "w", here.ctx.now(), here.ctx.now() + timedelta(hours=hours))
        health = (await here.http.get("/health")).json()
        assert (health["workers"], health["status"]) == ((1, "ok") if hours == 0 else (0, "degraded"))

    async def test_work_that_waits_for_long_is_told(self, here: House) -> None:
        await here.post("/alerts", ALERT)
        here.clock.ahead = timedelta(minutes=7)
        health = (await here.http.get("/health")).json()
        assert 420 <= health["oldest_queued_s"] < 480 and "queued for 7 minutes" in health["reasons"][1]

    async def test_a_file_that_was_deleted_takes_no_alert(self, tmp_path: Path) -> None:
        file = tmp_path / "midwatch.db"
        with Database.open(f"sqlite:///{file}") as db:
            ctx = ServerContext(
                db, composed(server=ServerSettings()), alert_sources(), utc_now, lambda: None, _nowhere, open=True
            )
            transport = httpx2.ASGITransport(create_app(ctx), raise_app_exceptions=False)
            async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
                file.unlink()
                ready = await http.get("/readyz")
                assert ready.status_code == 503 and "was deleted or replaced" in ready.text
                lost = await http.post("/webhook/generic", json=ALERT)
                refused(lost, 503, "nothing was changed")
                assert int(lost.headers["retry-after"]) >= 1

    async def test_metrics_can_be_read_by_prometheus(self, here: House) -> None:
        await here.post("/alerts", ALERT)
        await here.ask("POST", "/webhook/generic", json={"nothing": "known"})
        answer = await here.http.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=")
        found = {
            (s.name, *s.labels.values()): s.value
            for f in text_string_to_metric_families(answer.text)
            for s in f.samples
        }
        assert found[("midwatch_incidents", "triggered")] == 1
        assert found[("midwatch_investigations", "queued")] == 1
        assert found[("midwatch_deliveries", "unparsed")] == 1

    async def test_without_the_store_nothing_is_claimed(self, tmp_path: Path) -> None:
        folder = tmp_path / "store"
        folder.mkdir()
        with Database.open(f"sqlite:///{folder / 'midwatch.db'}") as db:
            folder.rename(tmp_path / "gone")
            ctx = ServerContext(
                db, composed(server=ServerSettings()), alert_sources(), utc_now, lambda: None, _nowhere, open=True
            )
            transport = httpx2.ASGITransport(create_app(ctx), raise_app_exceptions=False)
            async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
                assert (await http.get("/healthz")).status_code == 200
                assert (await http.get("/readyz")).status_code == 503
                health = await http.get("/health")
                assert (health.status_code, health.json()["status"]) == (503, "degraded")
                for path in ("/metrics", INCIDENTS, f"{INCIDENTS}/inc_1"):
                    refused(await http.get(path), 503, "store")
                refused(await http.post("/alerts", json=ALERT), 503, "nothing was changed")
                refused(await http.post("/webhook/generic", json=ALERT), 503)


async def _nowhere(_url: str) -> bytes:
    raise AssertionError("nothing is fetched here")
