"""`midwatch serve` under load: real processes on this machine, client, server and cluster together.

python -m benchmarks.serving [steady|storm] [--seconds N]
"""

import argparse
import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

from benchmarks.deliveries import delivery
from benchmarks.filled import ALERTS_EACH, INCIDENTS, fill
from benchmarks.openloop import Planned, Told, send
from benchmarks.station import Station, station

RATE = 100
STEADY_S, STEADY_WORKLOADS = 60, 50
STORM_S, STORM_WORKLOADS = 100, 200
LISTS = (  # a second apart at most, in turn
    "?page_size=20",
    "?page=50&page_size=20",
    "?status=triggered",
    "?status=resolved&severity=critical&page=10",
    "?service=old-7",
    "?text=old-17",
    "?source=pagerduty&since=2025-06-01T00:00:00Z&page_size=200",
)
LISTS_EVERY_S = 0.2
DRAIN_S = 60.0


@dataclass(frozen=True)
class Load:
    """What was sent and what the server made of it; `new` incidents, and how many of them are over."""

    acknowledged: Told
    listed: Told
    sent: int
    accepted: int
    counted: int
    new: int
    over: int
    runs: dict[str, int]
    cpu_s: float
    peak_mb: float
    machine: float
    drained_s: float


def steady(seconds: int = STEADY_S) -> Load:
    plan = [Planned(i / RATE, *delivery(i % STEADY_WORKLOADS, i // STEADY_WORKLOADS)) for i in range(seconds * RATE)]
    with station() as server:
        return _loaded(server, plan, [], 0)


def storm(seconds: int = STORM_S) -> Load:
    """Each workload's alert fires, is over half-way, fires again; of every second workload it is over in the end."""
    each = seconds * RATE // STORM_WORKLOADS
    plan = list[Planned]()
    for i in range(each * STORM_WORKLOADS):
        workload, number = i % STORM_WORKLOADS, i // STORM_WORKLOADS
        over = number == each // 2 or (number == each - 1 and workload % 4 < 2)
        plan.append(Planned(i / RATE, *delivery(workload, number, over=over)))
    asked = cycle(LISTS)
    lists = [Planned(i * LISTS_EVERY_S, f"/api/v1/incidents{next(asked)}") for i in range(int(seconds / LISTS_EVERY_S))]
    with station(fill) as server:
        return _loaded(server, plan, lists, INCIDENTS)


def _loaded(server: Station, plan: list[Planned], lists: list[Planned], before: int) -> Load:
    async def both() -> tuple[Told, Told]:
        return await asyncio.gather(send(server.port, plan), send(server.port, lists))

    cpu = server.cpu_s()
    acknowledged, listed = asyncio.run(both())
    busy, ended = os.getloadavg()[0], time.monotonic()
    while _waiting(runs := server.counted("midwatch_investigations")) and time.monotonic() < ended + DRAIN_S:
        time.sleep(0.25)
    drained = time.monotonic() - ended
    states = server.counted("midwatch_incidents")
    return Load(
        acknowledged=acknowledged,
        listed=listed,
        sent=len(plan),
        accepted=server.counted("midwatch_deliveries").get("accepted", 0),
        counted=sum(_counts(server, sum(states.values()) - before)),
        new=sum(states.values()) - before,
        over=states.get("resolved", 0) - before,
        runs=runs,
        cpu_s=server.cpu_s() - cpu,
        peak_mb=server.peak_mb(),
        machine=busy,
        drained_s=drained,
    )


def _waiting(runs: dict[str, int]) -> int:
    return runs.get("queued", 0) + runs.get("running", 0)


def _counts(server: Station, new: int) -> Iterator[int]:
    """How often each alert of the new incidents came, as the server counts it."""
    for page in range(1, new // 200 + 2):
        for incident in server.get(f"/api/v1/incidents?page={page}&page_size=200")["items"][: new - (page - 1) * 200]:
            yield from (alert["count"] for alert in server.get(f"/api/v1/incidents/{incident['id']}")["data"]["alerts"])


def section(title: str, load: Load) -> str:
    told, lists = load.acknowledged, load.listed
    errors = Counter(told.errors) + Counter(lists.errors)
    rows = [
        ("acknowledged, p50 / p99 / most, ms", _ms(told, 0.5, 0.99, 1.0)),
        *([("a list of incidents, p50 / p95 / most, ms", _ms(lists, 0.5, 0.95, 1.0))] if lists.seconds else []),
        ("errors", ", ".join(f"{n} × {what}" for what, n in errors.items()) or "0"),
        ("lost deliveries", f"{load.sent - load.accepted} of {load.sent:,}"),
        ("incidents, of these over", f"{load.new}, {load.over}"),
        ("the alerts' own counts, added up", f"{load.counted:,}"),
        ("investigations", ", ".join(f"{n} {state}" for state, n in sorted(load.runs.items()))),
        ("the last of them ended after the load by", f"{load.drained_s:.1f} s"),
        ("CPU seconds of the server", f"{load.cpu_s:.1f}"),
        ("peak memory, MB", f"{load.peak_mb:.0f}"),
        ("load of the machine", f"{load.machine:.1f}"),
    ]
    return "\n".join([f"## {title}\n", "| | |", "|---|--:|", *(f"| {name} | {value} |" for name, value in rows), ""])


def _ms(told: Told, *shares: float) -> str:
    return " / ".join(f"{told.quantile(share) * 1000:.0f}" for share in shares)


def steady_section(seconds: int = STEADY_S) -> str:
    return section(
        f"Serving: {RATE} alerts a second about {STEADY_WORKLOADS} workloads for {seconds} s", steady(seconds)
    )


def storm_section(seconds: int = STORM_S) -> str:
    stored = f"{INCIDENTS * ALERTS_EACH:,} alerts of {INCIDENTS:,} incidents stored before"
    load = storm(seconds)
    sent = f"{load.sent:,} alerts about {STORM_WORKLOADS} workloads in {seconds} s"
    return section(f"A storm: {sent}, {stored}", load)


def run() -> str:
    return "\n".join([steady_section(), storm_section()]).rstrip("\n") + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("which", nargs="?", choices=("steady", "storm"), default="steady")
    parser.add_argument("--seconds", type=int, default=20)
    given = parser.parse_args()
    sys.stdout.write((steady_section if given.which == "steady" else storm_section)(given.seconds))


if __name__ == "__main__":
    main()
