"""What is named and does not exist, what will not fit, and what newer clusters do not take: told before it breaks
something."""

from typing import Any

import pytest

from midwatch.diagnosis.kubernetes.analyzers import (
    accounts,
    bindings,
    budgets,
    cronjobs,
    hpa_capacity,
    routes,
    usage,
    versions,
)
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.finding import CausalRole, Confidence, Finding
from midwatch.integrations.kubernetes.dump.decode import clean, convert
from midwatch.integrations.kubernetes.objects.kinds import KINDS
from tests.integrations.kubernetes.network_world import OLD, Thing, event, pod, prove, thing
from tests.integrations.kubernetes.situation import Logs, evidence

EVERY = (accounts, bindings, budgets, hpa_capacity, cronjobs, usage, versions)
REFUSED = (
    'pods is forbidden: User "system:serviceaccount:shop:web" cannot list resource "pods" in API group "" in '
    'the namespace "shop"'
)


def told(*objects: Thing, logs: Logs | None = None, unknown: tuple[str, ...] = ()) -> list[Finding]:
    seen = evidence(objects, logs, unknown=unknown)
    found = [f for module in EVERY for f in module.ANALYZER.find(Cluster(seen))]
    for one in found:
        assert "<" not in one.message, one.message
        prove(seen, one)
    return found


def codes(*objects: Thing, **more: Any) -> list[str]:
    return [f.code for f in told(*objects, **more)]


def workload(kind: str = "Deployment", account: str = "ghost", **status: int) -> Thing:
    template = {"spec": {"containers": [{"name": "app"}], "serviceAccountName": account}}
    spec: Thing = (
        {"schedule": "0 2 * * *", "jobTemplate": {"spec": {"template": template}}}
        if kind == "CronJob"
        else {"replicas": 2, "template": template}
    )
    return thing(kind, "web", spec=spec, status=status)


ACCOUNT = thing("ServiceAccount", "web")


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "ReplicaSet", "DaemonSet", "Job", "CronJob"])
def test_an_account_that_does_not_exist_is_a_risk_for_what_runs(kind: str) -> None:
    (found,) = told(workload(kind, replicas=2))
    assert (found.code, found.role, found.facts["account"]) == ("K8S-732", CausalRole.RISK, "ghost")


def test_an_account_that_does_not_exist_is_why_pods_are_missing() -> None:
    lacking = workload(replicas=1)
    (found,) = told(lacking)
    assert (found.code, found.role, found.confidence) == ("K8S-720", CausalRole.CAUSE, Confidence.MEDIUM)
    assert (
        codes(lacking, event(lacking, "ReplicaSetCreateError", 'serviceaccount "ghost" not found')) == []
    )  # the server's own word
    assert codes(workload("DaemonSet", desiredNumberScheduled=3, currentNumberScheduled=0)) == ["K8S-720"]


def test_accounts_that_exist_or_were_not_read_are_not_missed() -> None:
    assert codes(workload(account="web"), ACCOUNT) == []
    assert codes(workload(account="default")) == []
    assert codes(workload(), unknown=("serviceaccounts",)) == []


def test_secrets_that_an_account_names() -> None:
    account = ACCOUNT | {"imagePullSecrets": [{"name": "registry"}], "secrets": [{"name": "token"}]}
    assert [(f.code, f.role) for f in told(account)] == [("K8S-131", CausalRole.RISK), ("K8S-130", CausalRole.RISK)]
    assert codes(account, *(thing("Secret", name) for name in ("registry", "token"))) == []
    assert codes(account, unknown=("secrets",)) == []


def test_a_pull_secret_that_a_running_pod_names() -> None:
    runs = pod("web-1", "web", imagePullSecrets=[{"name": "registry"}])
    (found,) = told(runs)
    assert (found.code, found.role, found.facts["secret"]) == ("K8S-129", CausalRole.RISK, "registry")
    assert codes(runs, unknown=("secrets",)) == []
    words = "Unable to retrieve some image pull secrets (registry); attempting to pull the image may not succeed."
    assert codes(runs, event(runs, "FailedToRetrieveImagePullSecret", words), unknown=("secrets",)) == ["K8S-129"]


