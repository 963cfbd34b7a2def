"""What rows of kubectl's tables prove although they leave much out: ends without exit codes, owners told by labels."""

from datetime import UTC, datetime

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes import text
from tests.integrations.kubernetes.situation import Logs, evidence, findings

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
HEAD = "NAME  READY  STATUS  RESTARTS  AGE  LABELS\n"


def told(content: str, logs: Logs | None = None, unknown: tuple[str, ...] = ()) -> list[Finding]:
    parsed = text.read(content, name="saved.txt", now=NOW)
    assert parsed is not None
    return findings(Cluster(evidence(parsed.objects, logs, unknown=unknown)))


def by_code(found: list[Finding]) -> dict[str, Finding]:
    return {f.code: f for f in found}


def test_an_error_without_an_exit_code_is_a_failure() -> None:
    rows = f"$ kubectl get pods -n shop --show-labels\n{HEAD}export-b5xkz  0/1  Error  0  5m  job-name=export\n"
    found = by_code(told(rows))["K8S-210"]
    assert found.message == "shop/job/export: container fails (0 restarts)"
    assert str(found.owner) == "Job shop/export"


def test_a_job_that_was_given_up_is_told_by_its_event() -> None:
    described = """$ kubectl describe job export -n shop
Name:             export
Namespace:        shop
Parallelism:      1
Completions:      1
Backoff Limit:    1
Start Time:       Sat, 21 Nov 2026 01:40:00 +0000
Pods Statuses:    0 Active (0 Ready) / 0 Succeeded / 2 Failed
Events:
  Type     Reason                Age   From            Message
  ----     ------                ----  ----            -------
  Normal   SuccessfulCreate      16m   job-controller  Created pod: export-b5xkz
  Warning  BackoffLimitExceeded  13m   job-controller  Job has reached the specified backoff limit
"""
    found = by_code(told(described))["K8S-621"]
    assert found.message == (
        "shop/job/export: Job failed: BackoffLimitExceeded: "
        "Job has reached the specified backoff limit (failed pods: 2)"
    )


def test_a_crash_loop_known_only_by_its_row_is_explained_by_its_log() -> None:
    rows = (
        f"$ kubectl get pods -n shop --show-labels\n{HEAD}till-7d9f8b6c5-x2n4m  0/1  CrashLoopBackOff  7 (3m ago) "
        " 50m  app=till\n"
    )
    deep = (
        'Exception in thread "main" java.lang.StackOverflowError\n' + "\tat org.example.Till.sum(Till.java:7)\n" * 1000
    )
    found = by_code(told(rows, {("shop", "till-7d9f8b6c5-x2n4m", ""): deep}))
    assert "StackOverflowError" in found["K8S-924"].message
    assert found["K8S-203"].message.startswith("shop/deployment/till: CrashLoopBackOff (7 restarts)")


def test_the_schedulers_word_about_a_gone_sibling_stands_for_the_pod() -> None:
    rows = f"$ kubectl get pods -n shop --show-labels\n{HEAD}till-7d9f8b6c5-x2n4m  0/1  Pending  0  50m  app=till\n"
    said = "0/3 nodes are available: 3 Insufficient example.com/gpu."
    head = "$ kubectl get events -n shop\nLAST SEEN  TYPE  REASON  OBJECT  MESSAGE\n"
    event = f"{head}60m  Warning  FailedScheduling  pod/till-7d9f8b6c5-qqqqq  {said}\n"
    found = by_code(told(rows + "\n" + event, unknown=("nodes",)))
    assert "K8S-320" not in found
    assert (
        "insufficient example.com/gpu: requests example.com/gpu, not enough free on the nodes"
        in found["K8S-306"].message
    )


def test_a_killed_container_that_restarts_again_and_again_is_in_a_crash_loop() -> None:
    state = {"waiting": {"reason": "CrashLoopBackOff"}}
    end = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-11-21T01:58:00Z"}}
    status = {
        "phase": "Running",
        "containerStatuses": [{"name": "app", "restartCount": 3, "state": state, "lastState": end}],
    }
    spec = {"containers": [{"name": "app", "resources": {"limits": {"memory": "64Mi"}}}]}
    pod = {"kind": "Pod", "metadata": {"name": "till", "namespace": "shop"}, "spec": spec, "status": status}
    found = by_code(findings(Cluster(evidence([pod]))))
    assert "3 restarts, CrashLoopBackOff" in found["K8S-201"].message
