"""What the evaluation says of itself: the log of public threads is well formed, and a case can be made poorer."""

from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
import yaml
from evaluation import threads
from evaluation.cloudopsbench_dump import PARTS, save
from evaluation.threads.judged import judgements

ENTRY: dict[str, Any] = {
    "id": "A01",
    "address": ["https://example.com/threads/1"],
    "truth": "the key is missing",
    "knowable": "fully",
    "chosen": "before",
    "judgement": "right",
    "why": "names the key",
    "untrue": [],
}
INPUTS = {"A01": ["input.txt", "question.txt"]}


def test_the_log_of_threads_is_well_formed(capsys: pytest.CaptureFixture[str]) -> None:
    status = threads.run(threads.FOLDER, Namespace(judged=None, write=False))
    assert (status, capsys.readouterr().out.partition(" ")[0]) == (0, "60")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        ({"id": "one"}, ["one: id is not", "one: nothing under", "A01: no entry"]),
        ({"address": "https://example.com/1"}, ["A01: address"]),
        ({"address": ["example.com/1"]}, ["A01: address"]),
        ({"truth": " "}, ["A01: truth is empty"]),
        ({"judgement": "nearly"}, ["A01: judgement is nearly, not one of"]),
        ({"chosen": "perhaps"}, ["A01: chosen is perhaps"]),
        ({"why": ""}, ["A01: judged without a reason"]),
        ({"untrue": ""}, ["A01: untrue is not a list"]),
        ({"judgement": "", "untrue": ["It is healthy."]}, ["A01: untrue sentences without a judgement"]),
        ({"remark": "x"}, ["A01: unknown field remark"]),
    ],
)
def test_what_is_wrong_with_an_entry_is_said(changed: dict[str, Any], said: list[str]) -> None:
    found = sorted(threads.faults([ENTRY | changed], INPUTS))
    assert len(found) == len(said)
    assert all(line.startswith(part) for line, part in zip(found, sorted(said), strict=True)), found


def test_a_field_an_entry_or_an_input_that_is_not_there_is_said() -> None:
    less = {field: value for field, value in ENTRY.items() if field != "why"}
    assert "A01: without why" in list(threads.faults([less], INPUTS))
    assert list(threads.faults([ENTRY, ENTRY], INPUTS)) == ["A01: 2 entries"]
    assert list(threads.faults([ENTRY], {**INPUTS, "A02": ["input.txt"]})) == ["A02: no entry in log.yaml"]
    assert list(threads.faults([ENTRY], {"A01": ["question.txt"]})) == ["A01: nothing under inputs/A01"]
    assert list(threads.faults("text", {})) == ["log.yaml: not a list of entries"]


def test_shares_are_of_what_was_judged() -> None:
    partly = ENTRY | {"judgement": "partly", "untrue": ["It is healthy.", "It was old."], "chosen": ""}
    assert threads.counts([ENTRY, partly, ENTRY | {"judgement": "wrong"}, ENTRY | {"judgement": ""}]) == [
        "4 threads, 3 chosen before any answer was seen, 3 judged",
        "right: 1, partly: 1, wrong: 1, silent: 0",
        "right or partly right: 2 of 3 (67%, wanted 75%)",
        "answers with an untrue sentence: 1",
    ]


def test_judgements_are_taken_over_from_a_page(tmp_path: Path) -> None:
    (tmp_path / "log.yaml").write_text(yaml.dump([ENTRY | {"judgement": "", "why": ""}]))
    (tmp_path / "inputs" / "A01").mkdir(parents=True)
    (tmp_path / "inputs" / "A01" / "input.txt").write_text("$ kubectl get pods\n")
    page = tmp_path / "page.md"
    page.write_text(
        '| id | verdict | why |\n|---|---|---|\n| A01 | PARTLY (weak) | an echo |\n\n1. A01 "old" - it is not\n'
    )
    assert threads.run(tmp_path, Namespace(judged=page, write=False)) == 0
    (kept,) = yaml.safe_load((tmp_path / "log.yaml").read_text())
    assert kept == ENTRY | {"judgement": "partly", "why": "an echo", "untrue": ['"old" - it is not']}
    assert judgements("1. A01, A02 both are old\n| A02 | WRONG | x |") == {
        "A02": {"judgement": "wrong", "why": "x", "untrue": ["both are old"]}
    }


PODS = "NAME                  READY   STATUS    RESTARTS   AGE\nweb-5d4f8b9c7d-abcde  1/1     Running   0          5m\n"
CASE = {
    "namespace": "shop",
    "collected_at": "2026-11-21T02:00:00.000000",
    "kubectl": {"kubectl get pods -n shop": PODS},
    "recent_logs": {"web": ["2026-11-21 02:00:00 ready"]},
    "metrics_csv": "time,web-p50latency\n2026-11-21T01:59:00,12\n",
    "probes": {
        'GetAppYAML:{"app_name": "web"}': "kind: Deployment\nmetadata: {name: web}\n",
        'CheckNodeServiceStatus:{"node_name": "n1", "service_name": "kubelet"}': "Status: active",
        'GetServiceDependencies:{"service_name": "web"}': "[Downstream (Calls)]:\n└── db\n",
        "GetAlerts": {"alerts": [{"name": "web", "type": "Service", "evidence": ["Slow [p99] | Current=8.4 (up)"]}]},
    },
}
FILES = {
    "metrics": "monitoring/metrics.json",
    "alerts": "monitoring/alerts.json",
    "calls": "monitoring/dependencies.json",
    "probes": "nodes/n1/kubelet.txt",
    "manifests": "manifests/web.yaml",
    "logs": "shop/web-5d4f8b9c7d-abcde/logs.log",
}


@pytest.mark.parametrize("without", [(), *((part,) for part in PARTS), tuple(PARTS)])
def test_a_case_is_saved_without_the_parts_that_are_left_out(without: tuple[str, ...], tmp_path: Path) -> None:
    save(CASE, tmp_path, without)
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"pods.txt", *(name for part, name in FILES.items() if part not in without)}
