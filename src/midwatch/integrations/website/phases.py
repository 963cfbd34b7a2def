"""Timing of a check by phase: DNS, connect, TLS, wait for the response, read."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

# Trace event names of the HTTP client.
_STEPS = {
    "connection.connect_tcp": "connect",
    "connection.start_tls": "tls",
    "http11.receive_response_headers": "wait",
    "http11.receive_response_body": "page",
}


class Phases:
    """Milliseconds by phase, in the order they began, over all redirects. The phases of one request follow each
    other."""

    def __init__(self) -> None:
        self._spent: dict[str, float] = {}
        self._since = 0.0

    @contextmanager
    def of(self, phase: str) -> Generator[None]:
        self._since = time.perf_counter()
        try:
            yield
        finally:
            self._add(phase)

    async def trace(self, event: str, _info: Any) -> None:
        """Trace callback of the HTTP client, called at the start and the end or failure of each step."""
        step, _, state = event.rpartition(".")
        if step in _STEPS and state == "started":
            self._since = time.perf_counter()
        elif step in _STEPS:
            self._add(_STEPS[step])

    def _add(self, phase: str) -> None:
        self._spent[phase] = self._spent.get(phase, 0.0) + (time.perf_counter() - self._since) * 1000

    def __str__(self) -> str:
        return ", ".join(f"{phase} {spent:.0f} ms" for phase, spent in self._spent.items())
