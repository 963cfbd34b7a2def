from textwrap import dedent
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from midwatch.diagnosis.kubernetes.analyzers.scheduling import ANALYZER
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.pod_requests import readable, total_requests
from midwatch.diagnosis.kubernetes.scheduling import messages
from midwatch.diagnosis.kubernetes.scheduling.filters import tolerates
from midwatch.domain.finding import CausalRole, Confidence
from midwatch.integrations.kubernetes.objects.cluster import Taint
from midwatch.integrations.kubernetes.objects.pod import Container, Pod, PodSpec, ResourceRequirements, Toleration
from tests.integrations.kubernetes.recording import one, recorded, told, unproved
from tests.integrations.kubernetes.situation import cluster, evidence

BORN = "2026-11-21T01:00:00Z"


def node(
    name: str, labels: dict[str, str] | None = None, taints: list[dict[str, str]] | None = None, **spec: Any
) -> dict[str, Any]:
    room = spec.pop("room", {"cpu": "4", "memory": "8Gi", "pods": "110"})
    status = {"allocatable": room, "conditions": [{"type": "Ready", "status": "True"}]}
    about = {"name": name, "labels": {"kubernetes.io/hostname": name} | (labels or {})}
    return {"kind": "Node", "metadata": about, "spec": {"taints": taints or []} | spec, "status": status}


def pod(
    name: str, message: str = "", on: str = "", requests: dict[str, str] | None = None, **spec: Any
) -> dict[str, Any]:
    labels = {"app": spec.pop("app", name)}
    containers = [{"name": "main", "resources": {"requests": requests or {}}, "ports": spec.pop("ports", [])}]
    refused = (
        [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}] if message else []
    )
    placed = [{"type": "PodScheduled", "status": "True"}] if on else refused
    about = {"name": name, "namespace": "shop", "labels": labels, "creationTimestamp": BORN}
    body = {"containers": containers, "nodeName": on} | spec
    return {
        "kind": "Pod",
        "metadata": about,
        "spec": body,
        "status": {"phase": "Running" if on else "Pending", "conditions": placed},
    }


def seen(*objects: dict[str, Any], unknown: tuple[str, ...] = ()) -> Cluster:
    return Cluster(evidence(objects, unknown=unknown))


RECORDED = {
    "gated": "K8S-318",
    "host-port": "K8S-312",
    "needs-peer": "K8S-309",
    "self-anti-affinity": "K8S-308",
    "too-much-cpu": "K8S-305",
    "too-much-memory": "K8S-305",
    "topology-spread": "K8S-311",
    "wrong-affinity": "K8S-302",
    "wrong-selector": "K8S-301",
}


def test_every_pod_a_real_scheduler_refused_gets_its_one_cause() -> None:
    assert told(Cluster(recorded("scheduling")), ANALYZER) == {name: {code} for name, code in RECORDED.items()}


def test_pods_that_wait_for_claims_blame_the_claims() -> None:
    found = list(ANALYZER.find(Cluster(recorded("storage"))))
    assert {(f.code, f.role) for f in found} == {("K8S-317", CausalRole.SYMPTOM)}
    assert {f.peers[0].name for f in found} == {
        "data-db-0",
        "no-class",
        "no-provisioner",
        "too-big",
        "wait-consumer",
        "wants-volume",
    }


@pytest.mark.parametrize("name", ["scheduling", "storage"])
def test_every_quotation_stands_in_the_evidence(name: str) -> None:
    items = recorded(name)
    found = list(ANALYZER.find(Cluster(items)))
    assert found
    assert unproved(found, items) == []
    assert not [f.message for f in found if "<" in f.message]


def test_a_taint_is_named_from_the_nodes_when_the_scheduler_does_not() -> None:
    tainted = [node(n, taints=[{"key": "critical", "value": "true", "effect": "NoSchedule"}]) for n in ("a", "b")]
    found = one(seen(*tainted, pod("web", "0/2 nodes are available: 2 node(s) had untolerated taint(s).")), ANALYZER)
    assert (found.code, found.facts["taint"], found.facts["nodes"]) == ("K8S-303", "critical=true:NoSchedule", "a, b")
    assert found.confidence is Confidence.HIGH


