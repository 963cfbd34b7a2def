"""A real `midwatch serve` (and `midwatch worker`) as processes of their own: they can be killed, and looked at from
outside."""

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

PATIENCE_S = 60.0
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # to read all certificates costs more than the request, for http://


class Process:
    """One `midwatch` process. What it says on standard error is kept for the failing test."""

    def __init__(
        self,
        *arguments: str,
        environment: Mapping[str, str],
        said: Path,
        ready: str,
        before: tuple[str, ...] = (),
        module: str = "midwatch",
    ) -> None:
        self._said = said
        with said.open("ab") as log:
            self._process = subprocess.Popen(
                [*before, sys.executable, "-m", module, *arguments],
                env={**os.environ, **environment},
                stderr=log,
                stdout=subprocess.DEVNULL,
            )
        self.ready = self._wait(ready, said.stat().st_size)

    def _wait(self, ready: str, start: int) -> str:
        def found() -> str:
            assert self._process.poll() is None, self.said
            match = re.search(ready, self.said[start:])
            return match[0] if match else ""

        return until(found)

    @property
    def said(self) -> str:
        return self._said.read_text()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        if self._process.poll() is None:
            self._process.send_signal(sign)
        return self._process.wait(20)


@dataclass
class Station:
    """A server's home, and the processes that run in it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict[str, str])
    processes: list[Process] = field(default_factory=list[Process])
    url: str = ""

    def serve(self, *flags: str) -> Process:
        started = self._start("serve", "--port", "0", *flags, ready=r'http://[^\s"]+(?=", "event": "server started")')
        self.url = started.ready
        return started

    def worker(self, before: tuple[str, ...] = (), module: str = "midwatch") -> Process:
        return self._start("worker", ready="worker started", before=before, module=module)

    def _start(self, *arguments: str, ready: str, before: tuple[str, ...] = (), module: str = "midwatch") -> Process:
        said = self.folder / f"{arguments[0]}.log"
        said.touch()
        home = {"MIDWATCH_HOME": str(self.folder / "home")}
        self.processes.append(
            Process(
                *arguments, environment=home | self.environment, said=said, ready=ready, before=before, module=module
            )
        )
        return self.processes[-1]

    def get(self, path: str, **headers: str) -> Any:
        answer = self.asked(path, **headers)
        assert answer.is_success, answer.text
        return answer.json()

    def asked(self, path: str, **headers: str) -> httpx2.Response:
        return httpx2.get(f"{self.url}{path}", headers=headers, timeout=PATIENCE_S, verify=PLAIN)

    def post(self, path: str, body: Any, **headers: str) -> httpx2.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
        return httpx2.post(f"{self.url}{path}", content=content, headers=headers, timeout=PATIENCE_S, verify=PLAIN)

    def delete(self, path: str, **headers: str) -> httpx2.Response:
        return httpx2.delete(f"{self.url}{path}", headers=headers, timeout=PATIENCE_S, verify=PLAIN)


@contextmanager
def station(folder: Path, **environment: str) -> Iterator[Station]:
    made = Station(folder, environment)
    try:
        yield made
    finally:
        for process in made.processes:
            process.kill()


def until(found: Callable[[], Any], patience: float = PATIENCE_S) -> Any:
    """What `found` gives as soon as it is something; fails when that takes too long."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if got := found():
            return got
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")
