"""The status of objects of any kind, as operators write it, and what is made of it."""

from typing import Any

import pytest
import yaml

from midwatch.analysis.causality import chains
from midwatch.diagnosis.kubernetes.analyse import analyse
from midwatch.diagnosis.kubernetes.analyzers import custom_resources
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.objects.custom import custom_resource
from midwatch.integrations.kubernetes.objects.kinds import BY_NAME
from midwatch.reasoning.citations import Library
from tests.integrations.kubernetes.situation import evidence

LONG = "2026-11-20T10:00:00Z"  # the evidence is of 02:00 of the next day
YOUNG = "2026-11-21T01:58:00Z"


def objects(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for raw in yaml.safe_load_all(text):
        core = raw["kind"] in BY_NAME and "." not in raw.get("apiVersion", "")
        read = None if core else custom_resource(raw)
        found.append(raw if core else {"kind": "CustomResource", **(read or {})})
    return found


def findings(text: str) -> list[Finding]:
    seen = evidence(objects(text))
    found = list(custom_resources.find(Cluster(seen)))
    assert all(Library(seen).prove(f.cites) for f in found), found
    return found


def resource(kind: str, status: str, *, api: str = "example.com/v1", spec: str = "{}", name: str = "web") -> str:
    return (
        f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop, creationTimestamp: '{LONG}'}}\n"
        f"spec: {spec}\nstatus: {status}\n"
    )


def condition(type_: str, status: str, reason: str = "", message: str = "", since: str = LONG, more: str = "") -> str:
    words = f"type: {type_}, status: '{status}', reason: {reason}, message: '{message}', lastTransitionTime: '{since}'"
    return f"{{{words}{more}}}"


def conditions(*found: str, more: str = "") -> str:
    return f"{{conditions: [{', '.join(found)}]{more}}}"


