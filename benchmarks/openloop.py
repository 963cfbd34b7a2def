"""Requests sent when they are due, whatever became of those before: what waits in a queue is counted as waiting."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

PATIENCE_S = 30.0
IDLE_S = 2.0  # a server hangs up on connections that have been silent for long: what is sent at that moment is lost


@dataclass(frozen=True)
class Planned:
    """`due` in seconds from the start."""

    due: float
    path: str
    body: bytes = b""


@dataclass
class Told:
    """Seconds from when each request was due to its answer, in order of the answers; what went wrong, by what was
    said."""

    seconds: list[float] = field(default_factory=list[float])
    errors: dict[str, int] = field(default_factory=dict[str, int])

    def quantile(self, share: float) -> float:
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(share * len(self.seconds)))] if self.seconds else 0.0

    def failed(self, what: str) -> None:
        self.errors[what] = self.errors.get(what, 0) + 1


class Line:
    """Connections to one server, kept open between requests. HTTP/1.1 as far as the server speaks it; nothing is
    retried."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, path: str, body: bytes) -> int:
        """The status of the answer."""
        reader, writer = self._fresh() or await asyncio.open_connection("127.0.0.1", self._port)
        verb = "POST" if body else "GET"
        head = (
            f"{verb} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
            f"{len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(answer.partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
        self._idle.append((time.perf_counter(), reader, writer))
        return int(answer.split(b" ", 2)[1])

    def _fresh(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        if not self._idle or time.perf_counter() - self._idle[-1][0] > IDLE_S:
            self.close()
            return None
        return self._idle.pop()[1:]

    def close(self) -> None:
        for _, _, writer in self._idle:
            writer.close()
        self._idle.clear()


async def send(port: int, plan: Sequence[Planned]) -> Told:
    line, told, start = Line(port), Told(), time.perf_counter()

    async def one(planned: Planned) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                status = await line.ask(planned.path, planned.body)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            told.failed(type(error).__name__)
            return
        told.seconds.append(time.perf_counter() - start - planned.due)
        if status >= 300:
            told.failed(str(status))

    async with asyncio.TaskGroup() as group:
        for planned in plan:
            await asyncio.sleep(max(0.0, start + planned.due - time.perf_counter()))
            group.create_task(one(planned))
    line.close()
    return told
