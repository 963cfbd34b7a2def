"""Controllers: one symptom a workload, causes where somebody must change something, silence for what heals or is meant
so."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.domain.finding import CausalRole
from midwatch.integrations.kubernetes.objects.schedule import fault
from tests.integrations.kubernetes.network_world import Thing, deployment, event, pod, stated, thing, told

STUCK = {
    "type": "Progressing",
    "status": "False",
    "reason": "ProgressDeadlineExceeded",
    "message": 'ReplicaSet "web-2" has timed out progressing.',
}
ROLLING = {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "message": "progressing"}
REVISION = "deployment.kubernetes.io/revision"


def replica_set(name: str, revision: int, image: str, **status: Any) -> Thing:
    containers = [{"name": "app", "image": image, "env": [{"name": "TOKEN", "value": f"value-{revision}"}]}]
    spec = {"replicas": 1, "template": {"spec": {"containers": containers}}}
    return thing(
        "ReplicaSet",
        name,
        owner="Deployment/web",
        meta={"annotations": {REVISION: str(revision)}},
        spec=spec,
        status=status,
    )


def test_a_deployment_tells_its_numbers():
    (found,) = stated(deployment("web", replicas=3, status={"replicas": 2, "readyReplicas": 1, "availableReplicas": 1}))
    assert (found.code, found.role) == ("K8S-601", CausalRole.SYMPTOM)
    assert "1/3 replicas available (2 created, 1 ready)" in found.message


def test_absent_replicas_mean_one_and_a_surge_that_does_not_end_is_told():
    assert told(deployment("web", replicas=None, status={"replicas": 2, "availableReplicas": 1})) == ["K8S-601"]
    assert told(deployment("web", replicas=None, status={"replicas": 1, "availableReplicas": 1})) == []


def test_a_rollout_within_its_usual_time_is_silent():
    def under_way(since: str) -> Thing:
        status = {"replicas": 2, "conditions": [ROLLING | {"lastUpdateTime": since}]}
        return deployment("web", replicas=2, status=status)

    assert told(under_way("2026-11-21T01:58:00Z")) == []
    assert told(under_way("2026-11-21T01:40:00Z")) == ["K8S-601"]


def test_a_stuck_rollout_tells_what_changed_and_no_values():
    web = deployment(
        "web",
        replicas=1,
        status={"replicas": 2, "readyReplicas": 1, "conditions": [STUCK]},
        meta={"annotations": {REVISION: "2"}},
    )
    found = {
        f.code: f
        for f in stated(web, replica_set("web-1", 1, "app:1", readyReplicas=1), replica_set("web-2", 2, "app:2"))
    }
    assert sorted(found) == ["K8S-602", "K8S-609"]
    change = found["K8S-609"]
    assert "image of app: app:1 → app:2" in change.message
    assert "TOKEN" in change.message
    assert "value-" not in str(change)
    assert change.role is CausalRole.RISK


def test_a_manifest_that_never_ran_is_no_outage():
    manifest = deployment("web", status={})
    manifest["metadata"] = {"name": "web", "namespace": "shop"}
    assert told(manifest) == []


def test_a_paused_rollout_matters_while_something_waits_for_it():
    waiting = deployment("web", replicas=2, status={"replicas": 2, "readyReplicas": 2, "availableReplicas": 2})
    waiting["spec"]["paused"] = True
    assert told(waiting) == ["K8S-603"]


def test_a_controller_that_is_behind():
    web = deployment("web", meta={"generation": 3})
    web["status"]["observedGeneration"] = 2
    assert told(web) == ["K8S-606"]


def test_a_refused_pod_is_one_symptom():
    refused = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "pods are forbidden"}
    web = deployment("web", status={"conditions": [refused]})
    owned = thing("ReplicaSet", "web-1", owner="Deployment/web", spec={}, status={"conditions": [refused]})
    assert told(web, owned) == ["K8S-607"]


def test_a_replica_set_speaks_only_for_itself():
    assert told(thing("ReplicaSet", "lone", spec={"replicas": 2}, status={"replicas": 2, "readyReplicas": 1})) == [
        "K8S-608"
    ]
    assert told(thing("ReplicaSet", "gone", spec={"replicas": 0}, owner="Deployment/web")) == []
    refused = [
        {"type": "ReplicaFailure", "status": "True", "reason": reason}
        for reason in ("FailedCreate", "Other", "FailedCreate")
    ]
    assert told(thing("ReplicaSet", "lone", spec={}, status={"conditions": refused})) == ["K8S-610", "K8S-610"]


def test_scaled_down_is_a_cause_only_where_it_ran():
    idle = deployment("batch", replicas=0)
    assert told(idle) == ["K8S-605"]
    assert told(idle, event(idle, "ScalingReplicaSet", "Scaled down replica set batch-1 from 3 to 0", "Normal")) == [
        "K8S-604"
    ]


def stateful(replicas: int, ready: int, **spec: Any) -> Thing:
    template = {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "db"}]}}
    return thing(
        "StatefulSet",
        "db",
        spec={"replicas": replicas, "template": template, **spec},
        status={"replicas": ready + 1, "readyReplicas": ready},
    )


def test_a_stateful_set_names_the_pod_that_holds_up_the_rest():
    pods = [pod("db-0", "db", owner="StatefulSet/db"), pod("db-1", "db", ready=False, owner="StatefulSet/db")]
    (found,) = stated(stateful(4, 1), *pods)
    assert found.code == "K8S-612"
    assert "pod db-1 is not ready; pods waiting for it: 2" in found.message
    assert told(stateful(4, 1, podManagementPolicy="Parallel"), *pods) == ["K8S-611"]


def test_a_missing_governing_service():
    assert told(stateful(1, 0, serviceName="ghost")) == ["K8S-611", "K8S-613"]
    assert told(stateful(1, 1, serviceName="ghost")) == ["K8S-614"]


def test_a_daemon_set_counts_its_nodes():
    status = {"desiredNumberScheduled": 3, "numberReady": 2, "numberMisscheduled": 1}
    assert told(thing("DaemonSet", "agent", spec={}, status=status)) == ["K8S-615", "K8S-616"]
    assert told(thing("DaemonSet", "agent", spec={}, status={"desiredNumberScheduled": 3, "numberReady": 3})) == []


def job(
    name: str,
    *,
    start: str = "2026-11-21T01:00:00Z",
    reason: str = "",
    complete: bool = False,
    owner: str = "",
    **spec: Any,
) -> Thing:
    conditions = [{"type": "Failed", "status": "True", "reason": reason, "message": "it failed"}] if reason else []
    conditions += [{"type": "Complete", "status": "True"}] if complete else []
    status = {"startTime": start, "active": int(not conditions), "failed": 2, "conditions": conditions}
    return thing("Job", name, owner=owner, spec=spec, status=status)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("BackoffLimitExceeded", "K8S-621"),
        ("DeadlineExceeded", "K8S-622"),
        ("PodFailurePolicy", "K8S-623"),
        ("New", "K8S-621"),
    ],
)
def test_failed_jobs(reason: str, code: str):
    assert told(job("sync", reason=reason)) == [code]


def test_jobs_that_need_nothing_or_only_a_remark():
    assert told(job("sync", complete=True)) == []
    assert told(job("sync")) == []
    assert told(job("sync", suspend=True)) == ["K8S-624"]
    assert told(job("sync", activeDeadlineSeconds=600)) == ["K8S-625"]


def cron(**spec: Any) -> Thing:
    return thing("CronJob", "nightly", spec={"schedule": "0 2 * * *", **spec})


def test_cron_jobs():
    assert told(cron()) == []
    assert told(cron(schedule="0 25 * * *")) == ["K8S-631"]
    assert told(cron(startingDeadlineSeconds=-1)) == ["K8S-632"]
    assert told(cron(suspend=True)) == ["K8S-633"]
    assert told(cron(), event(cron(), "TooManyMissedTimes", "too many missed start times")) == ["K8S-635"]


def test_a_later_success_makes_up_for_a_failed_run():
    failed = job("nightly-1", reason="BackoffLimitExceeded", owner="CronJob/nightly")
    good = job("nightly-2", start="2026-11-21T01:30:00Z", complete=True, owner="CronJob/nightly")
    assert told(cron(), failed) == ["K8S-621", "K8S-634"]
    (run,) = [f for f in stated(cron(), failed) if f.code == "K8S-621"]
    assert (
        run.message.startswith("shop/job/nightly-1: Job failed: BackoffLimitExceeded") and run.owner.kind == "CronJob"
    )
    assert told(cron(), failed, good) == []


def scaler(*conditions: Thing, target: str = "web") -> Thing:
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
    spec = {"maxReplicas": 5, "metrics": [cpu], "scaleTargetRef": {"kind": "Deployment", "name": target}}
    return thing("HorizontalPodAutoscaler", "web", spec=spec, status={"conditions": list(conditions)})


BLIND = {
    "type": "ScalingActive",
    "status": "False",
    "reason": "FailedGetResourceMetric",
    "message": "missing request for cpu",
}
SIZED = deployment("web", resources={"requests": {"cpu": "100m"}})


def test_autoscalers():
    assert told(scaler(), SIZED) == []
    assert told(scaler(BLIND), SIZED) == ["K8S-641"]
    assert told(scaler(BLIND, target="ghost"), SIZED) == ["K8S-642"]
    assert told(scaler(BLIND), deployment("web")) == ["K8S-643"]
    assert told(scaler(BLIND | {"message": "no such API"}), deployment("web")) == ["K8S-641", "K8S-643"]
    assert told(scaler({"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas"}), SIZED) == ["K8S-644"]
    assert told(scaler({"type": "ScalingLimited", "status": "True", "reason": "TooFewReplicas"}), SIZED) == []
    assert told(scaler({"type": "AbleToScale", "status": "False", "reason": "FailedUpdateScale"}), SIZED) == ["K8S-645"]


def test_a_limit_range_fills_requests_in():
    defaults = thing(
        "LimitRange", "defaults", spec={"limits": [{"type": "Container", "defaultRequest": {"cpu": "50m"}}]}
    )
    assert told(scaler(), deployment("web"), defaults) == []


def budget(**status: int) -> Thing:
    return thing("PodDisruptionBudget", "web", spec={"selector": {"matchLabels": {"app": "web"}}}, status=status)


def test_budgets():
    assert told(budget(expectedPods=1, currentHealthy=1, desiredHealthy=1), deployment("web"), pod("web-1", "web")) == [
        "K8S-651"
    ]
    assert told(budget(expectedPods=2, currentHealthy=1, desiredHealthy=2), pod("web-1", "web")) == []
    assert told(budget()) == ["K8S-652"]


@pytest.mark.parametrize(
    ("expected", "healthy", "allowed", "codes"),
    [
        (3, 3, 0, ["K8S-651"]),  # all that are expected are healthy, and none may go
        (3, 4, 0, ["K8S-651"]),  # one more than expected, while a rollout goes on
        (3, 2, 0, []),  # one is down: that none may go is what the budget is for
        (3, 3, 1, []),
    ],
)
def test_a_budget_at_its_limit(expected: int, healthy: int, allowed: int, codes: list[str]):
    status = {"expectedPods": expected, "currentHealthy": healthy, "desiredHealthy": 3, "disruptionsAllowed": allowed}
    assert told(budget(**status), *(pod(f"web-{n}", "web") for n in range(healthy))) == codes


def test_a_namespace_that_does_not_go_away():
    def leaving(since: str, *conditions: Thing) -> Thing:
        status = {"phase": "Terminating", "conditions": list(conditions)}
        return thing("Namespace", "old", namespace="", meta={"deletionTimestamp": since}, status=status)

    held = {
        "type": "NamespaceFinalizersRemaining",
        "status": "True",
        "message": "example.com/hold in 1 resource instances",
    }
    assert told(leaving("2026-11-21T01:00:00Z", held)) == ["K8S-661"]
    assert told(leaving("2026-11-21T01:00:00Z")) == ["K8S-662"]
    assert told(leaving("2026-11-21T01:59:00Z", held)) == []


def test_containers_at_their_limits():
    tight = pod("web-1", "web", container={"resources": {"limits": {"cpu": "200m", "memory": "100Mi"}}})
    used = thing("PodMetrics", "web-1", containers=[{"name": "app", "usage": {"cpu": "190000000n", "memory": "95Mi"}}])
    cpu, memory = stated(tight, used)
    assert (cpu.code, memory.code) == ("K8S-671", "K8S-672")
    assert "CPU throttling: usage 190m is 95 % of limit 200m" in cpu.message
    idle = thing("PodMetrics", "web-1", containers=[{"name": "app", "usage": {"cpu": "19m", "memory": "9Mi"}}])
    assert told(tight, idle) == []


@pytest.mark.parametrize(
    "schedule",
    [
        "* * * * *",
        "*/5 0-6,22 1,15 JAN-dec mon-fri",
        "0 2 ? * *",
        "5/15 * * * *",
        "@daily",
        "@every 1h30m",
        "TZ=UTC 0 0 * * 0",
        " 0  2 * * * ",
    ],
)
def test_schedules_that_can_be_used(schedule: str):
    assert fault(schedule) is None


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "* * * *",
        "0 0 2 * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 7",
        "* * * * fun",
        "*/0 * * * *",
        "5-1 * * * *",
        "1-2-3 * * * *",
        "*/2/3 * * * *",
        "-1 * * * *",
        "a * * * *",
        "@reboot",
        "@every soon",
        ", * * * *",
        "* * * jan/x *",
    ],
)
def test_schedules_that_cannot(schedule: str):
    assert fault(schedule)


@given(
    st.tuples(*(st.integers(low, high) for low, high in ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6)))),
    st.integers(1, 90),
)
def test_any_numbers_within_their_bounds_can_be_used(numbers: tuple[int, ...], step: int):
    assert fault(" ".join(str(n) for n in numbers)) is None
    assert fault(" ".join(f"{n}/{step}" for n in numbers)) is None


@given(st.text(max_size=40))
def test_no_text_breaks_the_schedule_parser(text: str):
    wrong = fault(text)
    assert wrong is None or wrong
