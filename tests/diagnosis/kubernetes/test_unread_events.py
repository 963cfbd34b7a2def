"""Warning events of objects of which nothing else was read."""

from typing import Any

import pytest

from midwatch.analysis.commands import command
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import CODES
from midwatch.domain.finding import Finding
from tests.integrations.kubernetes.network_world import prove, thing
from tests.integrations.kubernetes.situation import evidence, findings

UNKNOWN = ("pods", "nodes", "persistentvolumeclaims", "jobs", "services", "horizontalpodautoscalers", "cronjobs")


def event(
    reason: str, message: str, about: str = "Pod/web-1", minute: int = 30, kind: str = "Warning"
) -> dict[str, Any]:
    of, _, name = about.partition("/")
    when = f"2026-11-21T01:{minute}:00Z"
    return {
        "kind": "Event",
        "metadata": {"name": f"{name}.{reason}.{minute}", "namespace": "shop"},
        "involvedObject": {"kind": of, "name": name, "namespace": "" if of == "Node" else "shop"},
        "type": kind,
        "reason": reason,
        "message": message,
        "firstTimestamp": when,
        "lastTimestamp": when,
    }


def told(*events: dict[str, Any], unknown: tuple[str, ...] = UNKNOWN) -> list[Finding]:
    seen = evidence(events, unknown=unknown)
    found = [
        f
        for f in findings(Cluster(seen))
        if f.code[:7] in ("K8S-770", "K8S-771", "K8S-772", "K8S-773", "K8S-774", "K8S-775")
    ]
    for one in found:
        prove(seen, one)
    return found


@pytest.mark.parametrize(
    ("reason", "message", "about", "code"),
    [
        ("FailedMount", 'MountVolume.SetUp failed for volume "c" : configmap "cfg" not found', "Pod/web-1", "K8S-770"),
        ("Failed", 'Error: secret "tls" not found', "Pod/web-1", "K8S-770"),
        ("Failed", "Error: couldn't find key url in ConfigMap shop/settings", "Pod/web-1", "K8S-770"),
        ("FailedScheduling", "0/3 nodes are available: 3 Insufficient memory.", "Pod/web-1", "K8S-771"),
        ("Failed", 'Failed to pull image "a:1": manifest unknown', "Pod/web-1", "K8S-772"),
        ("FailedMount", "Unable to attach or mount volumes: timed out", "Pod/web-1", "K8S-773"),
        ("FailedAttachVolume", "AttachVolume.Attach failed", "Pod/web-1", "K8S-773"),
        ("FailedCreatePodSandBox", "failed to set up sandbox", "Pod/web-1", "K8S-773"),
        ("BackOff", "Back-off restarting failed container", "Pod/web-1", "K8S-774"),
        ("Unhealthy", "Readiness probe failed: 503", "Pod/web-1", "K8S-774"),
        ("Evicted", "The node was low on resource: memory.", "Pod/web-1", "K8S-773"),
        ("NodeNotReady", "Node is not ready", "Node/w-1", "K8S-773"),
        ("SystemOOM", "System OOM encountered, victim process: java", "Node/w-1", "K8S-773"),
        ("EvictionThresholdMet", "Attempting to reclaim memory", "Node/w-1", "K8S-773"),
        ("ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found', "PersistentVolumeClaim/d", "K8S-770"),
        ("FailedBinding", "no persistent volumes available for this claim", "PersistentVolumeClaim/d", "K8S-773"),
        ("FailedGetResourceMetric", "unable to get metrics", "HorizontalPodAutoscaler/h", "K8S-773"),
        ("BackoffLimitExceeded", "Job has reached the specified backoff limit", "Job/j", "K8S-773"),
        ("DeadlineExceeded", "Job was active longer than specified deadline", "Job/j", "K8S-773"),
        ("SyncLoadBalancerFailed", "Error syncing load balancer", "Service/s", "K8S-773"),
        ("FailedNeedsStart", "Cannot determine if job needs to be started", "CronJob/c", "K8S-773"),
    ],
)
def test_each_warning_gives_an_answer(reason: str, message: str, about: str, code: str) -> None:
    (found,) = told(event(reason, message, about))
    assert (found.code, str(found.subject.kind)) == (code, about.partition("/")[0])
    assert message[:40] in found.message


def test_a_cause_silences_what_comes_of_it() -> None:
    events = [
        event("BackOff", "Back-off pulling image", minute=31),
        event("Failed", 'Failed to pull image "a:1": not found', minute=30),
    ]
    assert [f.code for f in told(*events)] == ["K8S-772"]


@pytest.mark.parametrize(
    ("warning", "end"), [("FailedScheduling", "Scheduled"), ("FailedMount", "Started"), ("NodeNotReady", "NodeReady")]
)
def test_what_is_over_is_no_fault(warning: str, end: str) -> None:
    about = "Node/w-1" if end == "NodeReady" else "Pod/web-1"
    over = event(end, "well again", about, minute=40, kind="Normal")
    assert told(event(warning, "not yet", about), over) == []
    assert len(told(event(warning, "not yet", about, minute=50), over)) == 1


def test_an_object_that_is_gone_has_no_fault() -> None:
    assert told(event("FailedMount", "not yet"), unknown=()) == []


def test_an_object_without_a_name() -> None:
    (found,) = told(event("FailedMount", "timed out waiting", "Object/not-named"))
    assert found.message.startswith("an object that the text does not name: ")


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("143", "SIGTERM"),
        ("137", "SIGKILL"),
        ("127", "does not exist in the image"),
        ("9", "ended by itself with an error"),
    ],
)
def test_the_end_of_a_container_without_its_pod(code: str, why: str) -> None:
    said = f"Last State: Terminated, Reason: Error, Exit Code: {code}"
    (found,) = told(event("ContainerEnded", said, "Object/not-named"))
    assert (found.code, found.facts["name"]) == ("K8S-775", "NAME")
    assert why in found.facts["why"]