OFFSET = "2026-11-20T10:00:00+0000"
GOOD = condition("Ready", "True", "Succeeded", "all is applied")
# kind, status, code, words of the message: how operators really write it.
FORMS = [
    (
        "HelmRelease",
        conditions(condition("Ready", "False", "UpgradeFailed", "Helm upgrade failed: timed out waiting")),
        "K8S-684",
        "Ready=False (UpgradeFailed): Helm upgrade failed: timed out waiting",
    ),
    (
        "HelmChart",
        conditions(condition("Ready", "False", "ChartPullError", "no chart version found for web-18.9")),
        "K8S-684",
        "no chart version found",
    ),
    (
        "GitRepository",
        conditions(
            condition("Stalled", "True", "AuthenticationFailed", "failed to clone: 403 forbidden"),
            condition("Ready", "False", "AuthenticationFailed", "failed to clone: 403 forbidden"),
        ),
        "K8S-685",
        "forbidden; also",
    ),
    (
        "Kustomization",
        conditions(condition("Ready", "False", "BuildFailed", "kustomize build failed: file not found")),
        "K8S-685",
        "BuildFailed",
    ),
    (
        "Challenge",
        "{state: pending, reason: 'Waiting for HTTP-01 challenge propagation: wrong status code 404, expected 200'}",
        "K8S-685",
        "state pending: Waiting for HTTP-01",
    ),
    ("Order", "{state: errored, reason: 'Failed to create Order: 429 rate limited'}", "K8S-685", "state errored"),
    (
        "ClusterOperator",
        conditions(
            condition("Available", "Unknown", "NoData"),
            condition("Degraded", "True", "RouteHealthDegradedFailedGet", "failed to GET route: EOF"),
            condition("Upgradeable", "False", "NotYet"),
        ),
        "K8S-685",
        "Degraded=True (RouteHealthDegradedFailedGet)",
    ),
    (
        "Kafka",
        conditions(condition("NotReady", "True", "InvalidResourceException", "cannot configure TLS")),
        "K8S-685",
        "NotReady=True (InvalidResourceException)",
    ),
    (
        "Kafka",
        conditions(condition("NotReady", "True", "TimeoutException", "Exceeded timeout waiting for Pods", OFFSET)),
        "K8S-684",
        "Exceeded timeout",
    ),
    (
        "Kafka",
        conditions(GOOD, condition("Warning", "True", "KafkaStorage", "ephemeral storage loses its data")),
        "K8S-688",
        "Warning=True",
    ),
    (
        "Cluster",
        conditions(
            condition("Ready", "True", "ClusterIsReady", "Cluster is Ready"),
            condition("ContinuousArchiving", "False", "ArchivingFailing", "unexpected failure: exit 4"),
            more=", phase: Cluster in healthy state",
        ),
        "K8S-685",
        "ContinuousArchiving=False",
    ),
    (
        "Cluster",
        "{phase: 'Cluster is unrecoverable and needs manual intervention'}",
        "K8S-685",
        "phase Cluster is unrecoverable",
    ),
    (
        "CephCluster",
        "{phase: Ready, ceph: {health: HEALTH_ERR, details: {MON_DOWN: {message: '1/3 mons down'}}}}",
        "K8S-684",
        "ceph.health HEALTH_ERR: 1/3 mons down",
    ),
    ("CephCluster", "{phase: Ready, ceph: {health: HEALTH_WARN}}", "K8S-688", "ceph.health HEALTH_WARN"),
    (
        "NodeClaim",
        conditions(
            condition("Launched", "False", "InsufficientCapacityError", "insufficient capacity"),
            condition("Ready", "Unknown", "AwaitingReconciliation"),
        ),
        "K8S-685",
        "Launched=False (InsufficientCapacityError)",
    ),
    (
        "NodeClaim",
        conditions(condition("Registered", "Unknown", "NodeStale", "Node object is not known")),
        "K8S-687",
        "Registered=Unknown",
    ),
    (
        "Bucket",
        conditions(
            condition("Ready", "True", "Available"),
            condition("Synced", "False", "ReconcileError", "update failed: AccessDenied: access denied by policy"),
        ),
        "K8S-685",
        "Synced=False (ReconcileError)",
    ),
    ("Bucket", conditions(condition("Synced", "False", "ReconcilePaused")), "K8S-686", "ReconcilePaused"),
    (
        "Machine",
        conditions(
            condition("InfrastructureReady", "False", "ProvisionFailed", "quota exceeded", more=", severity: Error"),
            condition("BootstrapReady", "False", "WaitingForControlPlane", "", more=", severity: Info"),
        ),
        "K8S-685",
        "quota exceeded",
    ),
    (
        "Volume",
        "{state: attached, robustness: degraded, conditions: {Scheduled: {status: 'False',"
        " reason: ReplicaSchedulingFailure, message: insufficient storage},"
        " TooManySnapshots: {status: 'False'}, Restore: {status: 'False'}}}",
        "K8S-685",
        "insufficient storage",
    ),
    (
        "ScaledObject",
        conditions(
            condition("Ready", "False", "ScaledObjectCheckFailed", "failed to ensure HPA is correctly created"),
            condition("Active", "False", "ScalerNotActive"),
            condition("Fallback", "False", "NoFallbackFound"),
        ),
        "K8S-685",
        "Ready=False (ScaledObjectCheckFailed)",
    ),
    (
        "Rollout",
        conditions(
            condition("Completed", "False", "RolloutCompleted"),
            condition("Progressing", "False", "ProgressDeadlineExceeded", "web-7c has timed out progressing."),
            more=", phase: Degraded, message: 'ProgressDeadlineExceeded: web-7c has timed out progressing.'",
        ),
        "K8S-684",
        "timed out progressing",
    ),
    (
        "GRPCRoute",
        "{parents: [{parentRef: {name: public}, conditions: ["
        + condition("ResolvedRefs", "False", "BackendNotFound", "backend cart not found")
        + "]}]}",
        "K8S-685",
        "ResolvedRefs=False (public)",
    ),
    (
        "VolumeAttachment",
        "{attached: false, attachError: {time: '2026-11-20T10:00:00Z', message: 'rpc error: volume is not found'}}",
        "K8S-685",
        "attachError: rpc error",
    ),
    ("VolumeSnapshot", "{readyToUse: false, error: {message: 'failed to update'}}", "K8S-685", "error:"),
    ("Backup", "{phase: PartiallyFailed, validationErrors: ['bucket unknown']}", "K8S-684", "phase PartiallyFailed"),
    ("Elasticsearch", "{health: red, phase: Ready}", "K8S-684", "health red"),
    ("Fleet", "{health: {status: Degraded, message: 'image cannot be pulled'}}", "K8S-685", "image cannot be pulled"),
]  # fmt: skip
WELL = [
    conditions(GOOD),
    conditions(GOOD, condition("Stalled", "False", "Fine"), condition("MemoryPressure", "False", "Enough")),
    conditions(GOOD, more=", lastError: 'failed yesterday'"),
    conditions(condition("Upgradeable", "False", "NotAllowed"), condition("Progressing", "True", "Rolling")),
    conditions(condition("Running", "False", "Running")),
    conditions(condition("Succeeded", "Unknown", "Running", "not all tasks have completed")),
    conditions(condition("Drained", "False", "NoErrors")),
    "{phase: Running}",
    "{phase: Pending}",
    "{observedGeneration: 3, replicas: 0}",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "status", "code", "words"), FORMS, ids=[f"{f[0]}-{n}" for n, f in enumerate(FORMS)])