def test_a_pod_bound_to_a_tainted_node_is_kept_away_by_the_taint() -> None:
    """Also where what was saved of the nodes leaves their hostname labels out."""
    taint = {"key": "unwell", "value": "true", "effect": "NoExecute"}
    nodes = [node("w1", taints=[taint]), node("w2"), node("w3")]
    for one_node in nodes:
        del one_node["metadata"]["labels"]["kubernetes.io/hostname"]
    message = (
        "0/3 nodes are available: 1 node(s) had untolerated taint {unwell: true}, 2 node(s) didn't match Pod's "
        "node affinity/selector."
    )
    waiting = pod("web", message, nodeSelector={"kubernetes.io/hostname": "w1"})
    assert one(seen(*nodes, waiting), ANALYZER).code == "K8S-303"


def test_a_taint_is_read_from_the_message_when_nodes_are_unknown() -> None:
    message = "0/4 nodes are available: 1 node(s) were unschedulable, 3 node(s) had untolerated taint {critical: true}."
    found = one(seen(pod("web", message), unknown=("nodes",)), ANALYZER)
    assert (found.code, found.facts["taint"], found.confidence) == ("K8S-303", "critical=true", Confidence.MEDIUM)


def test_a_tolerated_taint_is_no_obstacle() -> None:
    tainted = node("a", taints=[{"key": "dedicated", "value": "db", "effect": "NoSchedule"}])
    tolerant = pod(
        "db",
        "0/1 nodes are available: 1 Insufficient cpu.",
        requests={"cpu": "8"},
        tolerations=[{"key": "dedicated", "operator": "Exists"}],
    )
    assert one(seen(tainted, tolerant), ANALYZER).code == "K8S-305"


def test_a_cordon_is_the_cause_where_the_pod_would_fit() -> None:
    nodes = [node(n, unschedulable=True) for n in ("a", "b")]
    found = one(seen(*nodes, pod("web", "0/2 nodes are available: 2 node(s) were unschedulable.")), ANALYZER)
    assert (found.code, found.facts["nodes"]) == ("K8S-304", "a, b")


def test_a_cordoned_control_plane_does_not_distract_from_the_workers() -> None:
    plane = node("plane", {"node-role.kubernetes.io/control-plane": ""}, unschedulable=True)
    full = [node("a"), pod("hog", on="a", requests={"cpu": "3500m"})]
    message = "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable."
    found = one(seen(plane, *full, pod("web", message, requests={"cpu": "1"})), ANALYZER)
    assert found.code == "K8S-306"
    assert found.message.endswith(
        "insufficient cpu: requests 1 CPU, at most 0.5 CPU free per node (nodes: 1, largest has 4 CPU allocatable)"
    )


def test_finished_pods_hold_no_room() -> None:
    done = pod("old", on="a", requests={"cpu": "4"})
    done["status"]["phase"] = "Succeeded"
    message = "0/1 nodes are available: 1 Insufficient memory."
    found = one(seen(node("a"), done, pod("web", message, requests={"cpu": "1", "memory": "9Gi"})), ANALYZER)
    assert (found.code, found.facts["resource"]) == ("K8S-305", "memory")


def test_no_node_offers_a_gpu() -> None:
    message = "0/1 nodes are available: 1 Insufficient nvidia.com/gpu."
    found = one(seen(node("a"), pod("train", message, requests={"nvidia.com/gpu": "2"})), ANALYZER)
    assert (found.code, found.facts["needs"]) == ("K8S-324", "2 nvidia.com/gpu")
    assert "no node has registered a device" in found.message