def binding(kind: str = "RoleBinding", role: str = "Role") -> Thing:
    parts: Thing = {
        "roleRef": {"kind": role, "name": "reader"},
        "subjects": [{"kind": "ServiceAccount", "name": "web", "namespace": "shop"}],
    }
    return thing(kind, "web-reads", namespace="" if kind.startswith("Cluster") else "shop", **parts)


@pytest.mark.parametrize(
    ("kind", "role"), [("RoleBinding", "Role"), ("RoleBinding", "ClusterRole"), ("ClusterRoleBinding", "ClusterRole")]
)
def test_a_binding_to_a_role_that_does_not_exist(kind: str, role: str) -> None:
    one, there = binding(kind, role), thing(role, "reader", namespace="" if role.startswith("Cluster") else "shop")
    (found,) = told(one)
    assert (found.code, found.role) == ("K8S-733", CausalRole.RISK)
    assert codes(one, there) == []
    assert codes(one, unknown=("roles", "clusterroles")) == []


def test_a_role_of_a_namespace_means_nothing_to_the_whole_cluster() -> None:
    assert codes(binding("ClusterRoleBinding", "Role"), thing("Role", "reader")) == ["K8S-733"]


def test_a_program_that_is_refused_makes_the_empty_binding_the_cause() -> None:
    logs: Logs = {("shop", "web-1", "app"): f"starting\n{REFUSED}\n"}
    runs = pod("web-1", "web", owner="Deployment/web")
    (found,) = told(binding(), runs, logs=logs)
    assert (found.code, found.role, found.owner.name) == ("K8S-734", CausalRole.CAUSE, "web")


def test_rights_are_asked_for_only_when_a_program_was_refused() -> None:
    def asked(log: str) -> list[tuple[str, str]]:
        seen = Cluster(evidence([pod("web-1", "web")], {("shop", "web-1", "app"): log}))
        return [(a.arguments["resource"], a.arguments["namespace"]) for a in bindings.ANALYZER.asks(seen)]

    assert asked("all is well") == []
    assert asked(REFUSED) == [
        ("rolebindings", "shop"),
        ("roles", "shop"),
        ("clusterrolebindings", ""),
        ("clusterroles", ""),
    ]


def test_classes_of_gateways_are_asked_for_only_where_there_is_a_gateway() -> None:
    gate = Cluster(evidence([thing("Gateway", "gate")]))
    assert [a.arguments["resource"] for a in routes.ANALYZER.asks(gate)] == ["gatewayclasses"]
    assert list(routes.ANALYZER.asks(Cluster(evidence([])))) == []


def budget(name: str, **spec: Any) -> Thing:
    return thing("PodDisruptionBudget", name, spec={"selector": {"matchLabels": {"app": "web"}}, **spec})


def test_two_budgets_over_one_pod_stop_its_eviction() -> None:
    (found,) = told(budget("a", minAvailable=1), budget("b", maxUnavailable=1), pod("web-1", "web"))
    assert (found.code, found.role, found.facts["budgets"]) == ("K8S-653", CausalRole.RISK, "a, b")


def test_a_budget_that_can_never_be_met() -> None:
    assert codes(budget("a", minAvailable=2), pod("web-1", "web")) == ["K8S-654"]
    assert codes(budget("a", minAvailable="50%"), pod("web-1", "web")) == []
    assert codes(budget("a", minAvailable=1), pod("web-1", "web")) == []


def test_a_budget_that_is_just_met_is_met() -> None:
    two = (pod("web-1", "web"), pod("web-2", "web"))
    assert codes(budget("a", minAvailable=2), *two) == []
    assert codes(budget("a", minAvailable=3), *two) == ["K8S-654"]


def test_a_budget_of_a_workload_without_pods_is_not_unmet() -> None:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app"}]}}
    idle = thing("Deployment", "web", spec={"replicas": 0, "template": template})
    assert codes(budget("a", minAvailable=1), idle) == []


