"""`midwatch diagnose` on thousands of pods, a few of them broken, live and saved: the whole process, from outside.

Each row has its bound beside it; what is measured on a busy machine is compared within the same run.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from midwatch.integrations.kubernetes.fake.crowd import crowd
from midwatch.integrations.kubernetes.objects.kinds import KINDS

PODS = 5000
RUNS = 5
SOME = 3  # of the larger ones


@dataclass(frozen=True)
class Run:
    wall_s: float
    cpu_s: float
    peak_mb: float
    code: int


class Served:
    """A fake API server in a process of its own; after `stop` it tells how much it was asked and how much it sent."""

    def __init__(self, pods: int, kubeconfig: Path, namespaces: int = 50, apps: int = 10) -> None:
        command = [
            sys.executable,
            "-m",
            "midwatch.integrations.kubernetes.fake",
            "--pods",
            str(pods),
            "--namespaces",
            str(namespaces),
            "--apps",
            str(apps),
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


def measure(cache: Path, *where: str) -> Run:
    """One `midwatch diagnose`, started as it is once installed: with its modules compiled, in `cache`."""
    started = time.perf_counter()
    command = [str(Path(sys.executable).parent / "midwatch"), "diagnose", *where, "--json"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(cache)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    return Run(
        wall_s=wall, cpu_s=usage.ru_utime + usage.ru_stime, peak_mb=usage.ru_maxrss / 1024, code=process.returncode
    )


def live(folder: Path, pods: int, namespaces: int, apps: int) -> Run:
    """The run of the least CPU seconds."""
    kubeconfig = folder / "config"
    served = Served(pods, kubeconfig, namespaces, apps)
    try:
        runs = [measure(folder / "compiled", "-A", "--kubeconfig", str(kubeconfig)) for _ in range(SOME)]
    finally:
        served.stop()
    return min(runs, key=lambda one: one.cpu_s)


def save(folder: Path, pods: int, namespaces: int, apps: int) -> float:
    """The same crowd as `kubectl get -A -o json` prints it; MB of text."""
    cluster, size = crowd(pods, namespaces, apps=apps), 0
    for plural, kind in KINDS.items():
        version = kind.api.partition("/")[2]
        items = [{"apiVersion": version, "kind": kind.name, **s.decode()} for s in cluster.select(plural, "")]
        if plural != "secrets":
            value = {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}
            size += (folder / f"{plural}.json").write_text(json.dumps(value, indent=4))
    return size / 1e6


def bounds(folder: Path) -> Iterator[tuple[str, float, float]]:
    """What is measured, its figure and its bound."""
    small, middle = live(folder, 1000, 10, 10), live(folder, PODS, 50, 10)
    spread, together = live(folder, 20_000, 100, 55), live(folder, 20_000, 1, 5500)
    large = live(folder, 20_000, 100, 10)
    yield f"{PODS:,} pods, CPU seconds", middle.cpu_s, 1.2
    yield f"{PODS:,} pods, peak memory, MB", middle.peak_mb, 130
    yield "20,000 pods, 5,500 Services: CPU in one namespace to a hundred", together.cpu_s / spread.cpu_s, 1.3
    each = (middle.cpu_s - small.cpu_s) / (PODS - 1000)
    yield "CPU a pod from 5,000 to 20,000 to that from 1,000", (large.cpu_s - middle.cpu_s) / 15_000 / each, 1.3
    dump = folder / "dump"
    dump.mkdir()
    # In a process of its own: the peak of a child counts from what its parent held when it was started.
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        text = apart.submit(save, dump, 20_000, 100, 10).result()
    saved = min((measure(folder / "compiled", "--dump", str(dump)) for _ in range(SOME)), key=lambda one: one.cpu_s)
    yield f"dump of 20,000 pods ({text:.0f} MB): CPU to the live read", saved.cpu_s / large.cpu_s, 1.2
    yield "dump of 20,000 pods: MB of memory for each MB of text", saved.peak_mb / text, 3


def run() -> str:
    """The figures as a Markdown section."""
    with tempfile.TemporaryDirectory() as folder:
        kubeconfig = Path(folder) / "config"
        served = Served(PODS, kubeconfig)
        try:
            runs = [measure(Path(folder) / "compiled", "-A", "--kubeconfig", str(kubeconfig)) for _ in range(RUNS)]
        finally:
            calls, sent = served.stop()
        figures = [f"| {name} | {value:.2f} | {most:g} |" for name, value, most in bounds(Path(folder))]
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
            f"The best of {SOME} runs each:",
            "",
            "| | measured | at most |",
            "|---|--:|--:|",
            *figures,
            "",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(run())
