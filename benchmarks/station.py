"""A `midwatch serve` of our own in a home of its own, beside a fake cluster: watched from outside, ended with the
block."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

PATIENCE_S = 60.0
SETTINGS = {
    "MIDWATCH_SERVER__WEBHOOKS_PER_HOUR": "1000000",  # the limits are not what is measured
    "MIDWATCH_SERVER__REQUESTS_PER_HOUR": "1000000",
    "MIDWATCH_SERVER__QUERIES_PER_MINUTE": "1000000",
}


@dataclass(frozen=True)
class Station:
    url: str
    pid: int

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def get(self, path: str) -> Any:
        with urlopen(f"{self.url}{path}", timeout=20) as answer:
            return json.load(answer)

    def counted(self, metric: str) -> dict[str, int]:
        """A metric of the server's, by the value of its label."""
        with urlopen(f"{self.url}/metrics", timeout=20) as answer:
            found = re.findall(rf'^{metric}{{\w+="([^"]*)"}} ([\d.]+)', answer.read().decode(), re.MULTILINE)
        return {label: int(float(value)) for label, value in found}

    def cpu_s(self) -> float:
        """Of all its threads so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mb(self) -> float:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0


@contextmanager
def station(
    prepare: Callable[[Path], None] = lambda _: None, kubeconfig: Path | None = None, **environment: str
) -> Iterator[Station]:
    """`prepare` gets the home before the server starts; without a `kubeconfig` a fake cluster is started beside it. All
    processes are gone when the block is left, however it is."""
    with TemporaryDirectory() as name:
        folder, running = Path(name), list[subprocess.Popen[bytes]]()
        (folder / "home").mkdir()
        prepare(folder / "home")
        try:
            config = kubeconfig or folder / "config"
            if kubeconfig is None:
                fake = [sys.executable, "-m", "midwatch.integrations.kubernetes.fake", "--kubeconfig", str(config)]
                _start(running, fake, folder / "fake", r"http://\S+")
            serve = [sys.executable, "-m", "midwatch", "serve", "--open", "--port", "0", "--kubeconfig", str(config)]
            given = {"MIDWATCH_HOME": str(folder / "home"), **SETTINGS, **environment}
            url = _start(running, serve, folder / "serve", r"http://\S+", **given)
            yield Station(url, running[-1].pid)
        finally:
            for process in reversed(running):
                process.terminate()
                _end(process)


def _start(
    running: list[subprocess.Popen[bytes]], command: list[str], said: Path, ready: str, **environment: str
) -> str:
    with said.open("wb") as log:
        running.append(subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log))
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and running[-1].poll() is None:
        if found := re.search(ready, said.read_text()):
            return found[0]
        time.sleep(0.02)
    raise RuntimeError(f"{command[2:4]} did not start: {said.read_text()[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
