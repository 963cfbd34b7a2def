"""Parts of what people paste: a condition, an event, a row, a line; and fixes that fit who owns the object."""

from typing import Any

import pytest

from midwatch.analysis.log_programs import program
from midwatch.analysis.logs import ERROR, Line, lines
from midwatch.diagnosis.kubernetes.analyse import next_requests
from midwatch.diagnosis.kubernetes.analyzers.peers import unreachable_host
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.kubectl import owner_facts
from midwatch.domain.finding import Finding
from midwatch.domain.subject import Subject
from tests.diagnosis.kubernetes.test_unread_events import event as warning
from tests.integrations.kubernetes.network_world import event, prove, thing
from tests.integrations.kubernetes.situation import Logs, evidence, findings


def told(*objects: dict[str, Any], logs: Logs | None = None, unknown: tuple[str, ...] = ()) -> dict[str, Finding]:
    seen = evidence(objects, logs=logs, unknown=unknown)
    found = findings(Cluster(seen))
    for one in found:
        prove(seen, one)
    return {one.code: one for one in found}


@pytest.mark.parametrize(
    ("raw", "said", "level"),
    [
        ('web-7 proxy {"level":"error","msg":"no route","error":"boom"}', "no route; boom", ERROR),
        ('[pod/db-0/main] {"severity":"ERROR","message":"disk gone"}', "disk gone", ERROR),
        ('{"level":"error","msg":"cannot place pod \\"etl\\", group', 'cannot place pod "etl", group', ERROR),
        ('{"level":"info","msg":"child said: ERROR: archive in use"}', "child said: ERROR: archive in use", ERROR),
        ('reply was {"a":"b"} and more', 'reply was {"a":"b"} and more', ""),
        ('one two three four {"level":"error","msg":"x"}', 'one two three four {"level":"error","msg":"x"}', ""),
    ],
)
def test_an_entry_behind_a_prefix_or_cut_at_its_end(raw: str, said: str, level: str) -> None:
    (line,) = lines(raw)
    assert (line.said, line.level) == (said, level)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"level":"info","logger":"controller.certificates","msg":"x"}', "controller.certificates"),
        ("k8s.io/kubernetes/cmd/kube-scheduler/app.Run(0x1)", "kube-scheduler"),
        ("2024-01-01T00:00:00Z 0 [System] /usr/sbin/named (named 9.18) starting", "named"),
        ("[2024-01-01 10:00:00,1] ERROR boom (org.apache.zookeeper.server.Main)", "org.apache.zookeeper.server.Main"),
        ('  File "/opt/etl/run.py", line 3, in <module>', "/opt/etl/run.py"),
        ("error: nothing works\nat all\n", ""),
    ],
)
def test_the_log_names_its_program(text: str, name: str) -> None:
    assert program(text) == name


def test_an_unknown_error_names_the_program_that_wrote_it() -> None:
    saved = {"kind": "SavedLog", "metadata": {"name": "a.log"}, "pod": "a.log", "about": "Log"}
    text = '{"level":"error","logger":"billing.worker","msg":"invoice 7 has no total"}\n'
    assert "billing.worker" in told(saved, logs={("", "a.log", ""): text})["K8S-970"].facts["origin"]


@pytest.mark.parametrize("place", ["RetryPolicy:88", "JobScheduler:412", "com.acme.HttpGateway:9002"])
def test_a_class_with_a_line_is_no_host(place: str) -> None:
    assert unreachable_host(Line("", f"ERROR {place} - timed out while waiting", 0)) is None


@pytest.mark.parametrize("host", ["db:5432", "Redis:6379", "cache.shop:11211"])
def test_a_host_with_a_port_is_one(host: str) -> None:
    found = unreachable_host(Line("", f"cannot connect to {host}: connection refused", 0))
    assert found is not None
    assert f"{found.host}:{found.port}" == host


