"""What may be said follows from the evidence of the very object: not from a name, a column that is missing, or another
object's fault."""

from datetime import UTC, datetime

import pytest

from midwatch.analysis.causality import chains
from midwatch.analysis.commands import command
from midwatch.diagnosis.kubernetes.analyse import analyse
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import CODES
from midwatch.domain.finding import CausalRole, Confidence, Finding
from midwatch.domain.question import Question
from midwatch.integrations.kubernetes import text
from tests.integrations.kubernetes.situation import cluster, codes, evidence, findings

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
HEAD = "NAME  READY  STATUS  RESTARTS  AGE\n"


def rows(*lines: str) -> list[Finding]:
    """The findings of a table of pods, and nothing else."""
    parsed = text.read(f"$ kubectl get pods -n shop\n{HEAD}" + "\n".join(lines), name="saved.txt", now=NOW)
    assert parsed is not None
    every = Cluster(evidence(parsed.objects, unknown=("events", "secrets", "nodes")))
    return findings(every)


def fixes(found: Finding) -> list[str]:
    return [said for fix in CODES[found.code].fix if (said := command(fix, found.facts))]


def checks(found: Finding) -> list[str]:
    return [said for check in CODES[found.code].check if (said := command(check, found.facts))]


def only(found: list[Finding], code: str) -> Finding:
    (one,) = [f for f in found if f.code == code]
    return one


# -- tables


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("api-7c9fd5b7d9-4xw2k  0/1  OOMKilled  4  8m", "OOMKilled (4 restarts); memory limit not known"),
        ("api-7c9fd5b7d9-4xw2k  0/1  ImagePullBackOff  0  8m", "ImagePullBackOff: cannot pull image"),
        ("api-7c9fd5b7d9-4xw2k  0/1  InvalidImageName  0  8m", "invalid image name"),
        ("api-7c9fd5b7d9-4xw2k  0/1  CrashLoopBackOff  6  8m", "CrashLoopBackOff (6 restarts)"),
        ("api-7c9fd5b7d9-4xw2k  0/1  ErrImageNeverPull  0  8m", "image not present and imagePullPolicy is Never"),
        ("api-7c9fd5b7d9-4xw2k  0/1  NodeAffinity  0  8m", "pod api-7c9fd5b7d9-4xw2k rejected: NodeAffinity"),
        ("api-7c9fd5b7d9-4xw2k  0/1  ContainerStatusUnknown  1  8m",
         "ContainerStatusUnknown: its node did not report the termination"),
        ("api-7c9fd5b7d9-4xw2k  0/1  Error  2  8m", "container fails (2 restarts)"),
    ],
)  # fmt: skip
def test_a_row_claims_nothing_that_it_does_not_show(row: str, message: str) -> None:
    found = rows(row)
    assert f"shop/deployment/api: {message}" in [f.message for f in found]
    assert not [f for f in found if "scheduler event" in f.message]
    assert not [line for f in found for line in fixes(f) if "replicaset" in line]


def test_a_limit_that_is_known_to_be_missing_is_still_said() -> None:
    spec = 'spec: {nodeName: n1, containers: [{name: a, image: "r.example/a:1"}]}'
    killed = "lastState: {terminated: {reason: OOMKilled, exitCode: 137}}"
    state = "state: {waiting: {reason: CrashLoopBackOff}}"
    status = f"status: {{phase: Running, containerStatuses: [{{name: a, restartCount: 3, {state}, {killed}}}]}}"
    pod = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: web-1, namespace: shop}}\n{spec}\n{status}"
    assert only(findings(cluster(pod)), "K8S-202").message.endswith(
        "OOMKilled without a memory limit: node n1 out of memory (3 restarts, CrashLoopBackOff)"
    )


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("api-7c9fd5b7d9-4xw2k", "shop/deployment/api"),
        ("cart-v2-5dbc89ff58-hhhhh", "shop/deployment/cart-v2"),
        ("db-0", "shop/pod/db-0"),
        ("web-frontend", "shop/pod/web-frontend"),
        ("report-5dbc89ff58-x1a0e", "shop/pod/report-5dbc89ff58-x1a0e"),
    ],
)
def test_the_deployment_behind_a_generated_name(name: str, owner: str) -> None:
    found = only(rows(f"{name}  0/1  CrashLoopBackOff  6  8m"), "K8S-203")
    assert found.message.startswith(f"{owner}: ")


