from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.analysis.causality import chains
from midwatch.diagnosis.kubernetes.analyse import analyse
from midwatch.diagnosis.kubernetes.analyzers import admission, quotas
from midwatch.diagnosis.kubernetes.analyzers.quotas import EXCEEDED
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.finding import CausalRole, Finding
from tests.integrations.kubernetes.recording import one, recorded, told, unproved
from tests.integrations.kubernetes.situation import evidence

BOTH = (quotas.ANALYZER, admission.ANALYZER)


def workload(kind: str = "StatefulSet", replicas: int = 0, **about: Any) -> dict[str, Any]:
    head = {"name": "web", "namespace": "shop"} | about
    return {"kind": kind, "metadata": head, "spec": {"replicas": 2}, "status": {"replicas": replicas}}


def refused(text: str, kind: str = "StatefulSet", at: str = "01:50", reason: str = "FailedCreate") -> dict[str, Any]:
    about = {"kind": kind, "name": "web", "namespace": "shop"}
    head = {"name": f"web.{at}", "namespace": "shop"}
    return {
        "kind": "Event",
        "metadata": head,
        "involvedObject": about,
        "reason": reason,
        "message": text,
        "lastTimestamp": f"2026-11-21T{at}:00Z",
    }


def quota(used: dict[str, str], hard: dict[str, str]) -> dict[str, Any]:
    status = {"hard": hard, "used": used}
    return {
        "kind": "ResourceQuota",
        "metadata": {"name": "team", "namespace": "shop"},
        "spec": {"hard": hard},
        "status": status,
    }


def seen(*objects: dict[str, Any]) -> Cluster:
    return Cluster(evidence(objects))


def found(*objects: dict[str, Any]) -> list[Finding]:
    return [f for a in BOTH for f in a.find(seen(*objects))]


RECORDED = {
    "bad-priority": {"K8S-724"},
    "missing-sa": {"K8S-720"},
    "no-requests": {"K8S-707"},
    "over-cpu": {"K8S-703"},
    "over-limitrange": {"K8S-708"},
    "over-memory": {"K8S-704"},
}


def test_everything_a_real_api_server_refused_gets_its_one_cause() -> None:
    items = recorded("policy")
    assert told(Cluster(items), *BOTH) == RECORDED
    every = [f for a in BOTH for f in a.find(Cluster(items))]
    assert len(every) == len(RECORDED)
    assert unproved(every, items) == []
    assert not [f.message for f in every if "<" in f.message]


def test_the_newest_words_count_and_carry_the_numbers() -> None:
    old = refused(
        'create Pod web-0 in StatefulSet web failed error: pods "web-0" is forbidden: something old', at="01:10"
    )
    text = 'pods "web-0" is forbidden: exceeded quota: team, requested: pods=1, used: pods=10, limited: pods=10'
    only = one(seen(workload(), old, refused(f"(combined from similar events): Error creating: {text}")), *BOTH)
    assert (only.code, only.subject.kind, only.owner.name) == ("K8S-702", "ResourceQuota", "web")
    assert (only.facts["requested"], only.facts["used"], only.facts["limited"]) == ("1", "10", "10")


@pytest.mark.parametrize(
    ("resource", "code"), [("count/widgets.example.com", "K8S-701"), ("services.loadbalancers", "K8S-706")]
)
def test_quotas_of_other_things(resource: str, code: str) -> None:
    text = (
        f'pods "web-0" is forbidden: exceeded quota: team, requested: {resource}=1, used: {resource}=2, limited: '
        f"{resource}=2"
    )
    assert one(seen(workload(), refused(text)), *BOTH).code == code


@pytest.mark.parametrize(
    ("suffix", "where"),
    [(" for: app", "container app"), (" for: app,proxy", "containers app, proxy"), ("", "each container")],
)
def test_a_quota_that_requires_a_request_names_the_containers(suffix: str, where: str) -> None:
    text = f'pods "web-0" is forbidden: failed quota: team: must specify requests.cpu{suffix}'
    only = one(seen(workload(), refused(text)), *BOTH)
    assert only.message.endswith(f"forbidden by quota team: must specify requests.cpu for {where}")


def test_a_refused_claim_of_a_stateful_set_is_a_storage_quota() -> None:
    text = (
        'create Claim data-web-0 for Pod web-0 in StatefulSet web failed error: persistentvolumeclaims "data-web-0" '
        "is forbidden: "
        "exceeded quota: team, requested: requests.storage=10Gi, used: requests.storage=0, limited: "
        "requests.storage=1Gi"
    )
    assert one(seen(workload(), refused(text)), *BOTH).code == "K8S-705"


