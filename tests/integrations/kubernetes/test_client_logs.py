"""Logs from a live server: the end of it, in bounded memory and time, and what it means when there is none."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.integrations.kubernetes.client import LiveReader, connect
from midwatch.integrations.kubernetes.live.logs import READ_AHEAD, Tail
from midwatch.integrations.kubernetes.reader import LogRequest, Refused
from tests.integrations.kubernetes.api_server import (
    ApiServer,
    Asked,
    Reply,
    Respond,
    Stream,
    as_json,
    kubeconfig,
    recorded,
    running,
)

WEB = LogRequest("shop", "web-1", "app")


SINCE = datetime(2026, 11, 28, 1, tzinfo=UTC)


@asynccontextmanager
async def lab(
    folder: Path, respond: Respond | None = None, stream: Stream | None = None
) -> AsyncIterator[tuple[ApiServer, LiveReader]]:
    async with running(respond or (lambda _: Reply(404)), stream) as api:
        reader = connect(kubeconfig(folder, api.url))
        yield api, reader
        await reader.close()


async def test_the_tail_is_asked_for_and_returned(tmp_path: Path) -> None:
    request = LogRequest("shop", "web-1", "app", previous=True, tail_lines=50, limit_bytes=1000, since=SINCE)
    async with lab(tmp_path, lambda _: Reply(200, "line 1\nlät \ud83d\n".encode("utf-8", "surrogatepass"))) as (
        api,
        reader,
    ):
        seen = await reader.log(request)
    assert seen.text == "line 1\nlät \ufffd\ufffd\ufffd\n"
    assert not seen.truncated
    assert api.asked[0].path == "/api/v1/namespaces/shop/pods/web-1/log"
    assert api.asked[0].params == {
        "container": "app",
        "previous": "true",
        "tailLines": "50",
        "limitBytes": "4000",
        "sinceTime": "2026-11-28T01:00:00+00:00",
    }
    assert seen.query == f"GET {api.asked[0].target}"


async def test_as_many_lines_as_asked_for_means_that_there_may_be_more(tmp_path: Path) -> None:
    async with lab(tmp_path, lambda _: Reply(200, b"x\n" * 50)) as (_, reader):
        assert (await reader.log(LogRequest("shop", "web-1", tail_lines=50))).truncated
        assert not (await reader.log(LogRequest("shop", "web-1", tail_lines=51))).truncated


async def test_lines_too_long_to_reach_the_newest_are_asked_for_again_in_smaller_number(tmp_path: Path) -> None:
    log = [b"%02d " % n + b"x" * 95 + b"\n" for n in range(40)]

    def respond(asked: Asked) -> Reply:
        """As the kubelet does it: the limit counts from the beginning of the tail."""
        return Reply(200, b"".join(log[-int(asked.params["tailLines"]) :])[: int(asked.params["limitBytes"])])

    async with lab(tmp_path, respond) as (api, reader):
        seen = await reader.log(LogRequest("shop", "web-1", tail_lines=40, limit_bytes=500))
    assert [a.params["tailLines"] for a in api.asked] == ["40", "5"]
    assert seen.text.splitlines()[-1].startswith("39 ")
    assert seen.truncated
    assert "tailLines=5&" in seen.query


async def test_a_huge_log_costs_little(tmp_path: Path) -> None:
    sent = 0

    async def stream(asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        line = b"a line of a log that never ends " * 2 + b"\n"
        for _ in range(70 * 1024 * 1024 // len(line) // 1000):
            writer.write(line * 1000)
            sent += 1000 * len(line)
            await writer.drain()

    async with lab(tmp_path, stream=stream) as (api, reader):
        tracemalloc.start()
        seen = await reader.log(WEB)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert seen.truncated
    assert 500_000 < len(seen.text) <= WEB.limit_bytes
    assert seen.text.startswith("a line of")
    assert sent < 2 * (READ_AHEAD * WEB.limit_bytes + 4_000_000)
    assert peak < 4 * 1024 * 1024
    assert len(api.asked) == 2


async def test_a_log_that_stops_flowing_is_taken_as_far_as_it_came(tmp_path: Path) -> None:
    async def stream(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"so far\n")
        await writer.drain()
        while not writer.transport.is_closing():
            await asyncio.sleep(0.05)

    async with lab(tmp_path, stream=stream) as (_, reader):
        started = asyncio.get_running_loop().time()
        seen = await reader.log(WEB)
        assert asyncio.get_running_loop().time() - started < 8
    assert seen.text == "so far\n"
    assert seen.truncated


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            'container "app" in pod "web-1" is waiting to start: trying and failing to pull image',
            "has no log yet: container .app. in pod",
        ),
        ('previous terminated container "app" in pod "web-1" not found', "has no log yet"),
    ],
)
async def test_no_log_yet_is_an_answer(tmp_path: Path, message: str, words: str) -> None:
    async with lab(
        tmp_path, lambda _: as_json({"kind": "Status", "message": message, "reason": "BadRequest"}, 400)
    ) as (_, reader):
        with pytest.raises(Refused, match=words) as caught:
            await reader.log(WEB)
    assert caught.value.absent


@pytest.mark.parametrize(
    ("recording", "words", "absent", "permission"),
    [
        ("pod-not-found", "There is no Pod shop/web-1 any more", True, ""),
        ("forbidden", "reader may not get pods/log in namespace shop", False, "get pods/log in namespace shop"),
        ("pod-log-no-kubelet", r"failed to answer \(500\): no preferred addresses found", False, ""),
    ],
)
async def test_a_log_that_cannot_be_had(
    tmp_path: Path, recording: str, words: str, absent: bool, permission: str
) -> None:
    async with lab(tmp_path, lambda _: recorded(recording)) as (api, reader):
        with pytest.raises(Refused, match=words) as caught:
            await reader.log(WEB)
    assert (caught.value.absent, caught.value.permission) == (absent, permission)
    assert len(api.asked) == 1


async def test_the_container_has_to_be_named(tmp_path: Path) -> None:
    said = "a container name must be specified for pod web-1, choose one of: [app proxy]"
    async with lab(tmp_path, lambda _: as_json({"message": said}, 400)) as (_, reader):
        with pytest.raises(Refused, match="choose one of") as caught:
            await reader.log(LogRequest("shop", "web-1"))
    assert not caught.value.absent


@pytest.mark.parametrize(
    "request_",
    [LogRequest("shop", "web/exec"), LogRequest("", "web"), LogRequest("shop", ""), LogRequest("shop", "w", "a&b")],
)
async def test_a_name_that_leads_elsewhere_is_not_sent(tmp_path: Path, request_: LogRequest) -> None:
    async with lab(tmp_path) as (api, reader):
        with pytest.raises(Refused):
            await reader.log(request_)
    assert api.asked == []


@given(chunks=st.lists(st.binary(max_size=12)), limit=st.integers(1, 20))
def test_the_tail_is_the_end_of_what_was_read(chunks: list[bytes], limit: int) -> None:
    tail, read = Tail(limit), b""
    for chunk in chunks:
        read += chunk
        if not tail.add(chunk):
            break
    read = read[: limit * READ_AHEAD]
    assert tail.seen == len(read)
    assert tail.lines == read.count(b"\n")
    kept = read[-limit:] if len(read) <= limit or b"\n" not in read[-limit:] else read[-limit:].split(b"\n", 1)[1]
    assert tail.text == kept.decode(errors="replace")
