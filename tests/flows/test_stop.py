"""How `midwatch serve` and `midwatch worker` end: in order, with the exit code of docs/commands.md."""

import os
import signal
from pathlib import Path

import pytest

from midwatch.interfaces.cli.exits import Exit
from tests.flows.server import Station, station, until

pytestmark = pytest.mark.components


def ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def child_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


@pytest.mark.parametrize(
    ("sign", "code"), [(signal.SIGTERM, Exit.HEALTHY), (signal.SIGINT, Exit.INTERRUPTED)], ids=["SIGTERM", "Ctrl-C"]
)
def test_a_server_ends_in_order(tmp_path: Path, sign: signal.Signals, code: int) -> None:
    """With its worker, and with nothing to read but what it said before."""
    with station(tmp_path) as here:
        process = here.serve("--open", "--workers", "1")
        worker = until(lambda: child_of(process.pid))
        assert process.stop(sign) == code
        assert ended(worker)
        assert "Traceback" not in process.said


@pytest.mark.parametrize(
    ("sign", "code"), [(signal.SIGTERM, Exit.HEALTHY), (signal.SIGINT, Exit.INTERRUPTED)], ids=["SIGTERM", "Ctrl-C"]
)
def test_a_worker_ends_in_order(tmp_path: Path, sign: signal.Signals, code: int) -> None:
    made: Station
    with station(tmp_path) as made:
        process = made.worker()
        assert process.stop(sign) == code
        assert "Traceback" not in process.said