def test_a_replica_set_of_its_own_stays_one() -> None:
    """A live object has a uid, and its list shows who owns it."""
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: api-7c9fd5b7d9-4xw2k, namespace: shop, uid: u1}\n"
    crash = "state: {waiting: {reason: CrashLoopBackOff}}, restartCount: 3"
    pod += f"status: {{phase: Running, containerStatuses: [{{name: a, {crash}}}]}}"
    assert only(findings(cluster(pod)), "K8S-203").owner.kind == "Pod"


def test_an_unknown_limit_is_looked_up_before_it_is_raised() -> None:
    found = only(rows("db-0  0/1  OOMKilled  4  8m"), "K8S-215")
    assert checks(found)[0] == "kubectl describe pod db-0 -n shop"
    assert fixes(found) == ["kubectl replace --force -f MANIFEST -n shop  # corrected manifest of pod/db-0"]


# -- sandboxes

SANDBOX = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: ops, uid: u1}}
spec: {{nodeName: n1, containers: [{{name: a, image: "r.example/a:1"}}]}}
status:
  phase: Pending
  containerStatuses: [{{name: a, restartCount: 0, state: {{waiting: {{reason: ContainerCreating}}}}}}]
---
apiVersion: v1
kind: Event
metadata: {{name: e1, namespace: ops}}
involvedObject: {{kind: Pod, name: {name}, namespace: ops}}
reason: FailedCreatePodSandBox
type: Warning
lastTimestamp: "2026-11-21T01:59:00Z"
message: '{message}'
"""
_START = "Failed to create pod sandbox: rpc error: code = Unknown desc = "
_HOST = _START + 'failed to start sandbox container for pod "{name}": Error response from daemon: '
_PAUSE = _START + 'failed to get sandbox image "r.example/pause:3.9": failed to pull image "r.example/pause:3.9": '
_CNI = _START + 'failed to setup network for sandbox "ab12": plugin type="bridge" failed (add): '


@pytest.mark.parametrize(
    ("name", "message", "code", "part"),
    [
        ("kube-flannel-ds-9tffg", _HOST + "The container operating system does not match the host operating system.",
         "K8S-166", "does not match the host"),
        ("calico-node-2x", _HOST + "The container operating system does not match the host operating system.",
         "K8S-166", "of node n1"),
        ("agent-1", _PAUSE + 'failed to do request: Head "https://r.example/v2/": dial tcp 10.1.1.1:443: i/o timeout',
         "K8S-167", "r.example/pause:3.9 cannot be pulled on node n1: i/o timeout"),
        ("cilium-x", _PAUSE + "unexpected status: 503 Service Unavailable", "K8S-167", "503 Service Unavailable"),
        ("agent-1", _CNI + "failed to load netconf", "K8S-160", "failed to load netconf"),
        ("agent-1", _START + "NetworkPlugin cni failed to set up pod", "K8S-160", "cni failed"),
        ("agent-1", _CNI + "no IP addresses available in range set", "K8S-161", "no IP addresses available"),
        ("cni-installer", _START + 'failed to reserve sandbox name "cni-installer_ops": name is reserved',
         "K8S-162", "name is reserved"),
        ("agent-1", _START + "failed to create containerd task: " + "x" * 300 + ": read-only file system",
         "K8S-162", "read-only file system"),
    ],
)  # fmt: skip
def test_a_sandbox_error_is_told_by_its_own_words(name: str, message: str, code: str, part: str) -> None:
    told = message.replace("{name}", name)
    found = only(findings(cluster(SANDBOX.format(name=name, message=told))), code)
    assert part in found.message
    assert [c for c in codes(cluster(SANDBOX.format(name=name, message=told))) if c.startswith("K8S-16")] == [code]


# -- nodes


def node(conditions: str, extra: str = "") -> str:
    return f"apiVersion: v1\nkind: Node\nmetadata: {{name: n1}}\nstatus: {{conditions: [{conditions}]}}\n{extra}"


def test_a_node_without_a_reason_is_not_said_to_report_one() -> None:
    found = only(findings(cluster(node('{type: Ready, status: "False"}'), unknown=("pods",))), "K8S-819")
    assert found.message == "node/n1: NotReady; condition and reason not known"
    assert found.confidence is Confidence.MEDIUM
    assert fixes(found) == []


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        ('{type: Ready, status: "False", reason: KubeletNotReady, message: odd}', "K8S-804"),
        ('{type: Ready, status: Unknown, reason: NodeStatusUnknown, message: Kubelet stopped posting.}', "K8S-801"),
    ],
)  # fmt: skip
def test_no_node_is_drained_for_a_reason_that_nobody_knows(conditions: str, code: str) -> None:
    found = only(findings(cluster(node(conditions))), code)
    assert not [line for line in fixes(found) if "drain" in line]


REBOOTED = """---
apiVersion: v1
kind: Event
metadata: {name: n1.1, namespace: default}
involvedObject: {kind: Node, name: n1}
reason: Rebooted
type: Warning
message: Node n1 has been rebooted
lastTimestamp: "2026-11-21T01:30:00Z"
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop}
spec: {nodeName: n1, containers: [{name: a}]}
status: {phase: Running, conditions: [{type: Ready, status: "READY"}], containerStatuses: [{name: a, ready: true}]}
"""


@pytest.mark.parametrize(("ready", "role"), [("True", CausalRole.RISK), ("False", CausalRole.CAUSE)])
def test_a_reboot_that_is_over_is_a_note(ready: str, role: CausalRole) -> None:
    seen = cluster(node('{type: Ready, status: "True"}', REBOOTED.replace("READY", ready)))
    assert only(findings(seen), "K8S-812").role is role


CRASHED = """---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop}
spec: {nodeName: n1, containers: [{name: a, image: "r.example/a:1"}]}
status:
  phase: Pending
  startTime: "START"
  containerStatuses: [{name: a, restartCount: 0, state: {waiting: {reason: InvalidImageName, message: bad name}}}]
