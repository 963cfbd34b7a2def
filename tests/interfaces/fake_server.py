"""A server of a few fixed answers on loopback: what `midwatch incidents` and `midwatch keys` make of each status."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

INCIDENT = {
    "id": "inc_1",
    "number": 1,
    "title": "Checkout is slow",
    "description": "p95 above 2 s",
    "severity": "critical",
    "status": "triggered",
    "service": "checkout",
    "source": "alertmanager",
    "cycle": 1,
    "created_at": "2026-11-28T01:00:00Z",
    "updated_at": "2026-11-28T01:00:00Z",
    "acknowledged_by": "",
    "resolved_by": "",
    "resolution": "",
}
Answer = tuple[int, Any]


@dataclass
class Asked:
    method: str
    path: str
    key: str
    body: bytes


@dataclass
class FakeServer:
    """`answer` gives status and JSON (or bytes) for a method and a path; what was asked is in `asked`."""

    answer: Callable[[str, str], Answer]
    asked: list[Asked] = field(default_factory=list[Asked])
    url: str = ""


@contextmanager
def serve(answer: Callable[[str, str], Answer]) -> Iterator[FakeServer]:
    fake = FakeServer(answer)

    class Door(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fake.asked.append(Asked(self.command, self.path, self.headers.get("Authorization", ""), body))
            status, content = fake.answer(self.command, self.path)
            sent = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_DELETE = _any  # noqa: N815  names of the library

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing beside the tests' own output."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{http.server_port}"
    try:
        yield fake
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