def test_a_refusal_that_was_overcome_is_history() -> None:
    assert not found(workload(replicas=2), refused('pods "web-0" is forbidden: anything'))


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        (
            'pods "web-0" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true (pod must not '
            "run as root)",
            "K8S-721",
            "runAsNonRoot",
        ),
        ('admission webhook "policy.example.com" denied the request: image not signed', "K8S-722", "image not signed"),
        (
            'admission webhook "policy.example.com" denied the request without explanation',
            "K8S-722",
            "denied the request",
        ),
        (
            'pods is forbidden: User "system:serviceaccount:shop:bot" cannot create resource "pods" in API group ""',
            "K8S-725",
            "shop:bot",
        ),
        ("ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no latest tag", "K8S-726", "no latest tag"),
        (
            'Pod "web-0" is invalid: spec.containers[0].ports[0].name: Duplicate value: "http"',
            "K8S-727",
            "Duplicate value",
        ),
        (
            'pods "web-0" is forbidden: unable to create new content in namespace shop because it is being terminated',
            "K8S-730",
            "shop",
        ),
        ('pods "web-0" is forbidden: moon phase', "K8S-729", "moon phase"),
        (
            'pods "web-0" is forbidden: unable to validate against any security context constraint: [provider '
            "restricted: forbidden]",
            "K8S-728",
            "provider restricted",
        ),
    ],
)
def test_reasons_are_told_apart(text: str, code: str, word: str) -> None:
    only = one(seen(workload(), refused(f"create Pod web-0 in StatefulSet web failed error: {text}")), *BOTH)
    assert only.code == code
    assert word in only.message


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ("dial tcp 10.0.0.1:443: connect: connection refused", "connection refused"),
        ("context deadline exceeded", "timeout"),
        ("x509: certificate signed by unknown authority", "TLS certificate not trusted"),
        ('no endpoints available for service "guard"', "Service has no endpoints"),
    ],
)
def test_a_webhook_that_cannot_be_called_blames_its_service(end: str, why: str) -> None:
    call = 'Post "https://guard.policy.svc:443/check?timeout=10s": ' + end
    text = f'Internal error occurred: failed calling webhook "guard.example.com": failed to call webhook: {call}'
    only = one(seen(workload(), refused(text)), *BOTH)
    assert (only.code, str(only.peers[0])) == ("K8S-723", "Service policy/guard")
    assert why in only.facts["why"]


@pytest.mark.parametrize("policy", ["Fail", "Ignore"])
def test_a_webhook_that_is_declared_and_has_no_service_is_told_once(policy: str) -> None:
    """The configuration is the cause; what is refused for it is its consequence."""
    client = {"service": {"name": "guard", "namespace": "policy"}}
    hooks = [{"name": "guard.example.com", "failurePolicy": policy, "clientConfig": client}]
    declared = {"kind": "ValidatingWebhookConfiguration", "metadata": {"name": "guard"}, "webhooks": hooks}
    call = 'Post "https://guard.policy.svc:443/": service "guard" not found'
    text = f'Internal error occurred: failed calling webhook "guard.example.com": {call}'
    analysis = analyse(evidence([workload(), refused(text), declared]))
    refusal = {
        f.code: f.peers[0].kind for f in analysis.findings if f.subject.name == "web" and f.code.startswith("K8S-7")
    }
    assert refusal == ({"K8S-735": "ValidatingWebhookConfiguration"} if policy == "Fail" else {"K8S-723": "Service"})
    roots = [c.root.code for c in chains(analysis.findings, analysis.links)]
    assert roots == (["K8S-550"] if policy == "Fail" else ["K8S-723"])


