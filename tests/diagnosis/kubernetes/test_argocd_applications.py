"""Applications of Argo CD, as objects and as `argocd app get` prints them."""

import pytest

from midwatch.diagnosis.kubernetes.analyzers import argocd_applications
from midwatch.integrations.kubernetes import text
from tests.integrations.kubernetes.situation import cluster

FAILED = """
kind: Application
metadata: {name: shop, namespace: argocd}
status:
  sync: {status: OutOfSync}
  health: {status: Missing}
  operationState: {phase: Failed, message: 'one or more objects failed to apply, reason: namespaces "shops" not found'}
"""
PRINTED = """$ argocd app get argocd/shop
Name:               argocd/shop
Project:            default
Server:             https://kubernetes.default.svc
Sync Status:        OutOfSync from HEAD (0a1b2c3)
Health Status:      Missing

CONDITION        MESSAGE                                          LAST TRANSITION
ComparisonError  rpc error: the repository shop.git is not there  2026-11-21 01:00:00 +0100 CET

Operation:          Sync
Phase:              Failed
Finished:           2026-11-21 02:00:09 +0100 CET
Message:            one or more objects failed to apply, reason: namespaces "shops" not found

GROUP  KIND     NAMESPACE  NAME  STATUS     HEALTH   HOOK  MESSAGE
       Service  shops      till  OutOfSync  Missing        namespaces "shops" not found
"""


def test_a_failed_sync_is_the_cause_in_the_words_of_the_server() -> None:
    (found,) = argocd_applications.find(cluster(FAILED))
    assert found.code == "K8S-681"
    assert 'namespaces "shops" not found' in found.message


@pytest.mark.parametrize(
    ("status", "codes"),
    [
        ("sync: {status: Unknown}\n  conditions: [{type: ComparisonError, message: no repository}]", ["K8S-682"]),
        ("health: {status: Degraded, message: one pod is down}", ["K8S-683"]),
        ("health: {status: Progressing}", []),
        (
            "sync: {status: Synced}\n  health: {status: Healthy}\n  operationState: {phase: Succeeded, message: done}",
            [],
        ),
    ],
)
def test_states_of_an_application(status: str, codes: list[str]) -> None:
    seen = cluster(f"kind: Application\nmetadata: {{name: shop, namespace: argocd}}\nstatus:\n  {status}")
    assert [f.code for f in argocd_applications.find(seen)] == codes


def test_what_argocd_prints_is_the_object() -> None:
    parsed = text.read(PRINTED, name="argo.txt", now=None)
    assert parsed is not None
    (app,) = [o for o in parsed.objects if o["kind"] == "Application"]
    assert app["metadata"] == {"name": "shop", "namespace": "argocd"}
    assert app["status"]["operationState"] == {
        "phase": "Failed",
        "message": 'one or more objects failed to apply, reason: namespaces "shops" not found',
        "finishedAt": "2026-11-21T01:00:09Z",
    }
    assert app["status"]["conditions"][0]["message"] == "rpc error: the repository shop.git is not there"


def test_a_described_pod_is_no_application() -> None:
    parsed = text.read(
        "Name:         web-1\nNamespace:    shop\nPriority:     0\nNode:         n1\n", name="p.txt", now=None
    )
    assert parsed is not None
    assert [o["kind"] for o in parsed.objects] == ["Pod"]