@pytest.mark.parametrize(
    ("kind", "name", "template", "replaceable"),
    [
        ("ReplicaSet", "web-6b78556b99", "deployment/web", None),
        ("ReplicaSet", "api-v2-7f6c94d5d8", "deployment/api-v2", None),
        ("ReplicaSet", "web", None, "replicaset/web"),
        ("StatefulSet", "db", "statefulset/db", None),
    ],
)
def test_a_replica_set_is_changed_through_its_deployment(
    kind: str, name: str, template: str | None, replaceable: str | None
) -> None:
    facts = owner_facts(Subject(kind=kind, name=name, namespace="shop"), Subject(kind=kind, name=name))
    assert (facts.get("template"), facts.get("replaceable")) == (template, replaceable)
    assert facts["made_by"] == ("statefulset" if kind == "StatefulSet" else "replicaset")


@pytest.mark.parametrize("kind", ["Log", "Command", "Object"])
def test_what_has_no_name_in_the_cluster_is_not_edited(kind: str) -> None:
    assert "editable" not in owner_facts(Subject(kind=kind, name="x"), Subject(kind=kind, name="x"))


def test_a_fixed_id_outside_the_range_of_the_constraint() -> None:
    sets = thing("StatefulSet", "ldap", spec={"replicas": 1}, status={"replicas": 0})
    text = 'pods "ldap-0" is forbidden: unable to validate against any security context constraint: [provider x: '
    ranged = event(sets, "FailedCreate", text + ".runAsUser: Invalid value: 70: must be in the ranges: [100, 199]]")
    denied = event(sets, "FailedCreate", text + "Forbidden: not usable by user or serviceaccount]")
    assert "fixed user or group" in told(sets, ranged)["K8S-728"].facts["reason"]
    assert told(sets, denied)["K8S-728"].facts.get("reason", "") == ""


@pytest.mark.parametrize("group", ["metrics.k8s.io/v1beta1", "custom.metrics.k8s.io/v1beta2", "wardle.example.com/v1"])
def test_an_api_group_that_does_not_answer_keeps_a_namespace(group: str) -> None:
    status = {
        "phase": "Terminating",
        "conditions": [
            {"type": "NamespaceDeletionDiscoveryFailure", "status": "True", "reason": "DiscoveryFailed",
             "message": f"Discovery failed for some groups, 1 failing: {group}: the server is unable to handle it"},
        ],
    }  # fmt: skip
    meta = {"deletionTimestamp": "2026-11-21T01:00:00Z"}
    found = told(thing("Namespace", "old", namespace="", meta=meta, status=status))["K8S-663"]
    assert found.message.startswith(f"namespace/old: stuck in Terminating: an aggregated API does not answer: {group}")


@pytest.mark.parametrize("state", ["UNHEALTHY", "HEALTHY", "Unknown"])
def test_a_backend_that_the_load_balancer_gives_up(state: str) -> None:
    meta = {"annotations": {"ingress.kubernetes.io/backends": f'{{"k8s-be-301":"{state}"}}'}}
    found = told(thing("Ingress", "shop", meta=meta, spec={}))
    assert ("K8S-538" in found) is (state == "UNHEALTHY")


@pytest.mark.parametrize("ports", [None, [], [{"port": 8080}]])
def test_a_slice_with_addresses_and_no_port(ports: list[dict[str, Any]] | None) -> None:
    row = {
        "kind": "EndpointSlice", "metadata": {"name": "cart-x7k2p", "namespace": "shop"},
        "endpoints": [{"addresses": ["10.2.0.4"]}, {"addresses": ["10.2.0.5"]}], "ports": ports,
    }  # fmt: skip
    found = told(row, unknown=("services", "pods"))
    assert ("K8S-539" in found) is (not ports)
    if not ports:
        assert found["K8S-539"].message.startswith("shop/service/cart: 2 endpoint addresses")


REFUSED = "no persistent volumes available for this claim and no storage class is set"