def test_a_deployments_condition_speaks_where_its_replica_set_is_silent() -> None:
    text = 'pods "web-1" is forbidden: error looking up service account shop/ghost: serviceaccount "ghost" not found'
    deployment = workload("Deployment")
    deployment["status"]["conditions"] = [
        {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": text}
    ]
    assert one(seen(deployment), *BOTH).facts["account"] == "ghost"


def test_a_full_quota_that_refuses_nothing_is_a_risk() -> None:
    only = one(seen(quota({"pods": "10"}, {"pods": "10"})), *BOTH)
    assert (only.code, only.role) == ("K8S-711", CausalRole.RISK)
    assert not found(quota({"pods": "9"}, {"pods": "10"}))


@pytest.mark.parametrize(
    ("used", "hard", "codes"),
    [
        ("10", "10", ["K8S-711"]),
        ("1", "1", ["K8S-711"]),
        ("11", "10", ["K8S-711"]),  # lowered afterwards
        ("9", "10", []),
        ("2Gi", "2048Mi", ["K8S-711"]),  # exactly full, in other units
        ("2047Mi", "2Gi", []),
        ("0", "0", []),  # forbidden, not full
    ],
)
def test_a_quota_is_full_from_its_limit_on(used: str, hard: str, codes: list[str]) -> None:
    assert [f.code for f in found(quota({"requests.memory": used}, {"requests.memory": hard}))] == codes


@pytest.mark.parametrize(
    ("cpu", "memory", "resource"),
    [
        (("1", "1", "2"), ("1Gi", "2Gi", "2Gi"), "memory"),
        (("200m", "100m", "300m"), ("1Gi", "2Gi", "2Gi"), "memory"),  # 0.2 + 0.1 is a little more than 0.3
        (("201m", "100m", "300m"), ("1Gi", "1Gi", "2Gi"), "cpu"),
    ],
)
def test_what_fits_exactly_is_not_short(cpu: tuple[str, ...], memory: tuple[str, ...], resource: str) -> None:
    """Of each: requested, used, limited."""
    requested, used, limited = (f"requests.cpu={c},requests.memory={m}" for c, m in zip(cpu, memory, strict=True))
    text = f'pods "web-0" is forbidden: exceeded quota: team, requested: {requested}, used: {used}, limited: {limited}'
    assert one(seen(workload(), refused(text)), *BOTH).facts["resource"] == f"requests.{resource}"


def test_the_limit_that_is_in_force_counts() -> None:
    """The API server holds to the status; a raised limit is there a moment later."""
    raised = quota({"pods": "10"}, {"pods": "10"})
    raised["spec"]["hard"] = {"pods": "20"}
    assert one(seen(raised), *BOTH).facts["limited"] == "10"


def test_of_two_limit_ranges_that_say_the_same_none_is_named() -> None:
    def range_of(name: str) -> dict[str, Any]:
        limits = [{"type": "Container", "max": {"cpu": "1"}}]
        return {"kind": "LimitRange", "metadata": {"name": name, "namespace": "shop"}, "spec": {"limits": limits}}

    text = 'pods "web-0" is forbidden: maximum cpu usage per Container is 1, but limit is 2'
    alone = one(seen(workload(), refused(text), range_of("small")), *BOTH)
    assert (alone.code, alone.subject.name) == ("K8S-708", "small")
    both = one(seen(workload(), refused(text), range_of("small"), range_of("other")), *BOTH)
    assert (both.code, both.subject.name, both.facts["range"]) == ("K8S-708", "web", "of the namespace")


def test_a_pod_that_has_ended_waits_for_no_claim() -> None:
    use = {"containers": [], "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}
    about = {"name": "db-0", "namespace": "shop"}
    ended = {"kind": "Pod", "metadata": about, "spec": use, "status": {"phase": "Succeeded"}}
    full = quota({"requests.storage": "5Gi"}, {"requests.storage": "5Gi"})
    assert [f.code for f in found(full, ended)] == ["K8S-711"]


def test_a_full_service_quota_explains_a_service_that_is_called_and_missing() -> None:
    env = [{"name": "ORDERS_ADDR", "value": "web:8080"}]
    caller = {
        "kind": "Pod",
        "metadata": {"name": "front", "namespace": "shop"},
        "spec": {"containers": [{"name": "c", "env": env}]},
    }
    deployment = workload("Deployment", replicas=2)
    only = one(seen(quota({"services": "5"}, {"services": "5"}), deployment, caller), *BOTH)
    assert (only.code, only.owner.name, only.facts["caller"]) == ("K8S-709", "web", "pod/front")
    present = {"kind": "Service", "metadata": {"name": "web", "namespace": "shop"}}
    assert [f.code for f in found(quota({"services": "5"}, {"services": "5"}), deployment, caller, present)] == [
        "K8S-711"
    ]


def test_a_full_storage_quota_explains_a_claim_that_is_missing() -> None:
    use = {"containers": [], "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}
    waits = {
        "kind": "Pod",
        "metadata": {"name": "db-0", "namespace": "shop"},
        "spec": use,
        "status": {"phase": "Pending"},
    }
    only = one(seen(quota({"requests.storage": "5Gi"}, {"requests.storage": "5Gi"}), waits), *BOTH)
    assert (only.code, only.facts["claim"], only.owner.name) == ("K8S-710", "data", "db-0")


@given(st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True), st.integers(1, 99), st.integers(0, 99))
def test_quota_sentences_are_read_back(name: str, asked: int, hard: int) -> None:
    text = f"exceeded quota: {name}, requested: pods={asked}, used: pods={hard}, limited: pods={hard}"
    match = EXCEEDED.search(text)
    assert match and match.groups() == (name, f"pods={asked}", f"pods={hard}", f"pods={hard}")
