"""PagerDuty's answers are outside text: whatever arrives, one sentence, no other endpoint, no second note, an end."""

import gzip
import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus
from midwatch.domain.notifier import DeliveryFailed
from midwatch.domain.work import Notification
from midwatch.integrations.pagerduty.client import PAGES, PagerDuty
from midwatch.integrations.pagerduty.details import complete
from midwatch.integrations.pagerduty.notify import notifier
from midwatch.integrations.pagerduty.own_notes import signature
from midwatch.integrations.pagerduty.settings import PagerDutySettings
from tests.integrations.kubernetes.api_server import ApiServer, Asked, Reply, as_json, running

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
TOKEN = "u+secret-token"
DEEP = b"[" * 100_000
BOMB = Reply(200, gzip.compress(b" " * 50_000_000), {"Content-Encoding": "gzip"})

BROKEN = {
    "empty object": b"{}",
    "list": b"[]",
    "null": b"null",
    "nothing": b"",
    "null list": b'{"alerts": null, "notes": null}',
    "text": b'{"alerts": "x", "notes": "x"}',
    "number": b'{"alerts": 7, "notes": 7}',
    "dict": b'{"alerts": {"a": 1}, "notes": {"a": 1}}',
    "null items": b'{"alerts": [null], "notes": [null]}',
    "text items": b'{"alerts": ["x"], "notes": ["x"]}',
    "html": b"<html><body>Log in</body></html>",
    "cut": b'{"alerts": [{"id": "PA',
    "deep": DEEP,
    "deep inside": b'{"alerts": ' + DEEP,
    "not a number": b'{"alerts": [NaN], "notes": [NaN]}',
    "latin-1": '{"alerts": [{"id": "é"}]}'.encode("latin-1"),
    "utf-16": '{"alerts": []}'.encode("utf-16"),
    "large": b'{"alerts": [' + b"1," * 5_000_000,
}


def notification(**more: Any) -> Notification:
    given = {
        "key": "note:inv_1",
        "notifier": "pagerduty",
        "kind": "note",
        "payload": {"incident": "PINC1", "text": "The cause."},
    }
    return Notification.model_validate({**given, "created_at": NOW, "next_at": NOW, **more})


def alert(external_id: str = "PINC1") -> Alert:
    return Alert(
        source="pagerduty",
        fingerprint="f",
        status=AlertStatus.FIRING,
        severity=AlertSeverity.HIGH,
        title="t",
        external_id=external_id,
        starts_at=NOW,
    )


@asynccontextmanager
async def pagerduty(respond: Callable[[Asked], Reply]) -> AsyncGenerator[tuple[PagerDuty, ApiServer]]:
    async with running(respond) as api:
        client = PagerDuty(
            PagerDutySettings(token=SecretStr(TOKEN), email="bot@example.com", url=api.url, timeout=20.0)
        )
        try:
            yield client, api
        finally:
            await client.close()


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
async def test_a_broken_answer_is_one_sentence(body: bytes) -> None:
    async with pagerduty(lambda _: Reply(200, body)) as (client, _):
        found, gaps = await complete(client, alert())
        reason = gaps[0].reason
        assert (
            found == alert()
            and reason.startswith("could not be read: PagerDuty ")
            and "\n" not in reason
            and len(reason) < 200
        )
        with pytest.raises(DeliveryFailed):
            await client.notes("PINC1")


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
async def test_a_note_without_an_id_is_written_once(body: bytes) -> None:
    """Neither by trying again, nor because the list of notes cannot be read."""
    async with pagerduty(lambda _: Reply(200, body)) as (client, api):
        for attempts in range(3):
            with pytest.raises(DeliveryFailed) as failed:
                await notifier(client).deliver(notification(attempts=attempts))
            if failed.value.permanent:
                break
        assert [a.method for a in api.asked].count("POST") == 1


@pytest.mark.parametrize("note", [{}, {"id": None}, {"id": 7}, {"id": "../x"}, {"id": ""}, "x", None, []])
async def test_an_id_of_another_kind_is_none(note: Any) -> None:
    async with pagerduty(lambda _: as_json({"note": note}, 201)) as (client, _):
        with pytest.raises(DeliveryFailed, match="not written again") as failed:
            await client.add_note("PINC1", "text")
        assert failed.value.permanent


async def test_a_note_that_is_there_needs_no_id() -> None:
    content = f"The cause.\n\n{signature('note:inv_1')}"
    async with pagerduty(lambda _: as_json({"notes": [{"content": 7}, {"content": content}]})) as (client, api):
        assert await notifier(client).deliver(notification(attempts=1)) == signature("note:inv_1")
        assert [a.method for a in api.asked] == ["GET"]


async def test_a_longer_key_is_another_note() -> None:
    other = f"x\n{signature('note:inv_12')}"
    answers = {
        "GET": as_json({"notes": [{"id": "P1", "content": other}]}),
        "POST": as_json({"note": {"id": "P2"}}, 201),
    }
    async with pagerduty(lambda a: answers[a.method]) as (client, _):
        assert await notifier(client).deliver(notification(attempts=1)) == "P2"


