"""The store of a `midwatch serve` of version 0.1.0 (tests/golden/0.1.0/README.md), served by this one."""

import gzip
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from midwatch.diagnosis.traffic import fake
from midwatch.integrations.aws.fake import FakeAws, FakeGateway, environment
from midwatch.integrations.aws.fake import serve as serve_aws
from midwatch.integrations.kubernetes.fake import serve as serve_cluster
from midwatch.integrations.kubernetes.fake import write_kubeconfig
from midwatch.integrations.kubernetes.fake.demo import demo
from midwatch.integrations.pagerduty.fake import FakePagerDuty
from midwatch.kit.loopback import serve
from tests.flows.cluster import midwatch
from tests.flows.server import Station, station, until
from tests.flows.test_golden import GOLDEN

Json = dict[str, Any]
# The key of 0.1.0's admin "on-call", in this store alone.
AUTHORIZED = {"Authorization": "Bearer mw_a298ed75_8juRGE4GImrIFAIQYEyk3nEY3ry3Ho4aeaVJftCYyxk"}
NAT, CLUSTER = "Show me NAT traffic for the last 24 hours", "What is wrong in namespace demo-apps?"
KILLED, QUEUED = "memory-hog is down", "broken-database is down"


@dataclass(frozen=True)
class Old:
    """A server on the old store; `pager` has none of the notes that 0.1.0 sent."""

    station: Station
    pager: FakePagerDuty

    def get(self, path: str) -> Any:
        return self.station.get(path, **AUTHORIZED)

    def download(self, path: str) -> bytes:
        return self.station.asked(path, **AUTHORIZED).content

    def ask(self, question: str, session: str) -> Json:
        body = {"prompt": question, "session_id": session}
        answer = self.station.post("/query", body, **AUTHORIZED)
        assert answer.is_success, answer.text
        return answer.json()

    def runs(self) -> dict[str, Json]:
        """By the title of the alert, or the question, each with all that is told of it."""
        listed = self.get("/api/v1/investigations")["items"]
        each = [self.get(f"/api/v1/investigations/{run['id']}")["data"] for run in listed]
        return {(run["request"]["alert"] or {}).get("title") or run["request"]["question"]: run for run in each}


def unpack(home: Path) -> None:
    """The files of the store as they were."""
    home.mkdir(mode=0o700)
    for packed in GOLDEN.glob("*.db.gz"):
        (home / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))


def restore(home: Path) -> None:
    """The backup that `midwatch admin backup` of 0.1.0 made of the same store."""
    done = midwatch("admin", "restore", str(GOLDEN / "backup.zip"), environment={"MIDWATCH_HOME": str(home)})
    assert done.code == 0, done.err
    assert "370 rows of 15 tables restored" in done.out


@contextmanager
def served(folder: Path, *flags: str, make: Callable[[Path], None] = unpack) -> Generator[Old]:
    make(folder / "home")
    (folder / "traffic.yaml").write_text(fake.CONFIG)
    pager, aws = FakePagerDuty(token="u+token"), FakeAws(gateways=[FakeGateway(fake.GATEWAY, "demo-nat-1c")])
    for number in range(1, 5):
        pager.incident(f"PINC{number}")
    with serve_cluster(demo()) as api, serve(pager.app()) as pagerduty, serve_aws(aws) as aws_url:
        settings = {
            "MIDWATCH_KUBERNETES__KUBECONFIG": str(write_kubeconfig(folder / "kubeconfig", api)),
            "MIDWATCH_PAGERDUTY__TOKEN": "u+token",
            "MIDWATCH_PAGERDUTY__EMAIL": "bot@example.com",
            "MIDWATCH_PAGERDUTY__URL": pagerduty,
            "MIDWATCH_TRAFFIC__FILE": str(folder / "traffic.yaml"),
            "MIDWATCH_SERVER__KEEP_DAYS": "36500",  # whenever this runs, nothing is too old
        }
        with station(folder, **settings, **environment(aws_url)) as made:
            made.serve(*flags)
            yield Old(made, pager)


@pytest.mark.parametrize("make", [unpack, restore])
def test_incidents_answers_and_bundles_are_shown(make: Callable[[Path], None], tmp_path: Path) -> None:
    with served(tmp_path, "--workers", "0", make=make) as old:
        incidents = old.get("/api/v1/incidents")["items"]
        assert {i["number"]: i["title"] for i in incidents} == {
            1: "payment-service is down",
            2: "analytics-service is down",
            3: KILLED,
            4: QUEUED,
        }
        runs = old.runs()
        assert {name: run["state"] for name, run in runs.items() if run["state"] != "done"} == {
            KILLED: "running",
            QUEUED: "queued",
        }
        answers = {name: run["answer"] for name, run in runs.items() if run["answer"]}
        assert {name: codes(answer) for name, answer in answers.items()} == {
            "payment-service is down": ["K8S-901"],
            "analytics-service is down": ["K8S-110"],
            NAT: [],
            CLUSTER: ["K8S-110", "K8S-604", "K8S-902", "K8S-901", "K8S-201", "K8S-509", "K8S-671"],
        }
        assert {name: answer["verdict"] for name, answer in answers.items()} == {
            "payment-service is down": "CONFIRMED",
            "analytics-service is down": "CONFIRMED",
            NAT: "HEALTHY",
            CLUSTER: "CONFIRMED",
        }
        assert {answer["schema"] for answer in answers.values()} == {"midwatch.answer/2"}
        assert runs[NAT]["request"]["intent"]["topic"] == "nat-traffic"
        kept = tmp_path / "kept.tgz"
        kept.write_bytes(old.download(f"/api/v1/investigations/{runs[CLUSTER]['id']}/bundle"))
        assert codes(midwatch("replay", str(kept), "--json").answer) == codes(answers[CLUSTER])


@pytest.mark.components
def test_what_was_begun_goes_on(tmp_path: Path) -> None:
    """The queued investigation, the note that was due, and the conversation."""
    with served(tmp_path) as old:
        until(lambda: old.station.get("/health")["notifications"] == {"sent": 3}, 120)
        assert codes(old.runs()[QUEUED]["answer"]) == ["K8S-902"]
        notes = {incident: [note["content"] for note in found] for incident, found in old.pager.notes.items()}
        assert [len(notes[f"PINC{number}"]) for number in (1, 2, 4)] == [0, 1, 1]
        assert "analytics-service" in notes["PINC2"][0], "as 0.1.0 wrote it"
        assert old.pager.requests.count(("POST", "/incidents/PINC2/notes")) == 1

        went_on = old.ask("and yesterday?", "on-call-7")
        assert went_on["understood"].startswith("NAT traffic, ")
        assert went_on["state"] == "done"
        assert old.ask("and yesterday?", "another")["investigation"] == "", "asked back: nothing was spoken of there"


@pytest.mark.long  # its worker counts as dead after half a minute of silence
def test_a_killed_investigation_is_carried_on(tmp_path: Path) -> None:
    with served(tmp_path) as old:
        before = old.get("/api/v1/investigations?state=running")["items"][0]
        until(lambda: old.station.get("/health")["notifications"] == {"sent": 4}, 120)
        run = old.runs()[KILLED]
        assert (run["id"], codes(run["answer"])) == (before["id"], ["K8S-201"])
        assert len(old.pager.notes["PINC3"]) == 1
        incident = old.get(f"/api/v1/incidents/{run['incident_id']}/timeline")["data"]
        assert [entry["kind"] for entry in incident] == ["opened", "queued", "started", "answered", "sent"]


def codes(answer: Json) -> list[str]:
    return [cause["finding"]["code"] for cause in answer["diagnosis"]["causes"]]
