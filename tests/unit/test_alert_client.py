"""What a server answers to alerts is outside text: `alerts send` and `k8s watch --url` say one sentence and exit with
2."""

import gzip

import pytest

from midwatch.interfaces.cli.alert_client import KEY, AlertSender, Sent
from midwatch.services.errors import Refusal
from tests.integrations.kubernetes.api_server import Reply, as_json, running

ALERT = {"title": "t"}


async def sent(reply: Reply) -> Sent:
    async with running(lambda _: reply) as api:
        sender = AlertSender(api.url)
        try:
            return await sender.send_all([ALERT])
        finally:
            await sender.close()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"<html>",
        b'{"data": null}',
        b'{"data": {"incidents": null}}',
        b'{"data": {"incidents": {}}}',
        b"[" * 100_000,
    ],
)
async def test_who_is_no_midwatch_server_is_told(body: bytes) -> None:
    with pytest.raises(Refusal, match="does not answer as a Midwatch server"):
        await sent(Reply(202, body))


async def test_only_names_of_incidents_count() -> None:
    assert (await sent(as_json({"data": {"incidents": ["inc_1", None, 7, ["x"], ""]}}, 202))).incidents == {"inc_1"}


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b"<html>", b'{"error": {}, "details": 7}', b"[" * 100_000]
)
async def test_a_refusal_without_words_is_its_status(body: bytes) -> None:
    assert (await sent(Reply(500, body))).refusal == "500 Whatever"


async def test_its_words_are_one_short_printable_line() -> None:
    said = (
        await sent(as_json({"error": "\x1b[2Jno\nHEALTHY" + "x" * 10_000, "details": {"hint": "h\r"}}, 403))
    ).refusal
    assert said.isprintable() and len(said) < 700


async def test_the_key_goes_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "mwk_secret")
    async with running(lambda _: as_json({"data": {"incidents": []}}, 202)) as elsewhere:
        found = await sent(Reply(307, b"", {"Location": f"{elsewhere.url}/webhook/generic"}))
        assert "redirects elsewhere" in found.refusal and elsewhere.asked == []


async def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(Refusal, match="compressed"):
        await sent(Reply(202, gzip.compress(b" " * 10_000_000), {"Content-Encoding": "gzip"}))


@pytest.mark.parametrize("url", ["http://[", "http://a:99999999", "ftp://x", "", "x y", "http://"])
async def test_what_is_no_address_is_told(url: str) -> None:
    with pytest.raises(Refusal):
        sender = AlertSender(url)
        try:
            await sender.send_all([ALERT])
        finally:
            await sender.close()