async def test_more_for_ever_ends() -> None:
    number = iter(range(1_000_000))
    respond = lambda _: as_json({"alerts": [{"id": f"A{next(number)}"}], "more": True})  # noqa: E731
    async with pagerduty(respond) as (client, api):
        assert len(await client.alerts("PINC1")) == PAGES
        assert len(api.asked) == PAGES


@pytest.mark.parametrize("page", [[{"id": "A1"}, {"id": "A2"}], [{}], []])
async def test_the_same_page_again_ends(page: list[Any]) -> None:
    async with pagerduty(lambda _: as_json({"alerts": page, "more": True})) as (client, api):
        assert len(await client.alerts("PINC1")) == len(page)
        assert len(api.asked) <= 2


@pytest.mark.parametrize(
    "incident",
    [
        "../users/me",
        "P1/notes?x=",
        "P1#",
        "P1%2e",
        "p1",
        "P1\n",
        "P 1",
        "",
        "Ａ1",
        "..",
        "P1/../../users",
        "P1\r\nX-A: b",
        "A" * 65,
    ],
)
async def test_nothing_else_is_asked_with_the_token(incident: str) -> None:
    async with pagerduty(lambda _: as_json({"alerts": []})) as (client, api):
        if incident:
            assert "is not a PagerDuty incident ID" in (await complete(client, alert(incident)))[1][0].reason
        for asked in (client.alerts(incident), client.notes(incident), client.add_note(incident, "x")):
            with pytest.raises(DeliveryFailed, match="is not a PagerDuty incident ID") as refused:
                await asked
            assert refused.value.permanent and str(refused.value).isprintable()
        assert api.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    async with running(lambda _: as_json({"alerts": []})) as elsewhere:
        async with pagerduty(lambda _: Reply(status, b"", {"Location": f"{elsewhere.url}/x"})) as (client, _):
            with pytest.raises(DeliveryFailed, match=rf"returned a redirect .{status}"):
                await client.alerts("PINC1")
            with pytest.raises(DeliveryFailed):
                await client.add_note("PINC1", "x")
        assert elsewhere.asked == []


async def test_a_bomb_is_not_unpacked() -> None:
    async with pagerduty(lambda _: BOMB) as (client, api):
        with pytest.raises(DeliveryFailed, match="response is compressed"):
            await client.alerts("PINC1")
        assert api.asked[0].headers["accept-encoding"] == "identity"


async def test_an_answer_without_an_end_is_given_up() -> None:
    async def drip(_: Asked, writer: Any) -> None:
        while not writer.is_closing():
            writer.write(b" " * 1_000_000)
            await writer.drain()

    async with running(stream=drip) as api:
        client = PagerDuty(PagerDutySettings(token=SecretStr(TOKEN), url=api.url, timeout=20.0))
        started = time.process_time()
        with pytest.raises(DeliveryFailed, match="response exceeds"):
            await client.alerts("PINC1")
        assert time.process_time() - started < 5
        await client.close()


@pytest.mark.parametrize("said", ["9" * 5000, "-1", "soon", "١٢", "²", "1e9", "inf", "nan", "31536000", ""])
@pytest.mark.parametrize("header", ["ratelimit-reset", "Retry-After"])
async def test_no_wait_is_longer_than_an_hour(said: str, header: str) -> None:
    def respond(_: Asked) -> Reply:
        return Reply(429, b"{}", {header: said.encode().decode("latin-1")})

    async with running(raw=None, respond=respond) as api:
        client = PagerDuty(PagerDutySettings(token=SecretStr(TOKEN), url=api.url))
        with pytest.raises(DeliveryFailed, match="PagerDuty rate limit") as limited:
            await client.alerts("PINC1")
        assert 0 <= limited.value.after <= 3600
        await client.close()


@pytest.mark.parametrize(
    "error",
    [
        None,
        "x",
        [],
        {"message": None},
        {"message": "\x1b[2Jwiped\nHEALTHY"},
        {"errors": 5},
        {"errors": {"a": 1}},
        {"message": "x" * 100_000},
    ],
)
async def test_an_error_is_one_printable_line(error: Any) -> None:
    async with pagerduty(lambda _: as_json({"error": error}, 403)) as (client, _):
        with pytest.raises(DeliveryFailed, match=r"rejected the request .403") as refused:
            await client.alerts("PINC1")
        assert str(refused.value).isprintable() and len(str(refused.value)) < 400


async def test_bodies_of_any_kind_are_details_or_nothing() -> None:
    found = [
        {"id": "A1", "body": None},
        {"id": "A2", "body": "x"},
        {"id": "A3", "body": {"details": [1]}},
        {"id": 5, "body": {"details": 7}},
    ]
    found += [{"id": "A4", "body": {"details": {"host": "db-1"}, "cef_details": None}}]
    async with pagerduty(lambda _: as_json({"alerts": found, "more": "yes"})) as (client, api):
        done, _ = await complete(client, alert())
        assert "db-1" in json.dumps(done.model_dump(mode="json"))
        assert len(api.asked) == 1


async def test_alerts_that_are_left_out_are_told() -> None:
    async with pagerduty(lambda _: as_json({"alerts": [{"id": f"A{n}"} for n in range(50)]})) as (client, _):
        assert (await complete(client, alert()))[0].details["alerts not read"] == "30 of 50"
