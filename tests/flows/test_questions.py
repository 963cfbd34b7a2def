"""Questions to saved text, from the command line to the first twelve lines."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.flows.cluster import midwatch

SAVED = datetime(2026, 11, 21, 3, 0, tzinfo=UTC).timestamp()
PODS = """$ kubectl get pods -n shop -o wide --show-labels
NAME                    READY  STATUS   RESTARTS  AGE  IP        NODE  NOMINATED NODE  READINESS GATES  LABELS
till-7d9f8b6c5-x2n4m    1/1    Running  0         5h   10.0.0.1  n1    <none>          <none>           app=till,pod-template-hash=7d9f8b6c5
"""
LOG = """$ kubectl logs till-7d9f8b6c5-x2n4m -n shop
2026-11-19T10:00:00Z ERROR voucher service refused 17
2026-11-20T10:00:00Z ERROR could not write the basket: shelf 3 is gone
2026-11-20T10:00:01Z INFO sold 3
"""


def saved(folder: Path, **files: str) -> str:
    for name, content in files.items():
        path = folder / f"{name}.txt"
        path.write_text(content)
        os.utime(path, (SAVED, SAVED))
    return str(folder)


def test_errors_of_a_pod_that_looks_well_are_the_answer_to_who_asks(tmp_path: Path) -> None:
    shown = midwatch("ask", "show me the errors of till", "--dump", saved(tmp_path, pods=PODS, log=LOG))
    assert "could not write the basket" in shown.head
    assert "voucher service refused" in shown.head


def test_a_time_in_the_question_counts_from_when_the_dump_was_made(tmp_path: Path) -> None:
    shown = midwatch("ask", "errors of till on Thursday", "--dump", saved(tmp_path, pods=PODS, log=LOG))
    assert "voucher" in shown.head
    assert "basket" not in shown.head


def test_without_a_question_they_are_only_noticed(tmp_path: Path) -> None:
    shown = midwatch("diagnose", "--json", "--dump", saved(tmp_path, pods=PODS, log=LOG))
    assert shown.answer["diagnosis"]["causes"] == []
    assert {r["code"] for r in shown.answer["diagnosis"]["risks"]} == {"K8S-960"}


def test_a_name_that_nothing_has_is_said_to_be_missing(tmp_path: Path) -> None:
    log = "$ kubectl logs export-b5xkz -n shop\nERROR failed to connect to ledger:5432: no answer\n"
    shown = midwatch("ask", "what is wrong with job nightly-quux?", "--dump", saved(tmp_path, log=log))
    assert "nightly-quux not found" in shown.head
    assert "ledger:5432" in shown.head


def test_the_log_of_a_pod_that_is_gone_is_found_by_the_name_of_its_job(tmp_path: Path) -> None:
    log = "$ kubectl logs export-b5xkz -n shop\nERROR failed to connect to ledger:5432: no answer\n"
    shown = midwatch("ask", "what is wrong with job export in shop?", "--dump", saved(tmp_path, log=log))
    assert shown.head.startswith("WARNING likely · saved cluster ")
    assert "shop/pod/export-b5xkz: cannot connect to ledger:5432" in shown.head


def test_a_log_that_was_saved_twice_is_one(tmp_path: Path) -> None:
    head, first, *others = LOG.splitlines()
    one, two = "\n".join([head, first]), "\n".join([head, *others])
    shown = midwatch(
        "ask", "show me the errors of till", "--dump", saved(tmp_path, pods=PODS, one=one, two=two, three=LOG)
    )
    assert "basket" in shown.head
    assert "once at 2026-11-19 10:00:00" in shown.head


@pytest.mark.parametrize("question", ["are there errors in the logs of till?", "till"])
def test_a_clean_log_is_told(tmp_path: Path, question: str) -> None:
    log = "$ kubectl logs till-7d9f8b6c5-x2n4m -n shop\nINFO sold 3\nINFO sold 4\n"
    shown = midwatch("ask", question, "--dump", saved(tmp_path, pods=PODS, log=log))
    assert "no errors in 2 log lines of shop/till-7d9f8b6c5-x2n4m" in shown.head
