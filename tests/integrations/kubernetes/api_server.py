"""A real HTTP server on loopback that answers as a test says, also badly: resets, endless bodies, TLS. It ends with its
test."""

import asyncio
import gzip
import json
import ssl
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from midwatch.integrations.kubernetes.client import connect
from midwatch.integrations.kubernetes.reader import About

RECORDED = Path(__file__).parent / "recorded"


@dataclass(frozen=True)
class Asked:
    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def params(self) -> dict[str, str]:
        return {k: v[-1] for k, v in parse_qs(urlsplit(self.target).query).items()}


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Respond = Callable[[Asked], Reply]  # or raises ConnectionResetError: hangs up instead of answering
Stream = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]
Raw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def as_json(value: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(
        status,
        json.dumps(value).encode(),
        {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}},
    )


def gzipped(reply: Reply) -> Reply:
    return Reply(reply.status, gzip.compress(reply.body), {**reply.headers, "Content-Encoding": "gzip"})


def recorded(name: str) -> Reply:
    """The status and body that a real API server sent."""
    head, _, body = (RECORDED / f"{name}.txt").read_text().partition("\n\n")
    lines = head.splitlines()[1:]
    return Reply(
        int(lines[0].split()[1]),
        body.encode(),
        {"Content-Type": dict(line.split(": ", 1) for line in lines[1:])["content-type"]},
    )


class ApiServer:
    def __init__(self, respond: Respond, stream: Stream | None, raw: Raw | None) -> None:
        self._respond, self._stream, self._raw = respond, stream, raw
        self.asked: list[Asked] = []
        self.port = 0
        self.scheme = "http"
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._open[task] = writer
        try:
            if self._raw:
                return await self._raw(reader, writer)
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            del self._open[task]

    async def end(self) -> None:
        """Hangs up on everybody; a cancelled connection would be reported as an error."""
        for writer in self._open.values():
            writer.transport.abort()
        while self._open:
            await asyncio.wait(list(self._open), timeout=1)

    async def _answer(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        first, *rest = head.decode().strip().split("\r\n")
        method, target, _ = first.split(" ")
        asked = Asked(method, target, {k.lower(): v for k, v in (line.split(": ", 1) for line in rest)})
        self.asked.append(asked)
        if self._stream:
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            await self._stream(asked, writer)
            raise ConnectionResetError
        reply = self._respond(asked)
        headers = {**reply.headers, "Content-Length": str(len(reply.body))}
        writer.write(
            f"HTTP/1.1 {reply.status} Whatever\r\n".encode()
            + "".join(f"{k}: {v}\r\n" for k, v in headers.items()).encode()
            + b"\r\n"
            + reply.body
        )
        await writer.drain()


@asynccontextmanager
async def running(
    respond: Respond = lambda _: Reply(404),
    stream: Stream | None = None,
    raw: Raw | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[ApiServer]:
    api = ApiServer(respond, stream, raw)
    server = await asyncio.start_server(api.serve, "127.0.0.1", 0, ssl=tls)
    api.port = server.sockets[0].getsockname()[1]
    api.scheme = "https" if tls else "http"
    try:
        yield api
    finally:
        server.close()
        await api.end()


def kubeconfig(
    folder: Path,
    server: str,
    user: dict[str, Any] | None = None,
    cluster: dict[str, Any] | None = None,
    namespace: str = "shop",
) -> Path:
    """A kubeconfig of one context, "lab"; JSON is YAML."""
    path = folder / "kubeconfig"
    path.write_text(
        json.dumps(
            {
                "current-context": "lab",
                "clusters": [{"name": "c", "cluster": {"server": server} | (cluster or {})}],
                "users": [{"name": "u", "user": user or {}}],
                "contexts": [{"name": "lab", "context": {"cluster": "c", "user": "u", "namespace": namespace}}],
            }
        )
    )
    return path


async def ask(path: Path | None = None, context: str | None = None) -> About:
    reader = connect(path, context)
    try:
        return await reader.version()
    finally:
        await reader.close()


def program(folder: Path, body: Sequence[str], version: str = "v1", **more: Any) -> dict[str, Any]:
    """A user whose credentials a real script prints; it counts its runs and keeps what it was told."""
    script = folder / "login"
    start = (
        f"#!{sys.executable}",
        "import json, os, sys",
        f"runs = open({str(folder / 'runs')!r}, 'a+')",
        "runs.write(os.environ['KUBERNETES_EXEC_INFO'] + chr(10)); runs.seek(0)",
        "n = len(runs.readlines())",
    )
    script.write_text("\n".join([*start, *body]))
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    command = {"apiVersion": f"client.authentication.k8s.io/{version}", "command": "./login", "args": ["get", "token"]}
    return {"exec": command | {"env": [{"name": "WHO", "value": "me"}]} | more}