def test_a_kill_for_memory_is_no_question_of_the_exit_code() -> None:
    said = "Last State: Terminated, Reason: OOMKilled, Exit Code: 137"
    (found,) = told(event("ContainerEnded", said, "Object/not-named"))
    assert "memory limit" in found.facts["why"]


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ('Failed to pull image "a:1": rpc error', "x509: certificate has expired"),
        ("Failed to create pod sandbox", "failed to assign an IP address"),
        ("MountVolume.SetUp failed", "bad option; you need a helper program"),
    ],
)
def test_the_last_clause_of_a_long_message_is_shown(head: str, said: str) -> None:
    (found,) = told(event("Failed", f"{head}: {'x ' * 300}: {said}"))
    assert found.message.endswith(said)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ('Failed to pull image "a:1": Head "https://r/v2/": x509: certificate signed by unknown authority', "K8S-116"),
        ('Failed to pull image "a:1": no match for platform in manifest: not found', "K8S-118"),
        ('Failed to pull image "a:1": dial tcp: lookup r.lan: no such host', "K8S-114"),
    ],
)
def test_why_a_pull_failed_is_told_by_the_end_of_its_message(message: str, why: str) -> None:
    (found,) = told(event("Failed", message))
    assert (found.code, found.facts["why"]) == ("K8S-772", CODES[why].meaning)


@pytest.mark.parametrize("about", ["Object/not-named", "Pod/web-1"])
def test_no_command_holds_an_invented_name(about: str) -> None:
    raw = event("FailedMount", "timed out waiting", about)
    raw["involvedObject"].pop("namespace")
    (found,) = told(raw)
    check = [line for template in CODES[found.code].check if (line := command(template, found.facts))]
    assert check == [
        "kubectl get events -A --field-selector reason=FailedMount"
        if about.startswith("Object")
        else "kubectl get events -n NAMESPACE --field-selector involvedObject.name=web-1"
    ]


@pytest.mark.parametrize("image", ["a:1", "reg.lan/shop/api:2", "ghcr.io/x/y@sha256:1"])
def test_of_a_pod_whose_description_was_cut_off_the_event_still_counts(image: str) -> None:
    pod = thing("Pod", "web-1", status={"phase": "Pending"}) | {"spec": {"containers": []}}
    said = f'Failed to pull image "{image}": no match for platform in manifest'
    (found,) = told(event("Failed", said), pod, unknown=("nodes",))
    assert (found.code, found.subject.name) == ("K8S-772", "web-1")


def test_events_of_nodes_are_kept_in_the_namespace_default() -> None:
    (found,) = told(event("SystemOOM", "System OOM encountered", "Node/w-1"))
    check = [line for template in CODES[found.code].check if (line := command(template, found.facts))]
    assert check == ["kubectl get events -n default --field-selector involvedObject.name=w-1"]