def test_a_lost_node_explains_that_the_others_are_full() -> None:
    lost = node("b", taints=[{"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"}])
    message = "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s)."
    found = one(
        seen(node("a"), pod("hog", on="a", requests={"cpu": "4"}), lost, pod("web", message, requests={"cpu": "1"})),
        ANALYZER,
    )
    assert (found.code, found.role, [p.name for p in found.peers]) == ("K8S-316", CausalRole.SYMPTOM, ["b"])


def test_anti_affinity_to_other_pods_names_them() -> None:
    rule = {"labelSelector": {"matchLabels": {"app": "noisy"}}, "topologyKey": "kubernetes.io/hostname"}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [rule]}}
    message = "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules."
    found = one(seen(node("a"), pod("noisy", on="a"), pod("quiet", message, affinity=affinity)), ANALYZER)
    assert (found.code, found.facts["others"]) == ("K8S-307", "pod/noisy")


def test_a_zonal_volume_with_its_nodes_elsewhere() -> None:
    term = {"matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["zone-b"]}]}
    volume = {
        "kind": "PersistentVolume",
        "metadata": {"name": "pv1"},
        "spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [term]}}},
    }
    claim = {
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "shop"},
        "spec": {"volumeName": "pv1"},
    }
    claim["status"] = {"phase": "Bound"}
    message = "0/1 nodes are available: 1 node(s) had volume node affinity conflict."
    user = pod("db", message, volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}])
    found = one(seen(node("a", {"topology.kubernetes.io/zone": "zone-a"}), volume, claim, user), ANALYZER)
    assert (found.code, [p.name for p in found.peers]) == ("K8S-313", ["data", "pv1"])
    assert "zone In zone-b" in found.message


def test_spread_skew() -> None:
    rule = {
        "maxSkew": 1,
        "topologyKey": "zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "web"}},
    }
    nodes = [node("a", {"zone": "1"}), node("b", {"zone": "2"}, room={"cpu": "1", "pods": "110"})]
    placed = pod("web-1", on="a", app="web")
    message = "0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 Insufficient cpu."
    found = one(
        seen(*nodes, placed, pod("web-2", message, app="web", requests={"cpu": "2"}, topologySpreadConstraints=[rule])),
        ANALYZER,
    )
    assert found.code in ("K8S-310", "K8S-305")
    assert found.code == "K8S-310"


@pytest.mark.parametrize(("owner", "code"), [("batch-scheduler", "K8S-321"), ("default-scheduler", "K8S-320")])
def test_a_pod_no_scheduler_speaks_of(owner: str, code: str) -> None:
    assert one(seen(node("a"), pod("web", schedulerName=owner)), ANALYZER).code == code


@pytest.mark.parametrize(("made", "codes"), [("01:59:30", []), ("01:59:01", []), ("01:59:00", ["K8S-320"])])
def test_a_pod_made_a_moment_ago_is_left_alone(made: str, codes: list[str]) -> None:
    young = pod("web")
    young["metadata"]["creationTimestamp"] = f"2026-11-21T{made}Z"
    assert [f.code for f in ANALYZER.find(seen(node("a"), young))] == codes


def test_placed_pods_give_no_finding() -> None:
    assert not list(ANALYZER.find(seen(node("a"), pod("web", on="a"))))


def test_a_gate_without_a_name_is_still_a_gate() -> None:
    text = """
        kind: Pod
        metadata: {name: web, namespace: shop}
        status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: SchedulingGated}]}
    """
    assert one(cluster(dedent(text)), ANALYZER).code == "K8S-318"


def test_an_unknown_sentence_is_a_symptom_with_its_quotation() -> None:
    found = one(seen(node("a"), pod("web", "running plugin Custom: no seat left")), ANALYZER)
    assert (found.code, found.role) == ("K8S-319", CausalRole.SYMPTOM)
    assert "no seat left" in found.message


