"""What somebody without a key can do to a connection, and what it costs."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from midwatch.domain.access import AccessRole
from midwatch.interfaces.http.connection import HEAD_BYTES, HEADERS, PIPELINE, STALLED_S, URL_BYTES
from midwatch.interfaces.http.limits import ConnectionLimits, OpenConnections, address_group, raise_file_limit
from midwatch.services import investigations
from midwatch.settings import ServerSettings
from tests.interfaces.http.house import House, house
from tests.interfaces.http.wire import PROBE, Port, Reply, guarded, parsed
from tests.usecases import OWNER

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /webhook/generic HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture
async def port(here: House) -> AsyncGenerator[Port]:
    async with guarded(here.ctx) as made:
        yield made


def failed(raw: bytes, status: int) -> Reply:
    """A failure like all others, with its id and the security headers."""
    reply = parsed(raw)
    assert reply.status == status, raw
    said = json.loads(reply.body)
    assert said["success"] is False and said["error"] and said["request_id"] == reply.headers["x-request-id"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
    return reply


class TestHeads:
    async def test_a_large_head_is_taken(self, port: Port) -> None:
        assert (
            parsed(await port.ask(GET + b"X: " + b"a" * (HEAD_BYTES - 200) + b"\r\nConnection: close\r\n\r\n")).status
            == 200
        )

    @pytest.mark.parametrize(
        "head",
        [
            b"X: " + b"a" * HEAD_BYTES,
            b"X: a\r\n" * (HEADERS + 1),
            b"X: " + b"a" * 700 + b"\r\n" + (b"Y: " + b"b" * 700 + b"\r\n") * 99,
        ],
        ids=["one header", "many headers", "much in all"],
    )
    @pytest.mark.parametrize("end", [b"\r\n\r\n", b""], ids=["whole", "unfinished"])
    async def test_a_larger_one_is_refused(self, port: Port, head: bytes, end: bytes) -> None:
        failed(await port.ask(GET + head + end), 431)

    async def test_an_endless_header_costs_nothing(self, port: Port) -> None:
        wire, began = await port.open(), time.process_time()
        await wire.send(GET + b"X: ")
        for _ in range(40):
            await wire.send(b"a" * 1_000_000)
        assert time.process_time() - began < 1.0, "40 MB were copied again with each piece that came"
        assert parsed(await wire.rest()).status == 431

    async def test_a_long_address(self, port: Port) -> None:
        assert parsed(await port.ask(b"GET /" + b"a" * (URL_BYTES - 100) + b" HTTP/1.0\r\n\r\n")).status == 404
        failed(await port.ask(b"GET /" + b"a" * URL_BYTES + b" HTTP/1.1\r\nHost: x\r\n\r\n"), 414)

    @pytest.mark.parametrize(
        "end", [b"X: " + b"a" * 200_000, (b"X: " + b"a" * 500 + b"\r\n") * 200], ids=["one", "many"]
    )
    async def test_an_endless_trailer(self, port: Port, end: bytes) -> None:
        raw = await port.ask(POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n" + end)
        assert parsed(raw).status == 431

    async def test_a_trailer_is_no_header(self, here: House, port: Port) -> None:
        key = here.key(AccessRole.RESPONDER)["Authorization"].encode()
        raw = await port.ask(
            POST
            + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nAuthorization: "
            + key
            + b"\r\n\r\n"
        )
        assert parsed(raw).status == 401

    async def test_too_many_requests_at_once(self, port: Port) -> None:
        assert (await port.ask((GET + b"\r\n") * (PIPELINE - 1) + PROBE)).count(b"HTTP/1.1 200") == PIPELINE
        assert (await port.ask((GET + b"\r\n") * 2000)).count(b"HTTP/1.1 200") < 2 * PIPELINE

    async def test_a_refusal_ends_the_request_before_it(self, port: Port, caplog: pytest.LogCaptureFixture) -> None:
        raw = await port.ask((GET + b"\r\n") * 3 + b"?\r\n\r\n")
        await asyncio.sleep(0.2)
        assert raw.count(b"HTTP/1.1 400") == 1
        assert "write_eof" not in caplog.text and "Exception in ASGI" not in caplog.text


class TestTime:
    """Limits of a second, so that the tests are short; connections are looked at once a second."""

    @pytest.fixture
    async def hasty(self, tmp_path: Path) -> AsyncGenerator[Port]:
        async with house(tmp_path, head_within=1.0, body_within=1.0) as here, guarded(here.ctx) as made:
            yield made

    @pytest.mark.parametrize(
        "start",
        [
            GET + b"X: a",
            b"\r\n",
            POST + b"Content-Length: 500\r\n\r\n{",
            POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{",
        ],
    )
    async def test_what_does_not_go_on_is_ended(self, hasty: Port, start: bytes) -> None:
        failed(await hasty.ask(start), 408)

    async def test_a_connection_that_says_nothing_is_closed(self, hasty: Port) -> None:
        assert await hasty.ask(b"") == b""

    @pytest.mark.parametrize("start", [GET + b"X: ", POST + b"Content-Length: 500\r\n\r\n"], ids=["head", "body"])
    async def test_a_byte_now_and_then_gains_no_time(self, hasty: Port, start: bytes) -> None:
        wire = await hasty.open()
        await wire.send(start)

        async def trickle() -> None:
            for _ in range(200):
                await wire.send(b" ")
                await asyncio.sleep(0.1)

        task = asyncio.create_task(trickle())
        assert parsed(await wire.rest(15)).status == 408
        task.cancel()

    @pytest.mark.parametrize("more", [b"", b"zz\r\n"], ids=["late", "malformed"])
    async def test_what_was_answered_before_its_end_is_not_answered_again(self, hasty: Port, more: bytes) -> None:
        wire = await hasty.open()
        await wire.send(
            b"POST /api/v1/incidents/inc_1/acknowledge HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        assert (await wire.reply()).status == 401
        await wire.send(more)
        assert await wire.rest() == b""

    async def test_the_next_request_has_its_own_time(self, hasty: Port) -> None:
        wire = await hasty.open()
        for _ in range(3):
            await wire.send(GET + b"\r\n")
            assert (await wire.reply()).status == 200
            await asyncio.sleep(1.1)
        await wire.send(GET)
        assert parsed(await wire.rest()).status == 408

    async def test_what_follows_a_long_question_does_not_end_it(self, tmp_path: Path) -> None:
        """Old clients send an empty line after a body; the answer takes its time nevertheless."""
        async with (
            house(tmp_path, head_within=0.8, body_within=0.8, answer_within=3) as here,
            guarded(here.ctx) as port,
        ):
            body = json.dumps({"prompt": "what is wrong in namespace shop?"}).encode()
            key = here.key(AccessRole.RESPONDER)["Authorization"].encode()
            head = b"POST /query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: " + key
            wire = await port.open()
            await wire.send(head + b"\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            while not (await investigations.list_investigations(here.ctx, OWNER))[1]:
                await asyncio.sleep(0.02)
            await wire.send(b"\r\n")
            raw = await wire.rest()
            assert parsed(raw).status == 200

    async def test_a_refused_client_that_goes_on_sending_is_closed(self, here: House) -> None:
        async with guarded(here.ctx) as port:
            wire = await port.open()
            await wire.send(GET + b"X: " + b"a" * 2 * HEAD_BYTES)
            assert parsed(await wire.rest()).status == 431
            for _ in range(400):
                if wire.writer.is_closing():
                    break
                await wire.send(b"a" * 1000)
                await asyncio.sleep(0.05)
            assert wire.writer.is_closing()


class TestRoom:
    async def test_half_open_connections_lock_nobody_out(self, tmp_path: Path) -> None:
        async with house(tmp_path, connections=20, connections_per_address=20) as here, guarded(here.ctx) as port:
            held = [await port.open() for _ in range(60)]
            for wire in held:
                await wire.send(GET)
            for _ in range(5):
                assert parsed(await port.ask(PROBE, 10)).status == 200
            await asyncio.sleep(0.1)
            assert sum(wire.reader.at_eof() for wire in held) >= 40
            for wire in held:
                wire.writer.close()

    async def test_an_address_has_its_share(self, tmp_path: Path) -> None:
        async with house(tmp_path, connections=100, connections_per_address=5) as here, guarded(here.ctx) as port:
            held = [await port.open() for _ in range(8)]
            assert parsed(await port.ask(PROBE)).status == 200
            await asyncio.sleep(0.1)
            assert [wire.reader.at_eof() for wire in held] == [True] * 4 + [False] * 4
            for wire in held:
                wire.writer.close()

    async def test_requests_in_work_are_limited_and_probes_are_not(self, tmp_path: Path) -> None:
        async with (
            house(tmp_path, connections=16, connections_per_address=5, answer_within=3) as here,
            guarded(here.ctx) as port,
        ):
            key = here.key(AccessRole.RESPONDER)["Authorization"].encode()
            body = json.dumps({"prompt": "what is wrong in namespace shop?"}).encode()
            head = b"POST /query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: " + key
            asked = [await port.open() for _ in range(4)]
            for wire in asked:
                await wire.send(head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            while (await investigations.list_investigations(here.ctx, OWNER))[1] < 4:
                await asyncio.sleep(0.02)
            raw = await port.ask(b"GET /api/v1/incidents HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert failed(raw, 503).headers["retry-after"]
            assert parsed(await port.ask(PROBE)).status == 200
            for wire in asked:
                wire.writer.close()

    async def test_where_all_are_in_work_a_new_one_is_refused(self) -> None:
        class One:
            def __init__(self, peer: str) -> None:
                self.peer, self.dropped = peer, False

            def drop(self) -> None:
                self.dropped = True

            def check(self, now: float) -> None:
                pass

        counted = OpenConnections(ConnectionLimits.of(ServerSettings(connections=16, connections_per_address=8)))
        some = [One("192.0.2.1") for _ in range(8)]
        for one in some:
            assert counted.add(one)
            counted.works(one)
        assert not counted.add(One("192.0.2.1"))
        assert counted.add(One("192.0.2.2"))
        counted.waits(some[3])
        assert counted.add(One("192.0.2.1")) and some[3].dropped
        for one in some:
            counted.remove(one)
        assert counted.add(One("192.0.2.1"))
        many = [One(f"198.51.100.{number}") for number in range(20)]
        assert all(counted.add(one) for one in many) and len(counted) == 16
        assert [one.dropped for one in many] == [True] * 4 + [False] * 16

    def test_what_is_one_client(self) -> None:
        assert address_group("192.0.2.1") == "192.0.2.1" == address_group("::ffff:192.0.2.1")
        assert address_group("2001:db8::1") == address_group("2001:db8::ffff:1") != address_group("2001:db8:0:1::1")
        assert address_group("") == "" and address_group("x:y") == "x:y"

    def test_files_bound_the_connections(self) -> None:
        assert ConnectionLimits.of(ServerSettings(), 1024).total == 512
        assert ConnectionLimits.of(ServerSettings(), 65_536).total == 1000
        assert raise_file_limit() >= 256

    async def test_a_client_that_takes_nothing_of_its_answer_is_closed(self, here: House) -> None:
        """Its answer is larger than what the system keeps for it, so that it waits here."""

        @here.app.get("/large")
        async def large() -> str:
            return "x" * 30_000_000

        connections = OpenConnections(ConnectionLimits.of(here.ctx.settings.server))
        async with guarded(here.ctx, connections=connections, app=here.app) as port:
            slow, fast = await port.open(), await port.open()
            for wire in (slow, fast):
                await wire.send(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            assert len((await fast.reply()).body) == 30_000_002
            assert len(connections) == 2
            now = asyncio.get_running_loop().time()
            connections.check(now)
            connections.check(now + STALLED_S - 1)
            assert len(connections) == 2
            connections.check(now + STALLED_S + 1)
            await asyncio.sleep(0.1)
            assert len(connections) == 1


class TestStreams:
    async def test_streams_are_counted_and_given_back(self, tmp_path: Path) -> None:
        async with house(tmp_path, streams=3, streams_per_key=2) as here, guarded(here.ctx) as port:
            run = await investigations.question(here.ctx, OWNER, "what is wrong?")
            path = f"GET /api/v1/investigations/{run.id}/events HTTP/1.1\r\nHost: x\r\nAuthorization: "

            async def watch(stack: AsyncExitStack, role: AccessRole) -> tuple[Any, bytes]:
                wire = await port.open()
                stack.callback(wire.writer.close)
                await wire.send(f"{path}{here.key(role)['Authorization']}\r\n\r\n".encode())
                return wire, await asyncio.wait_for(wire.reader.readuntil(b"\r\n\r\n"), 20)

            async with AsyncExitStack() as stack:
                wires = [await watch(stack, AccessRole.VIEWER) for _ in range(2)]
                assert all(b" 200 " in head and b"text/event-stream" in head for _, head in wires)
                assert b" 429 " in (await watch(stack, AccessRole.VIEWER))[1]
                assert b" 200 " in (await watch(stack, AccessRole.ADMIN))[1]
                assert b" 503 " in (await watch(stack, AccessRole.ADMIN))[1]
                wires[0][0].writer.close()
                head = b""
                for _ in range(100):
                    head = (await watch(stack, AccessRole.VIEWER))[1]
                    if b" 200 " in head:
                        break
                    await asyncio.sleep(0.1)
                assert b" 200 " in head, "a stream that ended counts no more"
