"""The opening requests of a Kubernetes diagnosis."""

import pytest

from midwatch.diagnosis.kubernetes.analyzers import analyzers
from midwatch.diagnosis.kubernetes.analyzers.opening_requests import ON_DEMAND, opening
from midwatch.diagnosis.kubernetes.cluster import PLURAL
from midwatch.domain.evidence import ToolRequest
from midwatch.domain.intent import Intent
from midwatch.domain.question import Question
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.network import Endpoints
from midwatch.integrations.kubernetes.objects.saved_objects import SAVED

_NAMES = """
    pods! events nodes namespaces deployments! replicasets statefulsets! daemonsets services! endpointslices jobs
    cronjobs horizontalpodautoscalers persistentvolumeclaims persistentvolumes storageclasses configmaps
    serviceaccounts resourcequotas limitranges ingresses ingressclasses networkpolicies poddisruptionbudgets
    validatingwebhookconfigurations mutatingwebhookconfigurations httproutes gateways applications podmetrics
    nodemetrics
"""
_EVERYWHERE = _NAMES.split()
_OF_THE_CLUSTER = {
    *("nodes", "namespaces", "persistentvolumes", "storageclasses", "ingressclasses", "nodemetrics"),
    *("validatingwebhookconfigurations", "mutatingwebhookconfigurations"),
}


def name(ask: ToolRequest) -> str:
    short = {"kubernetes_events": "events", "kubernetes_metrics": "metrics", "kubernetes_custom_resources": "custom"}
    return f"{ask.arguments.get('resource') or short[ask.tool]}{'!' if ask.essential else ''}"


def served(question: Question) -> list[ToolRequest]:
    """Without what no API serves and a person saves."""
    return [a for a in opening(question) if a.tool != "kubernetes_saved"]


def test_of_all_namespaces() -> None:
    asks = served(Question())
    assert [name(a) for a in asks] == [*_EVERYWHERE, "custom", "metrics"]
    assert [a.arguments for a in asks if "events" in name(a)] == [{"which": "telling"}]
    assert [a.arguments for a in asks if a.arguments.get("names_only")] == [
        {"resource": "configmaps", "names_only": True}
    ]
    assert not any("namespace" in a.arguments for a in asks)


def test_of_one_namespace() -> None:
    asks = served(Question(namespace="shop"))
    place = _EVERYWHERE.index("endpointslices") + 1
    assert [name(a) for a in asks] == [*_EVERYWHERE[:place], "endpoints", *_EVERYWHERE[place:], "custom", "metrics"]
    assert {name(a) for a in asks if "namespace" not in a.arguments} >= _OF_THE_CLUSTER
    assert all(a.arguments["namespace"] == "shop" for a in asks if name(a) not in _OF_THE_CLUSTER and "!" in name(a))
    assert [a.arguments for a in asks if "events" in name(a)] == [{"namespace": "shop"}]
    assert not any(a.arguments.get("names_only") for a in asks)


@pytest.mark.parametrize(("text", "essential"), [("why is checkout slow?", True), ("what is wrong?", False)])
def test_slowness_is_not_answered_without_measurements(text: str, essential: bool) -> None:
    (metrics,) = [a for a in opening(Question(text)) if a.tool == "kubernetes_metrics"]
    assert metrics.essential is essential


def test_another_topic_asks_for_nothing_of_the_cluster() -> None:
    assert opening(Question(intent=Intent(topic="website"))) == ()


def test_every_kind_that_an_analyzer_reads_is_asked_for() -> None:
    """By the opening requests or, when something points at one, by an analyzer."""
    asks = opening(Question(namespace="shop"))
    asked = {str(a.arguments.get("resource") or a.arguments.get("what")) for a in asks} | {
        PLURAL[Event.__name__],
        "custom_resources",
    }
    asked -= {"unread_parts"}  # of which a gap is made, and no finding
    read = {k for a in analyzers() for k in a.reads if issubclass(k, Object)}
    assert {PLURAL[k.__name__] for k in read - ON_DEMAND} == asked - {"None"}
    assert Endpoints in read


def test_what_people_save_is_asked_for_by_its_format() -> None:
    asks = [a for a in opening(Question(namespace="shop")) if a.tool == "kubernetes_saved"]
    assert [str(a.arguments["what"]) for a in asks] == [*SAVED]
    assert {str(a.arguments["what"]) for a in asks if "namespace" in a.arguments} == {
        *("secret_addresses", "container_logs", "unapplied_manifests")
    }