"""


@pytest.mark.parametrize(
    ("ready", "start", "roots"),
    [
        ("Unknown", "2026-11-21T01:45:00Z", {"K8S-801"}),  # began after the node was lost
        ("Unknown", "2026-11-21T01:00:00Z", {"K8S-801", "K8S-121"}),  # is older
        ("True", "2026-11-21T01:45:00Z", {"K8S-121"}),
    ],
)
def test_what_begins_on_a_dead_node_is_its_consequence(ready: str, start: str, roots: set[str]) -> None:
    lost = f'{{type: Ready, status: "{ready}", message: Kubelet stopped., lastTransitionTime: "2026-11-21T01:40:00Z"}}'
    done = analyse(cluster(node(lost, CRASHED.replace("START", start))).evidence)
    assert {c.root.code for c in chains(done.findings, done.links)} == roots


# -- StatefulSets

MENDED = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  POLICY
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "r.example/web:2"}]}}
status: {replicas: 1, currentRevision: web-old, updateRevision: web-new}
---
apiVersion: v1
kind: Pod
metadata:
  name: web-0
  namespace: shop
  labels: {app: web, controller-revision-hash: REVISION}
  ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: web, controller: true}]
spec: {containers: [{name: web, image: "r.example/web:1"}]}
status:
  phase: Pending
  containerStatuses: [{name: web, restartCount: 0, state: {waiting: {reason: ImagePullBackOff}}}]
"""


def test_a_pod_of_the_old_revision_is_deleted_and_nothing_undone() -> None:
    seen = cluster(MENDED.replace("POLICY", "").replace("REVISION", "web-old"))
    done = analyse(seen.evidence)
    root = chains(done.findings, done.links)[0].root
    assert root.code == "K8S-617"
    assert "new image web: r.example/web:2" in root.message
    assert fixes(root) == ["kubectl delete pod web-0 -n shop"]


@pytest.mark.parametrize(
    ("policy", "revision"),
    [
        ("", "web-new"),
        ("podManagementPolicy: Parallel", "web-old"),
        ("updateStrategy: {type: OnDelete}", "web-old"),
        ("updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 1}}", "web-old"),
    ],
)
def test_a_pod_that_no_update_waits_for(policy: str, revision: str) -> None:
    seen = cluster(MENDED.replace("POLICY", policy).replace("REVISION", revision))
    assert "K8S-617" not in codes(seen)


# -- scheduling

PENDING = """
apiVersion: v1
kind: Pod
metadata: {{name: hub-1, namespace: shop, uid: u1}}
spec: {{containers: [{{name: hub, resources: {{requests: {{cpu: 400m}}}}}}]}}
status: {{phase: Pending}}
---
apiVersion: v1
kind: Event
metadata: {{name: e1, namespace: shop}}
involvedObject: {{kind: Pod, name: hub-1, namespace: shop}}
reason: FailedScheduling
type: Warning
lastTimestamp: "2026-11-21T01:59:00Z"
message: "{message}"
"""


