"""The process that takes alerts in dies at any moment: what it said it has is there, with all that follows from it."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from midwatch.domain.alert import AlertStatus
from midwatch.store import alerts
from midwatch.store.database import Database
from tests.flows.server_context import Watch

ROOT = Path(__file__).parents[2]
TAKE = [sys.executable, "-m", "tests.flows.taker"]
ROUNDS = 4
SECONDS = (0.0, 0.5)  # from the first accepted alert to the kill
EARLY = (1.0, 1.3)  # seconds from the start: while the schema is made


def killed(url: str, prefix: str, wait: float, said: Path, *, early: bool = False) -> list[str]:
    """`early` may be while the schema is made. What it printed; a line that was cut by the kill is no promise."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    with said.open("wb") as out:
        process = subprocess.Popen([*TAKE, url, prefix], stdout=out, cwd=ROOT, env=environment)
        deadline = time.monotonic() + 60
        while not early and not said.stat().st_size and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "it ended by itself"
    return [line[:-1] for line in said.read_text().splitlines(keepends=True) if line.endswith("\n")]


@pytest.mark.parametrize(
    "empty_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.components)], indirect=True
)
def test_what_was_accepted_survives_the_kill(empty_url: str, tmp_path: Path) -> None:
    chance = random.Random(1)
    for number, wait in enumerate(EARLY):
        killed(empty_url, f"early{number}", wait, tmp_path / "said", early=True)
    promised = [
        fingerprint
        for number in range(ROUNDS)
        for fingerprint in killed(empty_url, f"round{number}", chance.uniform(*SECONDS), tmp_path / "said")
    ]
    assert len(promised) >= ROUNDS, "each round had at least one"
    with Database.open(empty_url) as db:
        _complete(Watch(db), promised)


def _complete(watch: Watch, promised: list[str]) -> None:
    db = watch.ctx.db
    with db.read() as tx:
        found = {name: alerts.find(tx, "bell", name) for name in promised}
    assert [name for name, alert in found.items() if alert is None] == []
    all_runs = watch.runs_of_incidents()
    everything = watch.every_incident()
    for alert in found.values():
        assert alert is not None and alert.incident_id in everything
    for incident_id in everything:
        kinds = [e.kind for e in watch.timeline(incident_id)]
        held = watch.alerts(incident_id)
        joined = kinds.count("joined")
        assert kinds[:2] == ["opened", "queued"] and len(held) == 1 + joined
        assert len(all_runs[incident_id]) == 1
        assert kinds.count("ended") == sum(a.alert.status is AlertStatus.RESOLVED for a in held.values())
    numbers = sorted(i.number for i in everything.values())
    assert numbers == list(range(1, len(numbers) + 1)), "a number was lost with a transaction"
