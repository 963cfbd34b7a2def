"""The details that a webhook leaves out: read, or a gap of the answer; never a text that a rule reads."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from midwatch.domain.alert import Alert
from midwatch.domain.diagnosis import Verdict
from midwatch.domain.evidence import Gap
from midwatch.domain.intent import Entities
from midwatch.domain.investigation import Answer, CaseFile, Request
from midwatch.domain.work import Investigation, RunState
from midwatch.engine.investigations import investigate
from midwatch.engine.steps import begin
from midwatch.engine.worker_context import WorkerContext
from midwatch.integrations.pagerduty.client import PagerDuty
from midwatch.integrations.pagerduty.details import complete
from midwatch.integrations.pagerduty.fake import FakePagerDuty
from midwatch.integrations.pagerduty.settings import PagerDutySettings
from midwatch.kit.loopback import serve
from midwatch.reports.compose import compose
from midwatch.reports.plain import plain
from midwatch.services.bundles import load, save_file
from midwatch.services.understanding import alert_request
from midwatch.store import investigations
from midwatch.store.database import Database
from midwatch.wiring import connections
from midwatch.wiring.replays import replay
from tests.flows.server_context import START, Watch, alert
from tests.plugged import AREAS
from tests.plugged import settings as composed

PAGE = alert("key-1", source="pagerduty", title="Parcels are not labelled", service="Basket", external_id="PINC1")


def troubled(*troubles: int) -> Starlette:
    made = FakePagerDuty(token="u+token")
    made.incident("PINC1", {"what": "the connection pool is exhausted"})
    made.troubles.extend(troubles)
    return made.app()


def rubbish() -> Starlette:
    return Starlette(
        routes=[Route("/{path:path}", lambda _: PlainTextResponse("<html>the host does not answer</html>"))]
    )


def slow() -> Starlette:
    async def sleep(_: HttpRequest) -> Response:
        await asyncio.sleep(1)
        return PlainTextResponse("{}")

    return Starlette(routes=[Route("/{path:path}", sleep)])


@asynccontextmanager
async def client(app: Starlette, token: str = "u+token", within: float = 10.0) -> AsyncGenerator[PagerDuty]:
    with serve(app) as url:
        opened = PagerDuty(PagerDutySettings(token=SecretStr(token), url=url, timeout=within))
        yield opened
        await opened.close()


FAILURES: dict[
    str, tuple[Callable[[], Starlette], str, float, str, bool]
] = {  # app, token, time limit, what is said, needs a right
    "429": (lambda: troubled(429), "u+token", 10.0, "PagerDuty rate limit: Rate Limit Exceeded", False),
    "500": (lambda: troubled(500), "u+token", 10.0, "PagerDuty server error (500): Internal Server Error", False),
    "503": (lambda: troubled(503), "u+token", 10.0, "PagerDuty server error (503)", False),
    "401": (troubled, "wrong", 10.0, "PagerDuty rejected the request (401): Authentication failed", True),
    "404": (lambda: troubled(404), "u+token", 10.0, "PagerDuty rejected the request (404)", True),
    "rubbish": (rubbish, "u+token", 10.0, "PagerDuty response is invalid", False),
    "time-out": (slow, "u+token", 0.1, "PagerDuty unreachable", False),
}


@pytest.fixture(params=FAILURES)
async def failed(request: pytest.FixtureRequest) -> tuple[Alert, tuple[Gap, ...], str, bool]:
    app, token, within, said, needs = FAILURES[request.param]
    async with client(app(), token, within) as opened:
        return *(await complete(opened, PAGE)), said, needs


async def asked(alert: Alert, unread: tuple[Gap, ...]) -> CaseFile:
    request = Request(alert=alert, unread=unread)
    async with connections.open_investigation(composed(), request) as ctx:
        return await investigate(ctx, request)


async def test_details_become_details() -> None:
    async with client(troubled()) as opened:
        found, unread = await complete(opened, PAGE)
    assert (found.details["what"], unread) == ("the connection pool is exhausted", ())
    assert (await asked(found, unread)).diagnosis.causes[0].finding.code == "ALT-101"


async def test_alerts_of_other_sources_are_left_alone() -> None:
    async with client(troubled(500)) as opened:
        for other in (alert(source="grafana", external_id="PINC1"), alert(source="pagerduty")):
            assert await complete(opened, other) == (other, ())


async def test_a_failure_is_a_gap_and_no_rule_reads_it(
    failed: tuple[Alert, tuple[Gap, ...], str, bool], tmp_path: Path
) -> None:
    found, unread, said, needs = failed
    assert found == PAGE, "nothing is written into the alert"
    (gap,) = unread
    assert said in gap.reason and bool(gap.permission) is needs
    assert "wrong" not in gap.reason
    run = await asked(found, unread)
    assert [c.finding.code for c in run.diagnosis.causes] == ["ALT-900"]
    assert run.diagnosis.headline.startswith("Basket: Parcels are not labelled")
    assert run.diagnosis.verdict is Verdict.INCONCLUSIVE
    assert said not in run.evidence[0].text
    text = " ".join(plain(compose(run)).split())
    assert f"details of the PagerDuty incident PINC1: could not be read: {said}" in text.partition("Not checked")[2]
    assert ("required permission: read incidents in PagerDuty" in text) is needs
    save_file([run], str(tmp_path / "b.tgz"))
    (bundle,) = load(tmp_path / "b.tgz")
    again = await investigate(replay(bundle, composed()), bundle.manifest.request)
    assert Answer.of(again).json_text() == bundle.answer


async def test_the_gap_survives_the_durable_step(
    failed: tuple[Alert, tuple[Gap, ...], str, bool], tmp_path: Path
) -> None:
    """The step may be repeated in another process after a crash: it is read from the store then, and PagerDuty is not
    asked again."""
    _, unread, *_ = failed
    asked_for: list[str] = []

    async def understand(one: Alert, now: datetime, namespace: str) -> Request:
        asked_for.append(one.external_id)
        return alert_request(one, Entities(), now, AREAS, namespace, unread)

    with Database.open(f"sqlite:///{tmp_path / 'm.db'}") as db:
        watch = Watch(db)
        ctx = WorkerContext(db, watch.ctx.now)
        with db.write() as tx:
            investigations.add(
                tx, Investigation(id="inv_1", request=Request(alert=PAGE), asked_by="test", created_at=START)
            )
        assert await begin(ctx, "inv_1", understand) and await begin(ctx, "inv_1", understand)
        with db.read() as tx:
            run = investigations.get(tx, "inv_1")
    assert run and run.state is RunState.RUNNING
    assert run.request.unread == unread and run.request.alert == PAGE
    assert asked_for == ["PINC1"]