def scaler(name: str, most: int, cpu: str, *, replicas: int = 1) -> list[Thing]:
    containers = [{"name": "app", "resources": {"requests": {"cpu": cpu}}}]
    target = thing("Deployment", name, spec={"replicas": replicas, "template": {"spec": {"containers": containers}}})
    spec = {"maxReplicas": most, "scaleTargetRef": {"kind": "Deployment", "name": name}}
    return [target, thing("HorizontalPodAutoscaler", name, spec=spec)]


NODE = thing("Node", "a", namespace="", status={"allocatable": {"cpu": "8", "memory": "8Gi"}})


def test_an_autoscaler_that_the_nodes_cannot_follow() -> None:
    (found,) = told(NODE, *scaler("web", 10, "1"))
    assert (found.code, found.role, found.facts["more"], found.facts["free"]) == (
        "K8S-646",
        CausalRole.RISK,
        "9 CPU",
        "8 CPU",
    )
    assert codes(NODE, *scaler("web", 9, "1")) == []
    assert codes(NODE, *scaler("web", 10, "1"), unknown=("nodes",)) == []


def test_what_runs_already_is_not_free() -> None:
    hog = pod("hog", "hog", nodeName="a", container={"resources": {"requests": {"cpu": "4"}}})
    assert codes(NODE, hog, *scaler("web", 9, "1")) == ["K8S-646"]
    cordoned = NODE | {"spec": {"unschedulable": True}}
    assert (
        codes(cordoned, *scaler("web", 10, "1")) == []
    )  # the cordon is told; how much room there will be is not known


def test_autoscalers_that_fit_one_by_one_and_not_together() -> None:
    (found,) = told(NODE, *scaler("a", 6, "1"), *scaler("b", 7, "1"))
    assert (found.code, found.subject.name, found.facts["more"]) == ("K8S-647", "b", "11 CPU")


def measured(cpu: str, memory: str) -> Thing:
    return thing("NodeMetrics", "a", namespace="", usage={"cpu": cpu, "memory": memory})


def test_nodes_at_their_capacity() -> None:
    assert [(f.code, f.role) for f in told(NODE, measured("7900m", "7900Mi"))] == [
        ("K8S-673", CausalRole.RISK),
        ("K8S-674", CausalRole.RISK),
    ]
    assert codes(NODE, measured("4", "4Gi")) == []
    assert codes(measured("4", "4Gi")) == []


def cron(**status: Any) -> Thing:
    return thing("CronJob", "nightly", spec={"schedule": "0 2 * * *"}, status=status)


def test_a_cron_job_that_never_succeeded() -> None:
    (found,) = told(cron(lastScheduleTime=OLD))
    assert (found.code, found.role, found.confidence) == ("K8S-636", CausalRole.RISK, Confidence.LOW)
    assert codes(cron(lastScheduleTime=OLD, lastSuccessfulTime=OLD)) == []
    assert codes(cron(lastScheduleTime=OLD, active=[{"kind": "Job", "name": "nightly-1"}])) == []
    assert codes(cron()) == []
    assert (
        codes(cron(lastScheduleTime=OLD), thing("Job", "nightly-1", owner="CronJob/nightly", status={"active": 1}))
        == []
    )


@pytest.mark.parametrize(
    ("plural", "version", "use"),
    [
        ("ingresses", "extensions/v1beta1", "networking.k8s.io/v1"),
        ("cronjobs", "batch/v1beta1", "batch/v1"),
        ("poddisruptionbudgets", "policy/v1beta1", "policy/v1"),
        ("cronjobs", "batch/v1", ""),
        ("pods", "v1", ""),
    ],
)
def test_objects_of_a_version_that_is_gone(plural: str, version: str, use: str) -> None:
    kind = KINDS[plural]
    raw = clean({"kind": kind.name, "apiVersion": version, "metadata": {"name": "web", "namespace": "shop"}}, kind)
    obj, said = convert(raw, kind.type)
    assert obj is not None
    assert said == []
    assert obj.api_version == (version if use else "")
    found = [f for f in told({**raw, "kind": kind.name, "spec": {"schedule": "0 * * * *"}}) if f.code == "K8S-736"]
    assert [f.facts["use"] for f in found] == ([use] if use else [])
