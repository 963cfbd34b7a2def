"""What working programs complain of: heard in every log that was read, and an answer only where somebody asked."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from midwatch.diagnosis.kubernetes.analyse import analyse, next_requests
from midwatch.diagnosis.kubernetes.analyzers import log_errors
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.evidence import ToolRequest
from midwatch.domain.finding import CausalRole, Finding
from midwatch.domain.question import Question
from tests.integrations.kubernetes.network_world import Thing, prove, thing
from tests.integrations.kubernetes.situation import evidence

WHERE = ("shop", "till-7d9f8b6c5-x2n4m", "app")


def pod(name: str = "till-7d9f8b6c5-x2n4m", *, state: Thing | None = None, **status: Any) -> Thing:
    up: Thing = {
        "name": "app",
        "ready": True,
        "restartCount": 0,
        "state": state or {"running": {"startedAt": "2026-11-20T22:00:00Z"}},
    }
    ready = [{"type": "Ready", "status": "True"}]
    one = thing(
        "Pod",
        name,
        spec={"nodeName": "n1", "containers": [{"name": "app"}]},
        status={"phase": "Running", "conditions": ready},
    )
    one["status"] |= {"containerStatuses": [up], **status}
    one["metadata"] |= {
        "ownerReferences": [{"kind": "ReplicaSet", "name": name.rpartition("-")[0], "controller": True}]
    }
    one["metadata"]["labels"] = {"pod-template-hash": "7d9f8b6c5"}
    return one


def heard(log: str, question: str = "", *objects: Thing) -> list[Finding]:
    seen = evidence(objects or (pod(),), {WHERE: log})
    found = [f for f in log_errors.find(Cluster(seen, Question(question))) if f.role is CausalRole.COMPLAINT]
    for one in found:
        prove(seen, one)
    return found


def test_an_error_is_told_with_its_count_and_its_times() -> None:
    log = "\n".join(f"2026-11-21T01:0{n}:00Z ERROR shelf {n} is empty" for n in range(3))
    (found,) = heard(log)
    assert found.code == "K8S-960"
    assert found.owner.name == "till"
    assert found.message.startswith("shop/deployment/till: error in log (3 times from ")
    assert "3 times from 2026-11-21 01:00:00 to 2026-11-21 01:02:00 UTC" in found.message
    assert found.onset == datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "code", "named"),
    [
        (
            "ERROR: host='stock.data', port=80: Failed to resolve 'stock.data' ([Errno -3] Try again)",
            "K8S-961",
            "stock.data",
        ),
        ("ERROR failed to connect to redis at cache:6379: no answer", "K8S-962", "cache:6379"),
        ("All hosts tried for query failed (tried: shelves:9042) - no connection", "K8S-962", "shelves:9042"),
        ('10.0.0.1 - - "GET /basket HTTP/1.1" 503 9', "K8S-964", "/basket"),
        ("stock query completed in 7.5 seconds", "K8S-963", "7.5 seconds"),
        ("FATAL: sorry, too many clients already", "K8S-960", "too many clients"),
        ("WARN the shelf is nearly empty", "K8S-965", "nearly empty"),
    ],
)
def test_kinds_of_complaints(line: str, code: str, named: str) -> None:
    (found,) = heard(line)
    assert (found.code, found.role) == (code, CausalRole.COMPLAINT)
    assert named in found.message


def test_a_known_reason_is_named() -> None:
    (found,) = heard("FATAL: sorry, too many clients already")
    assert "known" in found.facts["reason"]


def test_what_was_asked_for_comes_first() -> None:
    log = "ERROR disk gone\nERROR disk gone\nERROR voucher 3 is void\nstock query took 9 s"
    assert "voucher" in heard(log, "find voucher trouble in till")[0].message
    assert heard(log, "why is till slow")[0].code == "K8S-963"
    assert "disk gone" in heard(log)[0].message


def test_only_the_time_that_was_asked_about_counts() -> None:
    log = "2026-11-12T01:00:00Z ERROR old\n2026-11-20T05:00:00Z ERROR new"
    assert ["new" in f.message for f in heard(log, "errors of till yesterday")] == [True]


def test_nothing_at_that_time_shows_what_there_is_at_others() -> None:
    (found,) = heard("2026-11-12T01:00:00Z ERROR old", "errors of till yesterday")
    assert "2026-11-12" in found.message


def test_why_a_container_ended_is_not_said_twice() -> None:
    ended: Thing = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "2026-11-21T01:58:00Z"}}
    crash = pod(state=ended, conditions=[{"type": "Ready", "status": "False"}])
    assert heard("ERROR no stock", "what is wrong with till", crash) == []
    assert len(heard("ERROR no stock", "show me the errors of till", crash)) == 1


def test_a_log_whose_pod_is_gone_speaks_for_the_pod() -> None:
    seen = evidence((), {("shop", "export-b5xkz", "app"): "ERROR no stock"})
    (found,) = log_errors.find(Cluster(seen))
    assert str(found.subject.object) == "Pod shop/export-b5xkz"
    assert "export-b5xkz" in {s.name for s in analyse(seen).subjects}


def test_a_log_without_complaint_is_told_as_fine() -> None:
    texts = [f.text for f in analyse(evidence((pod(),), {WHERE: "INFO up\nINFO sold 3\n"})).fine]
    assert any("no errors in 2 log lines" in text for text in texts)


def logs(asks: tuple[ToolRequest, ...]) -> list[str]:
    return [a.arguments["pod"] for a in asks if a.tool == "kubernetes_logs"]


def test_the_logs_of_a_named_workload_are_read_though_it_looks_well() -> None:
    seen = evidence((pod(), pod("shelf-7d9f8b6c5-zzzzz")))
    assert logs(next_requests(seen, Question("is something wrong with till?"))) == ["till-7d9f8b6c5-x2n4m"]
    assert logs(next_requests(seen, Question("is something wrong?"))) == []


def test_a_question_about_logs_has_all_of_them_read() -> None:
    (ask,) = [a for a in next_requests(evidence((pod(),)), Question("errors of till")) if a.tool == "kubernetes_logs"]
    (short,) = [a for a in next_requests(evidence((pod(),)), Question("till?")) if a.tool == "kubernetes_logs"]
    assert ask.arguments["tail_lines"] > 5000
    assert "tail_lines" not in short.arguments


def test_replicas_that_complain_alike_are_one() -> None:
    other = ("shop", "till-7d9f8b6c5-qqqqq", "app")
    seen = evidence(
        (pod(), pod("till-7d9f8b6c5-qqqqq")), {WHERE: "ERROR no stock", other: "ERROR no stock\nERROR no stock"}
    )
    (found,) = [f for f in analyse(seen).findings if f.role is CausalRole.COMPLAINT]
    assert len(found.also) == 1
    assert msgspec.json.encode(found.model_dump(mode="json"))


@pytest.mark.parametrize(
    ("after", "count"),
    [
        ("INFO connected to cache:6379", 0),
        ("INFO connection to cache:6379 established", 0),
        ("INFO connected to stock:80", 1),
        ("INFO not connected to cache:6379", 1),
        ("INFO disconnected from cache:6379", 1),
    ],
)
def test_a_retry_that_succeeded_is_no_complaint(after: str, count: int) -> None:
    line = "WARN cache:6379 connection refused, retry 1"
    assert len(heard(f"{line}\n{after}")) == count
    assert len(heard(f"{after}\n{line}")) == 1


def saved(name: str, namespace: str = "shop", **more: Any) -> Thing:
    return thing("SavedLog", f"{name}/app", namespace=namespace, pod=name, container="app", **more)


def read(question: str, *objects: Thing) -> list[str]:
    asks = log_errors.asks(Cluster(evidence(objects), Question(question)))
    return [ask.arguments["pod"] for ask in asks]


def test_of_many_saved_logs_those_that_tell_something_are_read() -> None:
    many = [saved(f"a-{n:02}") for n in range(80)]
    many += [saved(f"b-{n:02}", empty=True) for n in range(80)]
    ill = thing("Pod", "z-ill", spec={"nodeName": "n1", "containers": [{"name": "app"}]}, status={"phase": "Running"})
    restarted = pod("z-restarted")
    restarted["status"]["containerStatuses"][0]["restartCount"] = 3
    many += [
        saved("z-loud", errors=True),
        saved("z-ill"),
        saved("z-restarted"),
        saved("z-dns", "kube-system"),
        saved("z-n"),
    ]
    found = read("what is wrong with z-n", *many, ill, restarted)
    assert found[:6] == ["z-n", "z-loud", "z-ill", "z-restarted", "z-dns", "a-00"]
    assert len(found) == 70


def test_saved_logs_that_are_left_out_are_one_gap_with_their_number() -> None:
    quiet, loud = [saved(f"a-{n:02}") for n in range(3)], [saved(f"l-{n:02}", errors=True) for n in range(72)]
    (gap,) = (g for g in analyse(evidence([*quiet, *loud])).gaps if g.tool == "kubernetes_logs")
    assert gap.reason.startswith("5 of 75 saved logs were not read, 2 of them with errors in their last lines; ")
    assert not [g for g in analyse(evidence(loud[:70])).gaps if g.tool == "kubernetes_logs"]