@pytest.mark.parametrize(
    ("toleration", "fits"),
    [
        ("{operator: Exists}", True),
        ("{key: dedicated, value: db, effect: NoSchedule}", True),
        ("{key: dedicated, value: web}", False),
        ("{key: dedicated, operator: Exists, effect: NoExecute}", False),
        ("{key: other, operator: Exists}", False),
    ],
)
def test_tolerations(toleration: str, fits: bool) -> None:
    assert (
        tolerates(Toleration(**yaml.safe_load(toleration)), Taint(key="dedicated", value="db", effect="NoSchedule"))
        is fits
    )


def test_init_containers_count_by_the_largest_and_sidecars_beside_all() -> None:
    def container(cpu: str, restart: str = "") -> Container:
        return Container(resources=ResourceRequirements(requests={"cpu": cpu}), restart_policy=restart)

    body = PodSpec(
        containers=[container("1"), container("500m")], init_containers=[container("250m", "Always"), container("2")]
    )
    assert total_requests(Pod(spec=body)) == {"cpu": pytest.approx(2.25)}


def test_nodes_that_hold_as_many_pods_as_they_may() -> None:
    full = [node("a", room={"cpu": "4", "memory": "8Gi", "pods": "1"}), pod("old", on="a")]
    only = one(seen(*full, pod("web", "0/1 nodes are available: 1 Too many pods.")), ANALYZER)
    assert (only.code, only.facts["limit"], only.facts["nodes"]) == ("K8S-314", "1", "a")


def test_a_node_that_can_attach_no_more_volumes() -> None:
    use = [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]
    claim = {
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "shop"},
        "status": {"phase": "Bound"},
    }
    waits = pod("db", "0/1 nodes are available: 1 node(s) exceed max volume count.", volumes=use)
    only = one(seen(node("a"), claim, waits), ANALYZER)
    assert (only.code, only.facts["volumes"]) == ("K8S-315", "data")


@pytest.mark.parametrize("message", ["no nodes available to schedule pods", "0/0 nodes are available: ."])
def test_a_cluster_without_nodes(message: str) -> None:
    only = one(seen(pod("web", message)), ANALYZER)
    assert (only.code, only.confidence) == ("K8S-322", Confidence.HIGH)


def test_a_preempted_pod_is_told_even_when_it_is_gone() -> None:
    about = {"kind": "Pod", "name": "batch-1", "namespace": "shop"}
    told_of_it = {
        "kind": "Event",
        "metadata": {"name": "batch-1.x", "namespace": "shop"},
        "involvedObject": about,
        "reason": "Preempted",
        "message": "Preempted by shop/web on node a",
        "lastTimestamp": "2026-11-21T01:50:00Z",
    }
    only = one(seen(node("a"), told_of_it), ANALYZER)
    assert (only.code, only.role, only.subject.name) == ("K8S-323", CausalRole.RISK, "batch-1")
    old = told_of_it | {"lastTimestamp": "2026-11-20T01:50:00Z"}
    news = told_of_it | {"metadata": {"name": "x", "namespace": "shop"}, "reason": "Pulled"}
    assert not list(ANALYZER.find(seen(node("a"), old, news)))


def test_amounts_as_people_write_them() -> None:
    assert readable("requests.memory", 1.5 * 1024**3) == "1.5Gi memory"
    assert readable("cpu", 0.25) == "0.25 CPU"


@given(st.dictionaries(st.sampled_from(["cpu", "memory", "nvidia.com/gpu"]), st.integers(1, 5000), min_size=1))
def test_shortages_are_read_back_as_they_were_written(short: dict[str, int]) -> None:
    message = (
        "0/9 nodes are available: "
        + ", ".join(f"{n} Insufficient {r}" for r, n in short.items())
        + ". preemption: 0/9 7 Too many pods."
    )
    assert messages.counts(message) == {f"fit:{r}": n for r, n in short.items()}


@given(st.text())
def test_any_text_can_be_taken_apart(text: str) -> None:
    assert all(n > 0 for n in messages.counts(text).values())
    assert messages.taints(text) == sorted(messages.taints(text))
