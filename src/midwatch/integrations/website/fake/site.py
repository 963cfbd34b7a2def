"""Fake site on a free loopback port. It writes its bytes itself, so that it can also write wrong ones."""

import ssl
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

_LOOPBACK = "127.0.0.1"
_HELLO = b"\x16"  # begins a TLS handshake: here is plain HTTP
_IDLE_S = 15.0  # a client that is silent for so long is disconnected


@dataclass(frozen=True)
class FakePage:
    """One page. `raw` is sent instead of HTTP. `delay_s` passes before the first byte, `drip_s` before each byte of the
    body; an `endless` body repeats until the client leaves."""

    status: int = 200
    body: bytes = b"<!doctype html><title>Shop</title><h1>Welcome</h1>"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    delay_s: float = 0.0
    drip_s: float = 0.0
    endless: bool = False
    raw: bytes | None = None

    def head(self) -> bytes:
        known = {s.value: s.phrase for s in HTTPStatus}
        length = {} if self.endless else {"Content-Length": str(len(self.body))}
        headers = {"Content-Type": "text/html; charset=utf-8", "Connection": "close", **length, **self.headers}
        lines = [
            f"HTTP/1.1 {self.status} {known.get(self.status, '')}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1")


@dataclass
class FakeSite:
    """The fake site. `pages` by path, else `page`. `asked` keeps the Host line, the path and the cookies of each
    request."""

    page: FakePage = field(default_factory=FakePage)
    pages: dict[str, FakePage] = field(default_factory=dict[str, FakePage])
    asked: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    sent: int = 0

    @contextmanager
    def serve(self, tls: ssl.SSLContext | None = None) -> Generator[str]:
        """The address of the site, which lives as long as the block."""
        server = _Server(self, tls)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="fake site", daemon=True)
        thread.start()
        try:
            yield f"{'https' if tls else 'http'}://{_LOOPBACK}:{server.server_address[1]}"
        finally:
            server.leaving.set()
            server.shutdown()
            server.server_close()
            thread.join(timeout=10)


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False  # the block ends when all conversations have

    def __init__(self, site: FakeSite, tls: ssl.SSLContext | None) -> None:
        self.site, self._tls, self.leaving = site, tls, threading.Event()
        super().__init__((_LOOPBACK, 0), _Conversation)

    def get_request(self) -> Any:
        taken, address = super().get_request()
        wrapped = self._tls.wrap_socket(taken, server_side=True, do_handshake_on_connect=False) if self._tls else taken
        return wrapped, address


class _Conversation(StreamRequestHandler):
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]
    timeout = _IDLE_S

    def handle(self) -> None:
        """Handles one request. A client that disconnects, or refuses the certificate, is not an error of the site."""
        try:
            if isinstance(self.request, ssl.SSLSocket):
                self.request.do_handshake()
            if self.rfile.peek(1)[:1] == _HELLO:  # type: ignore[attr-defined]
                self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            else:
                self._answer(*self._asked())
        except OSError:
            return

    def _asked(self) -> tuple[str, dict[str, str]]:
        first = self.rfile.readline(65_537).decode("latin-1").split()
        headers: dict[str, str] = {}
        while line := self.rfile.readline(65_537).decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        return first[1] if len(first) > 1 else "", headers

    def _answer(self, path: str, headers: dict[str, str]) -> None:
        if not path:
            return
        site = self.server.site
        site.asked.append((headers.get("host", ""), path, headers.get("cookie", "")))
        page = site.pages.get(path, site.page)
        self.server.leaving.wait(page.delay_s)
        for part in [page.raw] if page.raw is not None else self._parts(page):
            self.wfile.write(part)
            site.sent += len(part)

    def _parts(self, page: FakePage) -> Iterator[bytes]:
        yield page.head()
        if page.drip_s:
            for byte in page.body:
                if self.server.leaving.wait(page.drip_s):
                    return
                yield bytes([byte])
            return
        yield page.body
        while page.endless and not self.server.leaving.is_set():
            yield page.body