def test_what_operators_write(kind: str, status: str, code: str, words: str) -> None:
    (found,) = findings(resource(kind, status))
    assert (found.code, found.subject.kind, found.subject.name) == (code, kind, "web")
    assert found.message.startswith(f"shop/{kind.lower()}/web: ")
    assert words in found.message


@pytest.mark.parametrize("status", WELL)
def test_what_is_well_or_says_nothing_is_no_finding(status: str) -> None:
    assert findings(resource("Thing", status)) == []


def test_since_when_is_the_time_of_the_condition() -> None:
    (found,) = findings(resource("Kafka", FORMS[8][1]))
    assert found.onset is not None
    assert found.onset.isoformat() == "2026-11-20T10:00:00+00:00"


@pytest.mark.parametrize(("since", "code"), [(YOUNG, "K8S-686"), (LONG, "K8S-684")])
def test_a_new_object_has_time_to_start(since: str, code: str) -> None:
    (found,) = findings(resource("Database", conditions(condition("Ready", "False", "Creating", "", since))))
    assert found.code == code


@pytest.mark.parametrize(("since", "code"), [(YOUNG, "K8S-686"), (LONG, "K8S-687")])
def test_unknown_is_neither_healthy_nor_a_fault(since: str, code: str) -> None:
    (found,) = findings(resource("Database", conditions(condition("Ready", "Unknown", "NoData", "", since))))
    assert found.code == code


def test_a_suspended_resource_is_information() -> None:
    (found,) = findings(resource("Kustomization", conditions(GOOD), spec="{suspend: true}"))
    assert (found.code, found.severity) == ("K8S-686", "info")
    assert "spec.suspend=true" in found.message


def test_failed_results_of_a_report_are_a_warning() -> None:
    text = (
        "apiVersion: wgpolicyk8s.io/v1alpha2\nkind: PolicyReport\nmetadata: {name: web, namespace: shop}\n"
        "summary: {pass: 3, fail: 2, error: 0}\nresults: [{result: pass}, {result: fail, message: runs as root}]"
    )
    (found,) = findings(text)
    assert found.code == "K8S-688"
    assert "2 results failed: runs as root" in found.message


API_SERVICE = """
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io}
spec: {group: metrics.k8s.io, version: v1beta1, service: {name: metrics-server, namespace: kube-system, port: 443}}
status:
  conditions: [{type: Available, status: 'False', reason: MissingEndpoints, lastTransitionTime: '2026-11-20T10:00:00Z',
                message: 'endpoints for service/metrics-server in "kube-system" have no addresses'}]
"""


