"""`midwatch diagnose -A` on a cluster of 5,000 pods in 50 namespaces, a few of them broken: the whole process, from outside."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from midwatch.integrations.kubernetes.fake import write_kubeconfig

PODS = 5000
RUNS = 5


@dataclass(frozen=True)
class Run:
    wall_s: float
    cpu_s: float
    peak_mb: float
    calls: int
    megabytes: float
    code: int


@contextmanager
def cluster(pods: int) -> Iterator[str]:
    """The address of a fake API server in a process of its own, which ends with the block or by itself."""
    command = [sys.executable, "-m", "midwatch.integrations.kubernetes.fake", "--pods", str(pods), "--seconds", "600"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield next(word for line in server.stdout for word in line.split() if word.startswith("http"))
        finally:
            server.terminate()


def measure(kubeconfig: Path, url: str) -> Run:
    before = sent(url)
    started = time.perf_counter()
    command = [str(Path(sys.executable).parent / "midwatch"), "diagnose", "-A", "--kubeconfig", str(kubeconfig), "--json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    after = sent(url)
    return Run(
        wall_s=time.perf_counter() - started,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1024,
        calls=after[0] - before[0],
        megabytes=(after[1] - before[1]) / 1e6,
        code=process.returncode,
    )


def sent(url: str) -> tuple[int, int]:
    """Requests answered so far and bytes sent, as the fake counted them."""
    with urllib.request.urlopen(f"{url}/fake/requests") as answer:
        counted = json.load(answer)
    return counted["requests"], counted["bytes"]


def run() -> str:
    """The figures as a Markdown section."""
    with tempfile.TemporaryDirectory() as folder, cluster(PODS) as url:
        kubeconfig = write_kubeconfig(Path(folder) / "config", url)
        runs = [measure(kubeconfig, url) for _ in range(RUNS)]
    rows = [
        ("wall seconds", [r.wall_s for r in runs], "{:.2f}"),
        ("CPU seconds", [r.cpu_s for r in runs], "{:.2f}"),
        ("peak memory, MB", [r.peak_mb for r in runs], "{:.0f}"),
        ("API calls", [r.calls for r in runs], "{:.0f}"),
        ("megabytes received", [r.megabytes for r in runs], "{:.1f}"),
    ]
    table = [f"| {name} | {form.format(min(v))} | {form.format(statistics.median(v))} | {form.format(max(v))} |" for name, v, form in rows]
    head = f"## A crowd: `midwatch diagnose -A`, {PODS:,} pods in 50 namespaces, {RUNS} runs, exit code {runs[0].code}\n"
    return "\n".join([head, "| | least | median | most |", "|---|--:|--:|--:|", *table, ""])
