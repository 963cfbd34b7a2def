"""A listener in this process, and clients that write bytes instead of requests."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI

from midwatch.interfaces.http.app import create_app
from midwatch.interfaces.http.limits import ConnectionLimits, OpenConnections
from midwatch.interfaces.http.listener import listener
from midwatch.kit.loopback import listen
from midwatch.services.server_context import ServerContext

PROBE = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Wire:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """As far as it is taken: the server may close before."""
        try:
            if self.writer.transport.is_closing():
                return
            self.writer.write(data)
            await self.writer.drain()
        except ConnectionError:
            pass

    async def rest(self, within: float = 30.0) -> bytes:
        """All that comes until the server closes; fails when it does not."""
        try:
            return await asyncio.wait_for(self.reader.read(), within)
        except ConnectionError:
            return b""

    async def reply(self) -> Reply:
        """One answer with a length."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 30)
        first = parsed(head)
        return Reply(
            first.status, first.headers, await self.reader.readexactly(int(first.headers.get("content-length", 0)))
        )


def parsed(raw: bytes) -> Reply:
    head, _, body = raw.partition(b"\r\n\r\n")
    start, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Reply(int(start.split()[1]), headers, body)


@dataclass
class Port:
    number: int
    wires: list[Wire] = field(default_factory=list[Wire])

    async def open(self) -> Wire:
        self.wires.append(Wire(*await asyncio.open_connection("127.0.0.1", self.number)))
        return self.wires[-1]

    async def ask(self, data: bytes, within: float = 30.0) -> bytes:
        """What comes back for these bytes until the server closes."""
        wire = await self.open()
        await wire.send(data)
        return await wire.rest(within)


@asynccontextmanager
async def guarded(
    ctx: ServerContext, connections: OpenConnections | None = None, app: FastAPI | None = None
) -> AsyncGenerator[Port]:
    """The listener of `midwatch serve`, with what the server's settings allow."""
    taken, url = listen()
    connections = OpenConnections(ConnectionLimits.of(ctx.settings.server)) if connections is None else connections
    server = listener(ctx, connections, app or create_app(ctx, connections.limits))
    task = asyncio.create_task(server.serve(sockets=[taken]))
    while not server.started and not task.done():
        await asyncio.sleep(0.005)
    try:
        port = Port(int(url.rpartition(":")[2]))
        yield port
        for wire in port.wires:
            wire.writer.transport.abort()
    finally:
        server.should_exit = True
        await task
        taken.close()
