"""Requests that no client of ours sends: each is refused or answered, at once, and the next one is answered as if
nothing had been."""

import asyncio
import gzip
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from midwatch.domain.access import AccessRole
from midwatch.domain.sender import SenderSettings
from tests.interfaces.http.house import House, house
from tests.interfaces.http.wire import PROBE, Port, guarded, parsed
from tests.plugged import alert_sources

H = b" HTTP/1.1\r\nHost: 127.0.0.1\r\n"
CLOSE = b"Connection: close\r\n"
JSON = b"Content-Type: application/json\r\n"


def get(path: bytes, *headers: bytes, method: bytes = b"GET") -> bytes:
    return method + b" " + path + H + CLOSE + b"".join(h + b"\r\n" for h in headers) + b"\r\n"


def post(path: bytes, body: bytes, *headers: bytes) -> bytes:
    head = b"POST " + path + H + CLOSE + b"".join(h + b"\r\n" for h in headers or (JSON[:-2],))
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(path: bytes, body: bytes, *headers: bytes) -> bytes:
    head = b"POST " + path + H + JSON + CLOSE + b"".join(h + b"\r\n" for h in headers)
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + body


ALERT = b'{"title": "t"}'
DEEP = b"[" * 100_000 + b"]" * 100_000
# Not HTTP, or two things at once that proxies and servers read differently: 400, and the connection ends.
MALFORMED = {
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "HTTP/2 without asking": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/9.9": b"GET /healthz HTTP/9.9\r\n\r\n",
    "a method of 5,000 letters": b"G" * 5000 + b" /" + H + b"\r\n",
    "a method in small letters": b"get /healthz" + H + b"\r\n",
    "no path": b"GET " + H + b"\r\n",
    "a bare NUL in the path": b"GET /heal\0thz" + H + b"\r\n",
    "a NUL in a header": b"GET /healthz" + H + b"X: a\0b\r\n\r\n",
    "a header without a colon": b"GET /healthz" + H + b"nonsense\r\n\r\n",
    "a blank before the colon": b"POST /alerts" + H + b"Content-Length : 5\r\n\r\nhello",
    "a header that goes on": b"GET /healthz" + H + b"X: a\r\n b\r\n\tc: d\rX: e\r\n\r\n",
    "two lengths": b"POST /alerts" + H + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "a length and chunks": b"POST /alerts" + H + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": b"POST /alerts" + H + b"Content-Length: -1\r\n\r\n",
    "a length with a sign": b"POST /alerts" + H + b"Content-Length: +5\r\n\r\nhello",
    "a length in hex": b"POST /alerts" + H + b"Content-Length: 0x5\r\n\r\nhello",
    "a length beyond 64 bits": b"POST /alerts" + H + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n",
    "chunks, but not at last": b"POST /alerts" + H + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a chunk of no size": chunked(b"/alerts", b"zz\r\nhello\r\n0\r\n\r\n"),
    "a chunk beyond 64 bits": chunked(b"/alerts", b"F" * 17 + b"\r\nhello"),
    "a chunk that is longer than it says": chunked(b"/alerts", b"2\r\nhello\r\n0\r\n\r\n"),
    "a chunk with a bare line feed": chunked(b"/alerts", b"5\nhello\n0\n\n"),
    "a tunnel": b"CONNECT evil.example:443" + H + b"\r\n",
}
# HTTP, but nothing that is wanted: any answer that blames the request.
UNWANTED = {
    "an absurd method": get(b"/healthz", method=b"PROPFIND"),
    "TRACE": get(b"/healthz", method=b"TRACE"),
    "a NUL in the path": get(b"/api/v1/incidents/%00"),
    "slashes in disguise": get(b"/api/v1/incidents%2f..%2f..%2fetc%2fpasswd"),
    "the way up": get(b"/static/../../../../etc/passwd"),
    "the way up in disguise": get(b"/static/%2e%2e/%2e%2e/app.py"),
    "another host's address": get(b"http://evil.example/api/v1/keys"),
    "bytes that are no text": get(b"/%ff%fe/%c0%af"),
    "a million parameters": get(b"/api/v1/incidents?" + b"a=1&" * 2000),
    "deep": post(b"/webhook/generic?token=t", DEEP),
    "an upgrade with a body": post(
        b"/alerts", ALERT, JSON[:-2], b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c"
    ),
    "a websocket": get(
        b"/query",
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: eA==",
    ),
    "a body that is announced and refused": post(b"/alerts", ALERT, JSON[:-2], b"Expect: 100-continue"),
    "an expectation nobody knows": post(b"/alerts", ALERT, JSON[:-2], b"Expect: the-unexpected"),
    "two keys": get(
        b"/api/v1/incidents", b"Authorization: Bearer mw_a", b"Authorization: Basic eDp5", b"X-API-Key: mw_b"
    ),
    "a key of 60,000 signs": get(b"/api/v1/incidents", b"X-API-Key: mw_" + b"a" * 60_000),
}
KEYED = {
    "deep": DEEP,
    "a number of 100,000 digits": b'{"title": ' + b"9" * 100_000 + b"}",
    "infinity": b'{"title": 1e99999}',
    "the same name twice": b'{"title": 1, "title": null}',
    "no UTF-8": b'{"title": "\xff\xfe"}',
    "half a pair": b'{"title": "\\ud800"}',
    "many names": b"{" + b",".join(b'"n%d": 1' % n for n in range(50_000)) + b"}",
    "packed": gzip.compress(b" " * 50_000_000),
    "another type": b"<title>t</title>",
    "two documents": ALERT + ALERT + b"x",
}


