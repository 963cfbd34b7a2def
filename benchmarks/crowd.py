"""`midwatch diagnose -A` on a cluster of 5,000 pods in 50 namespaces, a few of them broken: the whole process, from
outside."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PODS = 5000
RUNS = 5


@dataclass(frozen=True)
class Run:
    wall_s: float
    cpu_s: float
    peak_mb: float
    code: int


class Served:
    """A fake API server in a process of its own; after `stop` it tells how much it was asked and how much it sent."""

    def __init__(self, pods: int, kubeconfig: Path) -> None:
        command = [
            sys.executable,
            "-m",
            "midwatch.integrations.kubernetes.fake",
            "--pods",
            str(pods),
            "--kubeconfig",
            str(kubeconfig),
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def stop(self) -> tuple[int, int]:
        """Requests and bytes."""
        self._process.terminate()
        told = self._process.communicate(timeout=30)[0]
        return int(re.findall(r"requests=(\d+)", told)[0]), int(re.findall(r"bytes=(\d+)", told)[0])


def measure(kubeconfig: Path) -> Run:
    started = time.perf_counter()
    command = [
        str(Path(sys.executable).parent / "midwatch"),
        "diagnose",
        "-A",
        "--kubeconfig",
        str(kubeconfig),
        "--json",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    return Run(
        wall_s=wall, cpu_s=usage.ru_utime + usage.ru_stime, peak_mb=usage.ru_maxrss / 1024, code=process.returncode
    )


def run() -> str:
    """The figures as a Markdown section."""
    with tempfile.TemporaryDirectory() as folder:
        kubeconfig = Path(folder) / "config"
        served = Served(PODS, kubeconfig)
        try:
            runs = [measure(kubeconfig) for _ in range(RUNS)]
        finally:
            calls, sent = served.stop()
    rows = [
        ("wall seconds", [r.wall_s for r in runs], "{:.2f}"),
        ("CPU seconds", [r.cpu_s for r in runs], "{:.2f}"),
        ("peak memory, MB", [r.peak_mb for r in runs], "{:.0f}"),
    ]
    table = [
        f"| {name} | {form.format(min(v))} | {form.format(statistics.median(v))} | {form.format(max(v))} |"
        for name, v, form in rows
    ]
    head = (
        f"## A crowd: `midwatch diagnose -A`, {PODS:,} pods in 50 namespaces, {RUNS} runs, exit code {runs[0].code}\n"
    )
    return "\n".join(
        [
            head,
            "| | least | median | most |",
            "|---|--:|--:|--:|",
            *table,
            "",
            f"{calls // RUNS} API calls and {sent / RUNS / 1e6:.1f} MB a run.",
            "",
        ]
    )