def test_an_unavailable_api_service_names_the_service_behind_it() -> None:
    (found,) = findings(API_SERVICE)
    assert found.code == "K8S-689"
    assert found.message.startswith("apiservice/v1beta1.metrics.k8s.io: Available=False (MissingEndpoints)")
    assert "served by Service kube-system/metrics-server" in found.message


def roots(text: str) -> list[tuple[str, str, list[str]]]:
    """Of each root: code, kind, and the kinds of what it explains."""
    found = analyse(evidence(objects(text)))
    return [
        (c.root.code, c.root.subject.kind, [e.subject.kind for e in c.explains])
        for c in chains(found.findings, found.links)
    ]


SERVICE = """---
apiVersion: v1
kind: Service
metadata: {name: metrics-server, namespace: kube-system}
spec: {selector: {app: metrics}, clusterIP: 10.0.0.1, ports: [{port: 443}]}
"""


def test_the_service_without_endpoints_explains_the_api_service() -> None:
    ((_, kind, explains),) = roots(API_SERVICE + SERVICE)
    assert kind == "Service"
    assert "APIService" in explains


def owned(text: str, kind: str, name: str) -> str:
    return text.replace("namespace: shop,", f"namespace: shop, ownerReferences: [{{kind: {kind}, name: {name}}}],", 1)


def certificate_chain(challenge: str, issuer: str = "") -> str:
    spec = "{secretName: shop-tls, issuerRef: {name: public, kind: ClusterIssuer}}"
    waits = conditions(condition("Ready", "False", "DoesNotExist", "Issuing certificate as Secret does not exist"))
    request = conditions(
        condition("Ready", "False", "Pending", 'Waiting on certificate issuance from order shop/o: "pending"')
    )
    parts = [
        resource("Certificate", waits, spec=spec, name="tls"),
        owned(resource("CertificateRequest", request, spec=spec, name="r"), "Certificate", "tls"),
        owned(resource("Order", "{state: pending}", name="o"), "CertificateRequest", "r"),
        owned(resource("Challenge", challenge, name="c"), "Order", "o"),
    ]
    return "---\n".join([*parts, *([issuer] if issuer else [])])


def test_the_deepest_message_of_a_certificate_is_the_cause() -> None:
    reason = "{state: pending, reason: 'Waiting for DNS-01 challenge propagation: NXDOMAIN looking up TXT'}"
    text = certificate_chain(reason)
    ((code, kind, explains),) = roots(text)
    assert (code, kind, sorted(explains)) == ("K8S-685", "Challenge", ["Certificate", "CertificateRequest"])
    told = next(f for f in findings(text) if f.subject.kind == "Certificate")
    assert 'writes Secret "shop-tls"' in told.message


def test_an_issuer_that_is_not_ready_explains_its_certificates() -> None:
    broken = conditions(condition("Ready", "False", "ErrRegisterACMEAccount", "failed to register: account is invalid"))
    issuer = resource("ClusterIssuer", broken, name="public").replace(", namespace: shop", "")
    ((_, kind, explains),) = roots(certificate_chain("{state: valid}", issuer))
    assert kind == "ClusterIssuer"
    assert "Certificate" in explains


def flux(kind: str, spec: str, *, api: str = "helm.toolkit.fluxcd.io/v2", name: str = "web") -> str:
    waits = condition("Ready", "False", "ArtifactFailed", f"{kind} is not ready")
    return resource(kind, conditions(waits), api=api, spec=spec, name=name)


@pytest.mark.parametrize(
    "spec",
    [
        "{chart: {spec: {sourceRef: {kind: GitRepository, name: charts}}}}",
        "{chartRef: {kind: GitRepository, name: charts, namespace: shop}}",
        "{sourceRef: {kind: GitRepository, name: charts}}",
    ],
)
def test_a_source_that_cannot_be_fetched_explains_what_is_made_of_it(spec: str) -> None:
    broken = conditions(
        condition("Ready", "False", "GitOperationFailed", "failed to checkout: couldn''t find remote ref: not found")
    )
    source = resource("GitRepository", broken, name="charts")
    assert roots("---\n".join([flux("HelmRelease", spec), source])) == [("K8S-685", "GitRepository", ["HelmRelease"])]


