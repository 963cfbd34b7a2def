"""Faults of the platform below a workload: device plug-ins, Windows nodes, targets that cannot be scaled."""

import pytest

from midwatch.diagnosis.kubernetes.analyzers import autoscalers, evictions, images, scheduling, startup
from tests.integrations.kubernetes.situation import cluster

NODE = """
kind: Node
metadata: {name: n1, labels: {kubernetes.io/os: OS}}
status:
  conditions: [{type: Ready, status: 'True'}]
  nodeInfo: {operatingSystem: OS, architecture: amd64}
  capacity: {cpu: '8', memory: 32Gi, pods: '110'CAPACITY}
  allocatable: {cpu: '8', memory: 32Gi, pods: '110'ALLOCATABLE}
"""
GPU_POD = """---
kind: Pod
metadata: {name: train, namespace: ml, creationTimestamp: '2026-11-20T10:00:00Z'}
spec:
  containers:
  - {name: app, image: a:1, resources: {limits: {nvidia.com/gpu: '1'}, requests: {nvidia.com/gpu: '1'}}}
status:
  phase: Pending
  conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable,
                message: '0/1 nodes are available: 1 Insufficient nvidia.com/gpu.'}]
"""
PLUGIN = """---
kind: DaemonSet
metadata: {name: nvidia-device-plugin-daemonset, namespace: gpu-operator}
status: {desiredNumberScheduled: 1, numberReady: 0}
"""


def node(os: str = "linux", capacity: str = "", allocatable: str = "") -> str:
    return NODE.replace("OS", os).replace("CAPACITY", capacity).replace("ALLOCATABLE", allocatable)


@pytest.mark.parametrize(
    ("world", "code", "words"),
    [
        (node() + GPU_POD, "K8S-324", "no node has registered a device; no device plug-in DaemonSet found"),
        (node() + GPU_POD + PLUGIN, "K8S-324", "gpu-operator/daemonset/nvidia-device-plugin-daemonset: 0/1 ready"),
        (
            node(capacity=", nvidia.com/gpu: '2'", allocatable=", nvidia.com/gpu: '0'") + GPU_POD,
            "K8S-324",
            "devices of n1 are unhealthy",
        ),
        (node(allocatable=", nvidia.com/gpu: '1'") + GPU_POD.replace("'1'", "'2'"), "K8S-305", "largest node has 1"),
    ],
)
def test_gpus_that_no_node_offers_lead_to_the_device_plugin(world: str, code: str, words: str) -> None:
    (found,) = scheduling.find(cluster(world))
    assert found.code == code
    assert words in found.message


def test_where_nodes_were_not_read_nothing_is_said_of_them() -> None:
    (found,) = scheduling.find(cluster(GPU_POD, unknown=["nodes"]))
    assert found.code == "K8S-306"


WINDOWS_POD = """---
kind: Pod
metadata: {name: web, namespace: shop}
spec: {nodeName: n1, containers: [{name: app, image: 'reg.example/web:1'}]}
status:
  phase: PHASE
  reason: REASON
  containerStatuses: [{name: app, ready: false, restartCount: 0, state: {waiting: {reason: WAITING, message: 'SAID'}}}]
"""


def windows(waiting: str, said: str) -> str:
    return (
        WINDOWS_POD.replace("WAITING", waiting)
        .replace("SAID", said)
        .replace("PHASE", "Pending")
        .replace("REASON", "''")
    )


def test_an_image_for_another_system_names_the_system_of_the_node() -> None:
    said = "no matching manifest for windows/amd64 10.0.20348 in the manifest list entries"
    (found,) = images.find(cluster(node("windows") + windows("ErrImagePull", said)))
    assert found.code == "K8S-118"
    assert "platform of its node n1 (windows/amd64): no matching manifest" in found.message


def test_a_windows_image_of_another_build() -> None:
    said = "hcs: CreateComputeSystem app: The container operating system does not match the host operating system."
    (found,) = startup.find(cluster(node("windows") + windows("RunContainerError", said)))
    assert found.code == "K8S-166"
    assert "operating system of node n1" in found.message


def test_a_sandbox_of_another_build() -> None:
    event = """---
kind: Event
metadata: {name: e, namespace: shop}
involvedObject: {kind: Pod, name: web, namespace: shop}
type: Warning
reason: FailedCreatePodSandBox
message: 'failed to create sandbox: The container operating system does not match the host operating system.'
"""
    seen = cluster(node("windows") + windows("ContainerCreating", "") + event)
    assert [f.code for f in startup.find(seen)] == ["K8S-166"]


@pytest.mark.parametrize("reason", ["PodOSNotSupported", "PodOSSelectorNodeLabelDoesNotMatch"])
def test_a_pod_for_another_system_is_rejected_by_the_kubelet(reason: str) -> None:
    text = WINDOWS_POD.replace("PHASE", "Failed").replace("REASON", reason).replace("WAITING", "''").replace("SAID", "")
    (found,) = evictions.find(cluster(node() + text))
    assert (found.code, found.facts["reason"]) == ("K8S-242", reason)


HPA = """
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {maxReplicas: 5, scaleTargetRef: {kind: KIND, name: web, apiVersion: apps/v1}}
status: {conditions: [CONDITION]}
"""
FAILED = "{type: AbleToScale, status: 'False', reason: FailedGetScale, message: 'unable to get the scale: SAID'}"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("DaemonSet", ""),
        ("DaemonSet", "the server could not find the requested resource"),
        ("Deploymentt", 'no matches for kind "Deploymentt" in group "apps"'),
    ],
)
def test_a_target_without_a_scale_is_named(kind: str, said: str) -> None:
    condition = FAILED.replace("SAID", said) if said else ""
    (found,) = autoscalers.find(cluster(HPA.replace("KIND", kind).replace("CONDITION", condition)))
    assert found.code == "K8S-648"
    assert f"has no scale subresource (kind {kind})" in found.message
    assert said in found.message


def test_another_refusal_is_no_missing_scale() -> None:
    condition = FAILED.replace("SAID", "connection refused")
    world = HPA.replace("KIND", "Rollout").replace("CONDITION", condition)
    assert [f.code for f in autoscalers.find(cluster(world))] == ["K8S-645"]
