"""What kubectl said instead of doing what was asked."""
# ruff: noqa: E501 (messages are as long as they are)

from typing import Any

import pytest

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.finding import CausalRole, Finding, Severity
from tests.integrations.kubernetes.network_world import prove
from tests.integrations.kubernetes.situation import evidence, findings


def error(message: str, command: str = "kubectl apply -f x.yaml", line: int = 2) -> dict[str, Any]:
    return {
        "kind": "CommandError",
        "metadata": {"name": f"paste.txt line {line}"},
        "command": command,
        "message": message,
    }


def told(*errors: dict[str, Any]) -> list[Finding]:
    seen = evidence(errors)
    found = [f for f in findings(Cluster(seen)) if f.subject.kind == "Command"]
    for one in found:
        prove(seen, one)
    return found


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        (
            'Error from server (InternalError): Internal error occurred: failed calling webhook "v.ops": failed to call webhook: Post "https://hook.ops.svc:8443/v?timeout=10s": dial tcp 10.0.0.1:8443: connect: connection refused',
            "K8S-740",
            "v.ops (Service ops/hook, port 8443): connection refused",
        ),
        ('Error from server: admission webhook "p.example" denied the request: no latest tag', "K8S-741", "p.example"),
        (
            'error when evicting pods/"web-1" -n "shop" (will retry after 5s): Cannot evict pod as it would violate the pod\'s disruption budget.',
            "K8S-742",
            "PodDisruptionBudget",
        ),
        (
            'Error from server (Forbidden): pods "a" is forbidden: exceeded quota: compute, requested: cpu=1, used: cpu=4, limited: cpu=4',
            "K8S-743",
            "ResourceQuota compute",
        ),
        (
            'Error from server (Forbidden): deployments.apps is forbidden: User "jo" cannot create resource "deployments" in API group "apps"',
            "K8S-744",
            "cannot create",
        ),
        (
            "Unable to connect to the server: x509: certificate has expired or is not yet valid: current time 2026-01-01",
            "K8S-745",
            "expired",
        ),
        ("error: You must be logged in to the server (Unauthorized)", "K8S-745", "Unauthorized"),
        (
            "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
            "K8S-746",
            "8080",
        ),
        (
            'Error from server: Get "https://10.1.1.4:10250/containerLogs/shop/web-1/app": dial tcp 10.1.1.4:10250: i/o timeout',
            "K8S-747",
            "kubelet on 10.1.1.4",
        ),
        (
            'error: resource mapping not found for name: "a": no matches for kind "Ingress" in version "extensions/v1beta1"',
            "K8S-748",
            "Ingress in version extensions/v1beta1",
        ),
        ("Error from server: etcdserver: mvcc: database space exceeded", "K8S-749", "space exceeded"),
        ('error: deployment "web" exceeded its progress deadline', "K8S-739", "progress deadline"),
    ],
)
def test_a_refusal_names_its_reason(message: str, code: str, words: str) -> None:
    (found,) = told(error(message))
    assert found.code == code
    assert found.message.startswith("kubectl apply -f x.yaml: ")
    assert words in found.message


def test_what_may_not_be_read_is_no_fault_of_the_cluster() -> None:
    (found,) = told(error('Error from server (Forbidden): pods is forbidden: User "x" cannot list resource "pods"'))
    assert (found.code, found.role, found.severity) == ("K8S-750", CausalRole.RISK, Severity.INFO)


def test_refusals_of_one_cause_are_said_once() -> None:
    said = "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?"
    assert len(told(error(said), error(said, "kubectl get ns", 4))) == 1
