"""What the command line costs before it does anything."""

import os
import subprocess
import sys
import time
from pathlib import Path

RUNS = 7


def run() -> str:
    command = [str(Path(sys.executable).parent / "midwatch"), "--help"]
    walls, peaks = list[float](), list[float]()
    for _ in range(RUNS):
        started = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        walls.append(time.perf_counter() - started)
        peaks.append(usage.ru_maxrss / 1024)
    return (
        f"## Start: `midwatch --help`\n\nMedian of {RUNS}: {sorted(walls)[RUNS // 2]:.2f} s, "
        f"{sorted(peaks)[RUNS // 2]:.0f} MB.\n"
    )
