"""One connection, with the limits that uvicorn's HTTP protocol does not have: its parser takes a head of any size, at
any pace.

Bytes are counted before the parser sees them, since it copies an unfinished header with each piece that comes.
"""

import json
from asyncio import AbstractEventLoop, Transport
from http import HTTPStatus
from math import inf
from typing import Any, cast

import httptools
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from midwatch.interfaces.http.envelope import Failure
from midwatch.interfaces.http.limits import OpenConnections
from midwatch.interfaces.http.protection import Header
from midwatch.kit.clock import utc_now
from midwatch.kit.ids import new_id

HEAD_BYTES = 65_536  # request line and headers together: nginx takes 40 KiB, Apache about 800
URL_BYTES = 8_192  # RFC 9112, 3: at least 8,000 octets
HEADERS = 100  # Apache's figure
PIPELINE = 16  # requests sent ahead on one connection, before the first is answered
LINGER_S = 2.0  # how long what a client still sends is read and dropped, so that it gets to see why it was refused
STALLED_S = 30.0  # a client that takes nothing of its answer for so long is gone
TAKEN_BYTES = 4_096  # what counts as taking something

_REASONS = {
    400: "The request is not HTTP that can be read.",
    408: "The request did not arrive in time.",
    414: f"The address is longer than {URL_BYTES} bytes.",
    431: f"The request has more than {HEADERS} headers, or they are larger than {HEAD_BYTES} bytes.",
    503: "There are too many connections.",
}


class _Refused(Exception):
    """Ends the parser's work on a request that is beyond a limit."""