@pytest.mark.parametrize(
    ("message", "part"),
    [
        ("0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had volume node affinity conflict.",
         "2 nodes: volume in another zone or on another node, 1 node: insufficient cpu (requests 0.4 CPU)"),
        ("0/4 nodes are available: 1 Insufficient memory, 3 Insufficient cpu.",
         "3 nodes: insufficient cpu (requests 0.4 CPU), 1 node: insufficient memory"),
        ("0/5 nodes are available: 1 node(s) were unschedulable, 4 node(s) had volume node affinity conflict.",
         "4 nodes: volume in another zone or on another node, 1 node: cordoned"),
    ],
)  # fmt: skip
def test_the_reason_of_each_node_is_kept(message: str, part: str) -> None:
    found = findings(cluster(PENDING.format(message=message), unknown=("nodes",)))
    (one,) = [f for f in found if f.code.startswith("K8S-3")]
    assert part in one.message
    assert not [line for line in fixes(one) if "uncordon" in line]


def test_a_cordoned_control_plane_is_none_of_the_reasons() -> None:
    taint = "spec: {unschedulable: true}"
    plane = "apiVersion: v1\nkind: Node\nmetadata: {name: p, labels: {node-role.kubernetes.io/control-plane: ''}}\n"
    worker = "apiVersion: v1\nkind: Node\nmetadata: {name: w}\nstatus: {allocatable: {cpu: 100m}}\n"
    said = "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable."
    found = findings(cluster(f"{plane}{taint}\n---\n{worker}---{PENDING.format(message=said)}"))
    assert "cordoned" not in only(found, "K8S-305").message


def test_one_reason_is_not_said_twice() -> None:
    found = findings(
        cluster(PENDING.format(message="0/3 nodes are available: 3 Insufficient cpu."), unknown=("nodes",))
    )
    assert "3 nodes" not in only(found, "K8S-306").message


# -- Services

DATA = """
apiVersion: v1
kind: Service
metadata: {name: data, namespace: shop}
spec: {selector: {app: data, tier: database}, ports: [{port: 80}]}
---
"""
NEAR_POD = """
apiVersion: v1
kind: Pod
metadata: {name: data-1, namespace: shop, labels: {app: data, tier: cache}}
status: {phase: Running, conditions: [{type: Ready, status: "True"}]}
"""
NEAR_DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: data, namespace: shop}
spec: {template: {metadata: {labels: {app: data, tier: cache}}}}
"""
FAR_POD = NEAR_POD.replace("data", "mailer")


@pytest.mark.parametrize(
    ("other", "unknown", "sure", "nearest"),
    [
        (NEAR_POD, (), Confidence.HIGH, "pod/data-1"),
        (NEAR_POD.replace("data-1", "data-replica-7fxzt"), (), Confidence.HIGH, "pod/data-replica-7fxzt"),
        (NEAR_POD, ("pods", "deployments"), Confidence.MEDIUM, "pod/data-1"),
        (NEAR_DEPLOYMENT, ("pods",), Confidence.MEDIUM, "deployment/data"),
    ],
)
def test_a_selector_beside_what_it_was_meant_for(
    other: str, unknown: tuple[str, ...], sure: Confidence, nearest: str
) -> None:
    items = cluster(DATA + other).evidence
    kept = [
        e.model_copy(update={"observation": e.observation.model_copy(update={"partial": "a part"})})
        if getattr(e.observation, "resource", "") in unknown
        else e
        for e in items
    ]
    found = only(findings(Cluster(kept)), "K8S-501")
    assert f"similar {nearest} has tier=cache" in found.message
    assert found.confidence is sure


def test_a_stranger_is_not_similar() -> None:
    assert codes(cluster(DATA + FAR_POD)) == ["K8S-509"]


@pytest.mark.parametrize(
    ("question", "role"),
    [
        ("", CausalRole.CAUSE),
        ("Service quality degradation.", CausalRole.RISK),
        ("why is the checkout slow?", CausalRole.RISK),
        ("Partial service unreachability.", CausalRole.RISK),
        ("Service availability disruption.", CausalRole.RISK),
        ("requests to the shop time out", CausalRole.RISK),
        ("What is wrong with the cluster?", CausalRole.CAUSE),
        ("data is not reachable", CausalRole.CAUSE),
    ],
)
def test_a_leftover_service_is_the_answer_only_when_it_is_asked_about(question: str, role: CausalRole) -> None:
    seen = Cluster(cluster(DATA).evidence, Question(text=question))
    found = only(findings(seen), "K8S-509")
    assert found.role is role
    assert (found.confidence is Confidence.HIGH) is ("data" in question)
    assert not [line for line in fixes(found) if "delete" in line]


@pytest.mark.parametrize(
    ("address", "told"), [("", ["K8S-523"]), ("[{ip: 10.0.0.9}]", []), ("[{hostname: a.example}]", [])]
)
def test_an_ingress_with_an_address_is_served(address: str, told: list[str]) -> None:
    ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: shop}\n"
    ingress += f"spec: {{ingressClassName: own}}\nstatus: {{loadBalancer: {{ingress: {address or 'null'}}}}}"
    assert codes(cluster(ingress)) == told


# -- images


def pull(image: str, message: str, secrets: str = "[]") -> Finding:
    waiting = "state: {waiting: {reason: ImagePullBackOff, message: Back-off}}"
    pod = f"""
