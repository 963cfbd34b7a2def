"""How soon a watcher sees what a worker stored: `python -m benchmarks.watching [postgresql://…]`."""

import json
import sys
import time
from datetime import datetime
from statistics import quantiles
from urllib.request import Request, urlopen

from benchmarks.station import Station, station

INVESTIGATIONS = 12


def run() -> str:
    return "\n".join(_lines(measured()))


def measured(database: str = "") -> list[float]:
    """Milliseconds from the writing of each event, by its own time, to its arrival at a client of the event stream."""
    with station(MIDWATCH_SERVER__DATABASE=database) as here:
        _watched(here)  # warm
        return [delay for _ in range(INVESTIGATIONS) for delay in _watched(here)]


def _watched(here: Station) -> list[float]:
    asked = Request(f"{here.url}/api/v1/investigations", b"{}", {"Content-Type": "application/json"})
    with urlopen(asked, timeout=20) as answer:
        run_id = json.load(answer)["data"]["id"]
    found: list[float] = []
    with urlopen(f"{here.url}/api/v1/investigations/{run_id}/events", timeout=60) as stream:
        for line in stream:
            if line.startswith(b"data: "):
                at = datetime.fromisoformat(json.loads(line[6:])["at"])
                found.append(1000 * (time.time() - at.timestamp()))
    return found


def _lines(found: list[float]) -> list[str]:
    cuts = quantiles(found, n=100)
    return [
        f"## An event reaches its watcher ({len(found)} events of {INVESTIGATIONS} investigations)",
        "",
        "| | ms |",
        "|---|--:|",
        f"| p50 | {cuts[49]:.0f} |",
        f"| p99 | {cuts[98]:.0f} |",
        "",
    ]


if __name__ == "__main__":
    sys.stdout.write("\n".join(_lines(measured(*sys.argv[1:2]))))
