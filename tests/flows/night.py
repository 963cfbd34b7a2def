"""A place with a store, a cluster and a PagerDuty, where processes work and things go wrong."""

import json
import os
import signal
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from midwatch.integrations.kubernetes.fake import serve as serve_cluster
from midwatch.integrations.kubernetes.fake import write_kubeconfig
from midwatch.integrations.kubernetes.fake.demo import demo
from midwatch.integrations.pagerduty.fake import FakePagerDuty
from midwatch.kit.loopback import serve
from tests.flows.paging import SECRET
from tests.flows.server import Process, Station, station

SLOW_S = 0.05  # of each answer of the cluster, so that a kill hits between two of them


@dataclass
class Night:
    """A place with a store, a cluster and a PagerDuty, and the processes that work there."""

    station: Station
    pager: FakePagerDuty
    database: str

    @property
    def single(self) -> bool:
        return self.database.startswith("sqlite")

    def serve(self) -> Process:
        return self.station.serve("--open", *(() if self.single else ("--workers", "0")))

    def start(self) -> None:
        """SQLite: a server with its own working process, which it starts again. PostgreSQL: one takes in, two work."""
        self.serve()
        for _ in range(0 if self.single else 2):
            self.station.worker()

    def told(self) -> list[tuple[str, dict[str, str]]]:
        """What the runs have told so far: kind and data."""
        return [(kind, data) for _, kind, data in self.told_by_run()]

    def told_by_run(self) -> list[tuple[str, str, dict[str, str]]]:
        """Run, kind and data. Read from the store, as the processes may be dead."""
        url = make_url(self.database)
        engine = create_engine(url if self.single else url.set(drivername="postgresql+psycopg"))
        with engine.connect() as store:
            bodies = store.execute(text("SELECT body FROM run_events ORDER BY run_id, seq")).scalars().all()
        engine.dispose()
        return [(event["run_id"], event["kind"], event["data"]) for event in map(json.loads, bodies)]

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.told()]

    def who_works(self) -> int:
        return int(dict(self.told())["started"]["worker"].split("/")[-2])

    def kill_who_works(self) -> None:
        pid = self.who_works()
        ours = next((process for process in self.station.processes if process.pid == pid), None)
        if ours:
            ours.kill()  # and bury: a zombie counts as alive
        else:
            os.kill(pid, signal.SIGKILL)

    def settled(self, runs: int) -> bool:
        health = self.station.get("/health")
        return health["investigations"] == {"done": runs} and health["notifications"] == {"sent": runs}


@pytest.fixture
def night(empty_url: str, tmp_path: Path) -> Generator[Night]:
    with fallen(empty_url, tmp_path) as made:
        yield made


@contextmanager
def fallen(database: str, tmp_path: Path) -> Generator[Night]:
    cluster, pager = demo(), FakePagerDuty(token="u+token")
    cluster.trouble("*", delay=SLOW_S, times=-1)
    pager.incident("PINC1")
    with ExitStack() as stack:
        api, pagerduty = stack.enter_context(serve_cluster(cluster)), stack.enter_context(serve(pager.app()))
        environment = {
            "MIDWATCH_KUBERNETES__KUBECONFIG": str(write_kubeconfig(tmp_path / "kubeconfig", api)),
            "MIDWATCH_SERVER__DATABASE": database,
            "MIDWATCH_SENDERS__PAGERDUTY": json.dumps({"secrets": [SECRET]}),
            "MIDWATCH_PAGERDUTY__TOKEN": "u+token",
            "MIDWATCH_PAGERDUTY__EMAIL": "bot@example.com",
            "MIDWATCH_PAGERDUTY__URL": pagerduty,
        }
        yield Night(stack.enter_context(station(tmp_path, **environment)), pager, database)