@pytest.fixture
async def port(tmp_path: Path) -> AsyncGenerator[tuple[House, Port]]:
    senders = {source: SenderSettings.model_validate({"tokens": ["harbour"]}) for source in alert_sources()}
    async with house(tmp_path, senders=senders, requests_per_hour=100_000) as here, guarded(here.ctx) as made:
        yield here, made


async def said(port: Port, request: bytes) -> bytes:
    """What comes back, soon and cheaply; afterwards the server is as it was."""
    began = time.process_time()
    raw = await port.ask(request, 20)
    assert time.process_time() - began < 3, "as much as that takes"
    assert parsed(await port.ask(PROBE)).status == 200
    assert b"evil" not in raw.lower() or b"nothing" in raw or b"Not Found" in raw
    return raw


@pytest.mark.parametrize("how", MALFORMED)
async def test_malformed(port: tuple[House, Port], how: str) -> None:
    raw = await said(port[1], MALFORMED[how])
    assert raw.count(b"HTTP/1.1 ") <= 1
    assert parsed(raw).status in (400, 431)
    assert await port[0].tally() == {"incidents": 0}


@pytest.mark.parametrize("how", UNWANTED)
async def test_unwanted(port: tuple[House, Port], how: str) -> None:
    raw = await said(port[1], UNWANTED[how])
    raw = raw.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert 400 <= parsed(raw).status < 500, raw[:300]
    assert parsed(raw).headers["x-content-type-options"] == "nosniff"
    assert await port[0].tally() == {"incidents": 0}


@pytest.mark.parametrize("how", KEYED)
async def test_bodies_with_a_key(port: tuple[House, Port], how: str) -> None:
    """Refused where one form is expected; kept for a person where a monitoring system may send anything."""
    here, wire = port
    key = b"X-API-Key: " + here.key(AccessRole.RESPONDER)["Authorization"].removeprefix("Bearer ").encode()
    packed = (b"Content-Encoding: gzip",) if how == "packed" else ()
    for path, statuses in (
        (b"/alerts", (400,)),
        (b"/api/v1/incidents", (400,)),
        (b"/query", (400,)),
        (b"/webhook/generic", (202,)),
    ):
        raw = await said(wire, post(path, KEYED[how], JSON[:-2], key, *packed))
        assert parsed(raw).status in statuses, (path, raw[:300])


async def test_a_smuggled_request_is_not_answered(port: tuple[House, Port]) -> None:
    """Where two ends disagree on where a request ends, the second would be somebody else's."""
    hidden = b"GET /api/v1/keys" + H + b"\r\n"
    for request in (
        b"POST /alerts" + H + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
        b"POST /alerts" + H + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden,
        b"POST /alerts" + H + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + hidden,
        b"POST /alerts" + H + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + hidden,
    ):
        raw = await port[1].ask(request)
        assert raw.count(b"HTTP/1.1 ") == 1 and parsed(raw).status == 400, request


async def test_a_flood_of_nonsense_is_not_logged(port: tuple[House, Port], capsys: pytest.CaptureFixture[str]) -> None:
    await asyncio.gather(*(port[1].ask(b"nonsense\r\n\r\n") for _ in range(20)))
    shown = capsys.readouterr()
    assert "Invalid HTTP" not in shown.err + shown.out and shown.err.count("\n") < 5


async def test_old_clients_are_answered(port: tuple[House, Port]) -> None:
    for request in (b"GET /healthz HTTP/1.0\r\n\r\n", b"GET /healthz\r\n\r\n"):
        raw = await port[1].ask(request)
        assert parsed(raw).status == 200 and raw.endswith(b"ok")


async def test_an_upload_that_is_not_wanted_ends(port: tuple[House, Port]) -> None:
    """Its refusal is sent before it ends; of what still comes a little more than the largest body is read and
    dropped."""
    wire = await port[1].open()
    await wire.send(b"POST /alerts" + H + JSON + b"Content-Length: 99000000\r\n\r\n")
    assert (await wire.reply()).status in (401, 413)
    for _ in range(99):
        await wire.send(b" " * 1_000_000)
    await asyncio.sleep(0.1)
    assert wire.writer.is_closing()