apiVersion: v1
kind: Pod
metadata: {{name: web-1, namespace: shop, uid: u1}}
spec: {{imagePullSecrets: {secrets}, containers: [{{name: a, image: "{image}"}}]}}
status: {{phase: Pending, containerStatuses: [{{name: a, restartCount: 0, {waiting}}}]}}
---
apiVersion: v1
kind: Event
metadata: {{name: e1, namespace: shop}}
involvedObject: {{kind: Pod, name: web-1, namespace: shop}}
reason: Failed
type: Warning
lastTimestamp: "2026-11-21T01:59:00Z"
message: '{message}'
"""
    (found,) = [f for f in findings(cluster(pod, unknown=("secrets",))) if f.code.startswith("K8S-11")]
    return found


_403 = 'Failed to pull image "{0}": unexpected status from HEAD request to https://{1}/v2/x/manifests/1: 403 Forbidden'


@pytest.mark.parametrize(
    ("image", "host", "secrets", "code", "sure"),
    [
        ("docker.io/library/ngnix:1", "mirror.example", "[]", "K8S-111", Confidence.MEDIUM),
        ("quay.io/team/wbe:1", "cache.example:5000", "[]", "K8S-111", Confidence.MEDIUM),
        ("docker.io/library/ngnix:1", "registry-1.docker.io", "[]", "K8S-112", Confidence.HIGH),
        ("r.example/team/web:1", "r.example", "[]", "K8S-112", Confidence.HIGH),
        ("docker.io/library/ngnix:1", "mirror.example", "[{name: login}]", "K8S-112", Confidence.HIGH),
    ],
)
def test_a_mirror_that_refuses_may_not_know_the_image(
    image: str, host: str, secrets: str, code: str, sure: Confidence
) -> None:
    found = pull(image, _403.format(image, host), secrets)
    assert (found.code, found.confidence) == (code, sure)
    assert (f"answer of mirror {host}" in found.message) is (code == "K8S-111")


def test_an_image_that_only_the_message_names() -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: op-7f5575c8dd-6gprn, namespace: shop}\n"
    pod += 'status: {phase: Pending, containerStatuses: [{name: "", state: {waiting: {reason: ErrImagePull}}}]}\n---\n'
    pod += "apiVersion: v1\nkind: Event\nmetadata: {name: e, namespace: shop}\nreason: Failed\ntype: Warning\n"
    pod += "involvedObject: {kind: Pod, name: op-7f5575c8dd-6gprn, namespace: shop}\n"
    pod += "message: 'Failed to pull image \"r.example/op:v2\": no match for platform in manifest: not found'"
    assert only(findings(cluster(pod)), "K8S-118").message == (
        "shop/deployment/op: image r.example/op:v2 has no manifest for the platform of its node: no match for platform"
    )


# -- logs

RUNS = """
apiVersion: v1
kind: Pod
metadata: {name: api-1, namespace: shop, uid: u1}
spec: {nodeName: n1, containers: [{name: app, image: "r.example/api:1"}]}
status:
  phase: Running
  conditions: [{type: Ready, status: "False"}]
  containerStatuses:
    - name: app
      restartCount: 5
      state: {running: {startedAt: "2026-11-21T01:59:29Z"}}
      lastState: {terminated: {exitCode: 1, reason: Error, finishedAt: "2026-11-21T01:59:00Z"}}