def test_a_dependency_explains_what_depends_on_it() -> None:
    first = resource(
        "Kustomization",
        conditions(condition("Ready", "False", "BuildFailed", "build failed: invalid yaml")),
        name="infra",
    )
    last = flux("Kustomization", "{dependsOn: [{name: infra}]}", name="apps")
    assert roots("---\n".join([first, last])) == [("K8S-685", "Kustomization", ["Kustomization"])]


CRASHED = """---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, creationTimestamp: '2026-11-20T10:00:00Z', labels: {LABELS}}
spec: {nodeName: n1, containers: [{name: app, image: a:1}]}
status:
  phase: Running
  conditions: [{type: Ready, status: 'False'}]
  containerStatuses:
  - {name: app, ready: false, restartCount: 9, state: {waiting: {reason: CrashLoopBackOff}},
     lastState: {terminated: {exitCode: 137, reason: OOMKilled}}}
"""


@pytest.mark.parametrize(
    ("kind", "message", "labels"),
    [
        (
            "HelmRelease",
            "timed out waiting for the condition",
            "helm.toolkit.fluxcd.io/name: web, helm.toolkit.fluxcd.io/namespace: shop",
        ),
        ("Redpanda", "StatefulSet is waiting for Pod/shop/web-0 to be ready", "app: web"),
    ],
)
def test_a_pod_that_is_named_or_deployed_explains_the_resource(kind: str, message: str, labels: str) -> None:
    failed = resource(kind, conditions(condition("Ready", "False", "InstallFailed", message)))
    ((code, _, explains),) = roots(failed + CRASHED.replace("LABELS", labels))
    assert (code, explains) == ("K8S-202", [kind])


def test_an_owned_pod_explains_its_resource() -> None:
    failed = resource("Database", conditions(condition("Ready", "False", "NotReady", "0 of 1 instances")))
    pod = CRASHED.replace("labels: {LABELS}", "ownerReferences: [{kind: Database, name: web, controller: true}]")
    ((code, _, explains),) = roots(failed + pod)
    assert (code, explains) == ("K8S-202", ["Database"])


def test_sources_in_another_namespace_are_asked_for() -> None:
    far = "{sourceRef: {kind: GitRepository, name: charts, namespace: flux-system}}"
    seen = evidence(objects(flux("HelmRelease", far)))
    narrow = [e.model_copy(update={"observation": e.observation.model_copy(update={"scope": "shop"})}) for e in seen]
    asked = {ask.arguments.get("namespace") for ask in custom_resources.asks(Cluster(narrow))}
    assert asked == {"flux-system"}
    assert list(custom_resources.asks(Cluster(seen))) == []


def test_a_condition_for_information_is_no_finding() -> None:
    told = condition("BootstrapReady", "False", "Failed", "failed", more=", severity: Info")
    assert findings(resource("Machine", conditions(told))) == []


def test_a_word_after_a_kind_is_no_name() -> None:
    told = conditions(condition("Ready", "False", "Failed", "pod failed: cannot parse settings"))
    assert [f.code for f in findings(resource("Database", told))] == ["K8S-685"]


def test_an_error_over_a_failing_source_is_not_the_origin() -> None:
    broken = conditions(condition("Ready", "False", "Failed", "failed to clone: access denied"))
    release = resource("HelmRelease", broken, spec="{chartRef: {kind: GitRepository, name: charts}}")
    found = findings("---\n".join([release, resource("GitRepository", broken, name="charts")]))
    assert {f.subject.kind: f.code for f in found} == {"HelmRelease": "K8S-684", "GitRepository": "K8S-685"}
