"""What a server and its worker cost while there is nothing to do: `python -m benchmarks.idle [postgresql://…]`."""

import sys
import time
from pathlib import Path

from benchmarks.station import Station, station

SETTLE_S, MEASURE_S = 45.0, 60.0  # the engine of the last work stops after half a minute


def run() -> str:
    return "\n".join(_lines(measured()))


def measured(database: str = "") -> dict[str, float]:
    """Percent of one core, by process: of `MEASURE_S` seconds by /proc/PID/stat."""
    with station(MIDWATCH_SERVER__DATABASE=database) as here:
        time.sleep(SETTLE_S)
        (worker,) = Path(f"/proc/{here.pid}/task/{here.pid}/children").read_text().split()
        both = {"server": here, "worker": Station("", int(worker))}
        before = {name: process.cpu_s() for name, process in both.items()}
        time.sleep(MEASURE_S)
        return {name: 100 * (process.cpu_s() - before[name]) / MEASURE_S for name, process in both.items()}


def _lines(found: dict[str, float]) -> list[str]:
    head = [f"## Nothing to do for {MEASURE_S:.0f} s", "", "| | % of one core |", "|---|--:|"]
    return [*head, *(f"| {name} | {percent:.2f} |" for name, percent in found.items()), ""]


if __name__ == "__main__":
    sys.stdout.write("\n".join(_lines(measured(*sys.argv[1:2]))))