def test_a_claim_that_the_controller_refuses_where_no_classes_were_read() -> None:
    claim = thing("PersistentVolumeClaim", "loki", spec={}, status={"phase": "Pending"})
    said = event(claim, "FailedBinding", REFUSED, "Normal")
    unknown = ("storageclasses", "persistentvolumes")
    assert told(claim, said, unknown=unknown)["K8S-988"].subject.name == "loki"
    asked = [a.arguments for a in next_requests(evidence([claim], unknown=(*unknown, "events")))]
    assert {"namespace": "shop", "about": "loki"} in asked


def _denied(image: str, node: str) -> list[dict[str, Any]]:
    waiting = {"waiting": {"reason": "ImagePullBackOff"}}
    status = {"phase": "Pending", "containerStatuses": [{"name": "app", "image": image, "state": waiting}]}
    spec = {"containers": [{"name": "app", "image": image}]}
    pod = thing("Pod", "etl-1", spec=spec, status=status)
    said = event(pod, "Failed", f'Failed to pull image "{image}": pulling from host failed: 403 Forbidden')
    return [pod, said, event(pod, "Scheduled", f"Successfully assigned shop/etl-1 to {node}", "Normal")]


@pytest.mark.parametrize(
    ("image", "node", "code"),
    [
        ("europe-docker.pkg.dev/acme/etl/job:2", "gke-prod-pool-1-aa11bb22-x1y2", "K8S-168"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/etl:2", "ip-10-0-1-7.eu-west-1.compute.internal", "K8S-168"),
        ("acme.azurecr.io/etl:2", "aks-pool1-12345678-vmss000001", "K8S-168"),
        ("registry.acme.lan/etl:2", "gke-prod-pool-1-aa11bb22-x1y2", "K8S-112"),
        ("gcr.io/acme/etl:2", "worker-3", "K8S-112"),
    ],
)
def test_a_node_pulls_from_its_clouds_registry_with_its_own_account(image: str, node: str, code: str) -> None:
    found = told(*_denied(image, node))
    assert code in found
    assert len({"K8S-112", "K8S-168"} & set(found)) == 1


@pytest.mark.parametrize(
    ("reason", "message", "code"),
    [
        ("FailedMount", "mount failed: bad option; you might need a /sbin/mount.<type> helper program", "K8S-989"),
        ("FailedCreatePodSandBox", "add cmd: failed to assign an IP address to container", "K8S-992"),
        ("FailedScheduling", "0/2 nodes are available: 2 node(s) had volume node affinity conflict", "K8S-987"),
        ("ProvisioningFailed", "WebIdentityErr: Not authorized to perform sts:AssumeRoleWithWebIdentity", "K8S-986"),
    ],
)
def test_an_event_whose_message_is_known(reason: str, message: str, code: str) -> None:
    found = told(warning(reason, message), unknown=("pods",))
    assert set(found) == {code}
    assert found[code].message.startswith("shop/pod/web-1: ")


def test_the_zone_of_the_one_volume_that_was_read() -> None:
    labels = {"topology.kubernetes.io/zone": "eu-1c"}
    volume = thing("PersistentVolume", "pv-1", namespace="", meta={"labels": labels}, status={"phase": "Bound"})
    said = warning("FailedScheduling", "0/2 nodes are available: 2 node(s) had volume node affinity conflict")
    assert "volume in zone eu-1c" in told(said, volume, unknown=("pods",))["K8S-987"].message


@pytest.mark.parametrize(
    ("message", "sign", "why"),
    [
        ('Failed to pull image "r.lan/a:1": Head "https://r.lan": x509: certificate is not valid for any names',
         "x509: certificate is not valid for any names", "certificate is expired"),
        ('Failed to pull image "a:1": no match for platform in manifest: not found', "no match for platform", "CPU"),
        ('Failed to pull image "a:1": dial tcp: lookup r.lan: no such host', "no such host", "DNS"),
    ],
)  # fmt: skip
def test_the_end_of_a_pull_error_says_why(message: str, sign: str, why: str) -> None:
    found = told(warning("Failed", message), unknown=("pods",))["K8S-772"]
    assert sign in found.message
    assert why.lower() in found.facts["why"].lower()


def test_a_pod_of_which_only_an_event_is_known_belongs_to_its_deployment() -> None:
    about = "Pod/cart-59d8c6bb7f-t7hsl"
    found = told(warning("FailedAttachVolume", "AttachVolume.Attach failed", about), unknown=("pods",))
    assert str(found["K8S-773"].owner.kind) == "Deployment"


def _journal(*said: str) -> dict[str, Finding]:
    saved = {"kind": "SavedLog", "metadata": {"name": "w-1/kubelet"}, "pod": "w-1", "container": "kubelet",
             "about": "Node"}  # fmt: skip
    text = "\n".join(f"Jan 25 06:42:36 w-1 {line}" for line in said)
    return told(saved, logs={("", "w-1", "kubelet"): text})


def test_an_expired_client_certificate_goes_before_the_missing_bootstrap_file() -> None:
    found = _journal(
        "kubelet[7]: E0125 bootstrap.go:265] client certificate in /etc/k8s/kubelet.conf is expired: 2025-11-20",
        'kubelet[7]: E0125 run.go:74] "command failed" err="failed to run Kubelet: stat boot.conf: no such file"',
    )
    assert found["K8S-844"].directness > found["K8S-842"].directness


def test_one_end_of_a_service_counts_once() -> None:
    found = _journal(
        "systemd[1]: kubelet.service: Main process exited, code=exited, status=1/FAILURE",
        "systemd[1]: kubelet.service: Failed with result 'exit-code'.",
    )
    assert "times" not in found["K8S-848"].message


def test_a_known_error_in_a_journal() -> None:
    found = _journal('kubelet[7]: F0125 kubelet cgroup driver: "cgroupfs" is different from docker cgroup driver: "x"')
    assert found["K8S-993"].directness > found["K8S-842"].directness


@pytest.mark.parametrize(
    ("message", "code", "why"),
    [
        ('no matches for kind "Ingress" in version "extensions/v1beta1"', "K8S-748", "removed from Kubernetes"),
        ('no matches for kind "Lease" in version "coordination.k8s.io/v2"', "K8S-748", "removed from Kubernetes"),
        ('no matches for kind "Widget" in version "acme.io/v1"', "K8S-748", "CustomResourceDefinition"),
        ('current release manifest: no matches for kind "CronJob" in version "batch/v1beta1"', "K8S-982", ""),
    ],
)
def test_a_kind_that_is_not_served(message: str, code: str, why: str) -> None:
    found = told({"kind": "CommandError", "metadata": {"name": "a.txt:1"}, "message": f"Error: {message}"})
    assert why in found[code].facts.get("why", "")


def _waiting() -> dict[str, Any]:
    state = {"waiting": {"reason": "CreateContainerConfigError"}}
    status = {"phase": "Pending", "containerStatuses": [{"name": "app", "state": state}]}
    return thing("Pod", "sync-1", spec={"containers": [{"name": "app", "image": "a:1"}]}, status=status)


@pytest.mark.parametrize(("kind", "code"), [("Secret", "K8S-104"), ("ConfigMap", "K8S-103")])
def test_the_message_that_was_pasted_apart_from_its_pod(kind: str, code: str) -> None:
    held = thing(kind, "mail", data={"user": "", "host": ""})
    saved = {"kind": "SavedLog", "metadata": {"name": "a.txt"}, "pod": "a.txt", "about": "Log"}
    text = f"Error: couldn't find key TOKEN in {kind} shop/mail\n"
    found = told(_waiting(), held, saved, logs={("", "a.txt", ""): text})
    assert 'key "TOKEN" not found' in found[code].message
    assert "which has only host" in found[code].message
    assert not {"K8S-107", "K8S-970", "K8S-971"} & set(found)


def test_a_message_about_another_namespace_is_not_the_pods() -> None:
    saved = {"kind": "SavedLog", "metadata": {"name": "a.txt"}, "pod": "a.txt", "about": "Log"}
    text = "Error: couldn't find key TOKEN in Secret other/mail\n"
    assert "K8S-107" in told(_waiting(), saved, logs={("", "a.txt", ""): text})