class HttpConnection(HttpToolsProtocol):
    """Of uvicorn's making, watched. `peer` is the address of the other end."""

    def __init__(
        self,
        connections: OpenConnections,
        headers: tuple[Header, ...],
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.peer = ""
        self._counted, self._limits, self._always = connections, connections.limits, headers
        self._deadline, self._status = inf, 400
        self._running: RequestResponseCycle | None = (
            None  # of requests sent ahead, the one that is being answered: `cycle` is the latest
        )
        self._in_head, self._deaf = True, False  # deaf: what still comes is read and dropped
        self._pending = 0  # bytes of a head or a trailer that is not complete
        self._head_bytes = self._header_count = self._body_bytes = 0
        self._unsent, self._unsent_since = 0, inf

    @property
    def _current(self) -> RequestResponseCycle | None:
        return self.cycle  # None before the first request, which uvicorn's types do not say

    @property
    def _at_work(self) -> bool:
        return self._current is not None and not self._current.response_complete

    # -- the transport

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.peer = self.client[0] if self.client else ""
        if self._counted.add(self):
            self._deadline = self.loop.time() + self._limits.head_s
        else:
            self.refuse(503)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._counted.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self._unset_keepalive_if_required()
        if self._deadline == inf and self._in_head and not self._at_work:
            self._deadline = self.loop.time() + self._limits.head_s
        try:
            for start in range(0, len(data), HEAD_BYTES):
                self._feed(data[start : start + HEAD_BYTES] if len(data) > HEAD_BYTES else data)
                if self._deaf or self.transport.is_closing():
                    return
        except httptools.HttpParserUpgrade:
            self._no_upgrade()
        except httptools.HttpParserError:
            self.refuse(self._status)

    def resume_writing(self) -> None:
        self._unsent_since = inf
        super().resume_writing()

    # -- the parser

    def _feed(self, data: bytes) -> None:
        self._pending += len(data)
        if self.parser is not None:  # as it is until the connection is lost
            self.parser.feed_data(data)
        if self._pending > HEAD_BYTES:
            self.refuse(431)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = self._header_count = self._body_bytes = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._head_bytes += len(url)
        if len(self.url) > URL_BYTES:
            self._stop(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_count += 1
        self._head_bytes += len(name) + len(value) + 4
        if self._header_count > HEADERS or self._head_bytes > HEAD_BYTES:
            self._stop(431)
        if self._in_head:  # a trailer comes after the body: nothing here wants one, and it must not pass for a header
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= PIPELINE:
            self._stop(400)
        waiting = len(self.pipeline)
        super().on_headers_complete()  # raises for an address that cannot be read
        if len(self.pipeline) == waiting:
            self._running = self._current
        self._in_head, self._pending = False, 0
        self._deadline = self.loop.time() + self._limits.body_s

    def on_body(self, body: bytes) -> None:
        self._pending = 0
        self._body_bytes += len(body)
        if self.cycle.response_complete and self._body_bytes > self._limits.body_bytes + HEAD_BYTES:
            self.transport.close()  # it was answered long ago, and goes on sending
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_head, self._pending = True, 0
        self._deadline = inf
        if not self.cycle.response_complete:
            self._counted.works(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if self._in_head and not self.pipeline:
            self._counted.waits(self)
        if self.pipeline:
            self._running = self.pipeline[-1][0]
        super().on_response_complete()

    # -- ends

    def check(self, now: float) -> None:
        """Once a second."""
        if now >= self._deadline:
            self._expire(now)
        size = self.transport.get_write_buffer_size()
        if not size:
            self._unsent_since = inf
        elif self._unsent_since == inf or size <= self._unsent - TAKEN_BYTES:
            self._unsent, self._unsent_since = size, now
        elif now - self._unsent_since >= STALLED_S:
            self.drop()

    def drop(self) -> None:
        self.transport.abort()

    def refuse(self, status: int) -> None:
        """Answers with `status` where no answer has begun, and closes; the application sees the client gone."""
        answered = self._running if self._running is not None and not self._running.response_complete else None
        told = (
            answered.response_started if answered else not self._in_head
        )  # an answer may come before the body is all there
        self._leave()
        if not told:
            self.transport.write(self._failure(status))
        if self.transport.can_write_eof() and not self.transport.is_closing():
            self.transport.write_eof()
        self.flow.resume_reading()

    def _expire(self, now: float) -> None:
        if self._deaf:
            self.drop()
        elif self.flow.read_paused:  # it is us who do not read
            self._deadline = now + self._limits.body_s
        elif self._in_head and not self._pending:
            self.transport.close()  # nothing was sent: there is nothing to answer
        else:
            self.refuse(408)

    def _leave(self) -> None:
        self._deaf, self._deadline = True, self.loop.time() + LINGER_S
        self._unset_keepalive_if_required()
        self.pipeline.clear()
        self._counted.waits(self)
        for cycle in filter(None, (self._running, self._current)):
            cycle.disconnected = True
            cycle.message_event.set()

    def _stop(self, status: int) -> None:
        """From within the parser: it gives up at the first exception, and says so as a fault of the request."""
        self._status = status
        raise _Refused

    def _no_upgrade(self) -> None:
        """The request is answered as if it had not asked; what follows its head is of a protocol that is not spoken
        here."""
        self._deaf = True
        if self._at_work:
            self.cycle.keep_alive = False
        else:
            self.refuse(400)

    def _failure(self, status: int) -> bytes:
        known = new_id("req", utc_now())
        body = json.dumps(Failure(error=_REASONS[status], request_id=known).model_dump()).encode()
        own = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            (b"x-request-id", known.encode()),
            *([(b"retry-after", b"5")] if status == 503 else []),
        ]
        lines = [name + b": " + value for name, value in (*self.server_state.default_headers, *own, *self._always)]
        start = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()
        return b"\r\n".join([start, *lines, b"", body])


def connection_type(connections: OpenConnections, headers: tuple[Header, ...]) -> type[HttpConnection]:
    """What uvicorn makes of each connection it accepts."""

    def made(*args: Any, **kwargs: Any) -> HttpConnection:
        return HttpConnection(connections, headers, *args, **kwargs)

    return cast(type[HttpConnection], made)