"""
_VAGUE = "ERROR pool: initialisation failed\nCaused by: app.StartError: no dialect was set\n"
_DENIED = "ERROR pool: initialisation failed\nSQLException: Access denied for user 'app'@'10.0.0.8'\n"
_PLACE = ("shop", "api-1", "app")


@pytest.mark.parametrize(
    ("now", "before", "run"),
    [
        (_DENIED + _VAGUE, _VAGUE, ", log of the current run"),
        (_VAGUE, _DENIED, ", log of the previous run"),
        (_DENIED, _DENIED, ""),  # both say the same
    ],
)
def test_the_most_direct_reason_of_both_runs_counts(now: str, before: str, run: str) -> None:
    found = only(findings(cluster(RUNS, {_PLACE: now}, {_PLACE: before})), "K8S-910")
    assert found.message.startswith(f"shop/pod/api-1 (container app{run}): database login rejected")


def test_one_log_needs_no_run() -> None:
    found = only(findings(cluster(RUNS, {_PLACE: _DENIED})), "K8S-910")
    assert found.message.startswith("shop/pod/api-1 (container app): ")


@pytest.mark.parametrize(
    "line",
    ["exec /app/run: exec format error", "standard_init_linux.go:228: exec user process caused: exec format error"],
)
def test_a_wrong_architecture_in_a_log(line: str) -> None:
    found = only(findings(cluster(RUNS, {_PLACE: line})), "K8S-152")
    assert found.role is CausalRole.CAUSE
    assert checks(found)[0] == "kubectl get nodes -L kubernetes.io/arch"


ENDED = RUNS.replace(
    'state: {running: {startedAt: "2026-11-21T01:59:29Z"}}', "state: {waiting: {reason: CrashLoopBackOff}}"
)


@pytest.mark.parametrize(
    ("log", "code", "part"),
    [
        ("INFO reading settings\nINFO license server said goodbye", "K8S-925", "license server said goodbye"),
        ('{"level":"info","msg":"check"}\n{"level":"info","msg":"leader lost, leaving"}', "K8S-925", "leader lost"),
        ("INFO checks\nINFO Detected low-disk space condition, avoid starting", "K8S-906", "low-disk space"),
        ("INFO start\nERROR out of luck", "K8S-924", "out of luck"),
    ],
)
def test_the_last_words_of_a_container_that_exits_count_at_any_level(log: str, code: str, part: str) -> None:
    seen = cluster(ENDED, previous={_PLACE: log})
    assert part in only(findings(seen), code).message
    assert not [check for check in analyse(seen.evidence).fine if "no error" in check.text]


def test_a_calm_log_of_a_container_that_runs_is_passed() -> None:
    seen = cluster(RUNS, {_PLACE: "INFO all good"})
    assert "K8S-925" not in codes(seen)


# -- volumes and creation

ATTACH = """
apiVersion: v1
kind: Pod
metadata: {{name: api-1, namespace: shop, uid: u1}}
status: {{phase: Pending}}
---
apiVersion: v1
kind: Event
metadata: {{name: e1, namespace: shop}}
involvedObject: {{kind: Pod, name: api-1, namespace: shop}}
reason: FailedAttachVolume
type: Warning
lastTimestamp: "2026-11-21T01:59:00Z"
message: 'Multi-Attach error for volume "pvc-1" {rest}'
"""


@pytest.mark.parametrize(
    ("rest", "fix"),
    [
        ("Volume is already used by pod(s) api-5c7d9f8b6c-zzzzz", ["kubectl delete pod api-5c7d9f8b6c-zzzzz -n shop"]),
        ("Volume is already used by pod(s) db-0, db-1", ["kubectl delete pod db-0 -n shop"]),
        ("Volume is already exclusively attached to one node and can't be attached to another".replace("'", "''"), []),
    ],
)
def test_the_pod_that_holds_a_volume_is_named(rest: str, fix: list[str]) -> None:
    assert fixes(only(findings(cluster(ATTACH.format(rest=rest))), "K8S-431")) == fix


@pytest.mark.parametrize(("message", "end"), [("", "FailedCreate"), ("quota is full", "FailedCreate: quota is full")])
def test_failed_create_is_said_once(message: str, end: str) -> None:
    condition = f'{{type: ReplicaFailure, status: "True", reason: FailedCreate, message: "{message}"}}'
    text_ = f"""
apiVersion: apps/v1
kind: ReplicaSet
metadata: {{name: web, namespace: shop, uid: u1}}
spec: {{replicas: 1}}
status: {{replicas: 0, observedGeneration: 1, conditions: [{condition}]}}
"""
    assert only(findings(cluster(text_)), "K8S-610").message == f"shop/replicaset/web: {end}"
