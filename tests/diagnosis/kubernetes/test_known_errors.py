"""Lines that tell the cause by themselves: in logs without a pod, in events, in journals, in what commands said."""

from typing import Any

import pytest

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.known_errors import known_error
from midwatch.domain.finding import CausalRole, Confidence, Finding
from tests.integrations.kubernetes.network_world import prove, thing
from tests.integrations.kubernetes.situation import evidence, findings


def told(text: str, *objects: dict[str, Any], unknown: tuple[str, ...] = ()) -> list[Finding]:
    saved = {"kind": "SavedLog", "metadata": {"name": "app.log"}, "pod": "app.log", "about": "Log"}
    seen = evidence([saved, *objects], logs={("", "app.log", ""): text}, unknown=unknown)
    found = findings(Cluster(seen))
    for one in found:
        prove(seen, one)
    return found


def of_pod(text: str, *objects: dict[str, Any], unknown: tuple[str, ...] = ("pods",)) -> list[Finding]:
    seen = evidence(objects, logs={("data", "db-0", "db"): text}, unknown=unknown)
    found = findings(Cluster(seen))
    for one in found:
        prove(seen, one)
    return found


LINES = [
    ('initdb: error: directory "/srv/pg" exists but is not empty', "K8S-972", "data directory is not empty"),
    ("[ERROR] --initialize specified but the data directory has files in it. Aborting.", "K8S-972", "--initialize"),
    ("It contains a lost+found directory, perhaps due to it being a mount point.", "K8S-972", "lost+found"),
    ("FATAL:  database files are incompatible with server", "K8S-973", "data files refused by this version"),
    ("[ERROR] Invalid MySQL server downgrade: Cannot downgrade from 80034 to 80026.", "K8S-973", "80034"),
    ("cannot upgrade a node from version [6.8.0] directly to version [8.4.1]", "K8S-973", "[6.8.0]"),
    ("Configured broker.id 2 doesn't match stored broker.id 1 in meta.properties", "K8S-974", "another cluster"),
    ("request sent was ignored (cluster ID mismatch: peer[a1]=b2, local=c3)", "K8S-974", "cluster ID mismatch"),
    ("This node previously joined a cluster with UUID [q-1] and is now trying to join z", "K8S-974", "[q-1]"),
    ('FATAL:  lock file "postmaster.pid" already exists', "K8S-975", "locked by another process"),
    ("opening storage failed: lock DB directory: resource temporarily unavailable", "K8S-975", "lock DB"),
    ("ERROR failed to obtain node locks, tried [/usr/share/es/data]", "K8S-975", "node locks"),
    ("error creating fsnotify watcher: too many open files", "K8S-976", "inotify limit of the node"),
    ("Error: ENOSPC: System limit for number of file watchers reached", "K8S-976", "file watchers"),
    ("fatal: inotify_init1 failed: too many open files", "K8S-976", "inotify_init1"),
    ("/proc/sys/net/bridge/bridge-nf-call-ip6tables: No such file or directory", "K8S-977", "node: br_netfilter"),
    ("error: modprobe: FATAL: Module ip_vs_rr not found in directory /lib/modules/6.1", "K8S-977", "ip_vs_rr"),
    ("can't initialize ip6tables table `nat': (do you need to insmod?) failed", "K8S-977", "insmod"),
    ("fatal: rpc error: unknown service runtime.v1.RuntimeService", "K8S-978", "does not serve the CRI"),
    ("error: validate CRI v1 image API: unknown service runtime.v1.ImageService", "K8S-978", "ImageService"),
    ("getting version failed: unknown service runtime.v1alpha2.RuntimeService", "K8S-978", "v1alpha2"),
    ('panic: strconv.Atoi: parsing "tcp://10.96.4.7:6379": invalid syntax', "K8S-979", "value tcp://10.96.4.7:6379"),
    ('NumberFormatException: For input string: "tcp://172.20.3.1:9200"', "K8S-979", "tcp://172.20.3.1:9200"),
    ("Error: cannot convert tcp://10.43.1.2:5432 to a port", "K8S-979", "service link variable"),
    ("error: timed out waiting for caches to sync", "K8S-980", "do not sync"),
    ("failed to wait for cronjob caches to sync: timed out", "K8S-980", "cronjob caches"),
    ("fatal: failed to sync cache: context deadline exceeded", "K8S-980", "sync cache"),
    ("ERROR UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress", "K8S-981", "Helm release"),
    ("error building current release manifest: no matches for kind \"Ingress\" in version \"extensions/v1beta1\"",
     "K8S-982", "extensions/v1beta1"),
    ("ERROR: WAL archive check failed for server main: Expected empty archive", "K8S-983", "not empty"),
    ("error: no instance type met all requirements of pod etl-7", "K8S-984", "no instance type for the pod"),
    ("error: couldn't auto-discover subnets: none tagged", "K8S-985", "no subnets found"),
    ("InvalidIdentityToken: No OpenIDConnect provider found in your account", "K8S-986", "rejects the credentials"),
    ("error: 3 node(s) had volume node affinity conflict", "K8S-987", "other nodes"),
    ("failed: no persistent volumes available for this claim and no storage class is set", "K8S-988", "default"),
    ("mount failed: mount: unknown filesystem type 'glusterfs'", "K8S-989", "file system: glusterfs"),
    ("chown: changing ownership of '/exports/wiki': Operation not permitted", "K8S-991", "/exports/wiki"),
    ("error: failed to allocate: no IP addresses available in range set: 10.1.0.1-10.1.0.9", "K8S-992", "free IP"),
    ("Exceeded timeout of 9000ms while waiting for Pod resource db-0 in namespace data to be ready", "K8S-994",
     "waits for Pod data/db-0 to be ready"),
    ("error: Too many missed start times. Set .spec.startingDeadlineSeconds", "K8S-995", "missed too many"),
    ('error: Multi-Attach error for volume "pv-3" Volume is already used by pod(s) wiki-1', "K8S-996", "by pod wiki-1"),
    ("error: failed to get memory utilization: missing request for memory", "K8S-997", "request for memory missing"),
    ("calico/node failed: BIRD is not ready: BGP not established with 10.9.0.2", "K8S-998", "10.9.0.2"),
    ("upstream connect error or disconnect/reset before headers. reset reason: connection failure", "K8S-999", "proxy"),
    ("error: driver name csi.acme.io not found in the list of registered CSI drivers", "K8S-432", "csi.acme.io"),
    ("error: read /etc/prom/rules.yml: is a directory", "K8S-947", "expected: /etc/prom/rules.yml"),
    ("Error: EISDIR: illegal operation on a directory, read '/app/config.json'", "K8S-947", "/app/config.json"),
    ("IsADirectoryError: [Errno 21] Is a directory: '/srv/a/settings.toml'", "K8S-947", "/srv/a/settings.toml"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "code", "words"), LINES, ids=[f"{code}-{n}" for n, (_, code, _) in enumerate(LINES)])
def test_the_line_alone_is_the_cause(line: str, code: str, words: str) -> None:
    (found,) = told(f"INFO starting\n{line}\n")
    assert (found.code, found.role) == (code, CausalRole.CAUSE)
    assert words in found.message


def test_a_line_that_states_a_mismatch_goes_before_the_heading_and_the_frames() -> None:
    text = (
        "ERROR Fatal error during broker startup. Prepare to shutdown\n"
        "java.lang.RuntimeException: Stored node.id 4 doesn't match previous node.id 7 in /var/kafka/meta.properties\n"
        "\tat kafka.server.Broker.start(Broker.scala:12)\n"
    )
    (found,) = told(text)
    assert found.code == "K8S-974"
    assert "node.id 4" in found.message


@pytest.mark.parametrize(
    ("line", "sure"),
    [
        ("error: timed out waiting for caches to sync", Confidence.MEDIUM),
        ("failed to create inotify watcher: too many open files", Confidence.MEDIUM),
        ("FATAL:  database files are incompatible with server", Confidence.HIGH),
    ],
)
def test_a_line_that_leaves_causes_open_is_likely_only(line: str, sure: Confidence) -> None:
    (found,) = told(f"{line}\n")
    assert found.confidence is sure


def test_a_second_known_error_is_named_beside_the_first() -> None:
    text = "[ERROR] Unable to lock ./ibdata1 error: 11\n[ERROR] Upgrade after a crash is not supported.\n"
    (found,) = told(text)
    assert found.code == "K8S-973"
    assert "also: Data directory locked" in found.message


def test_the_log_of_a_pod_that_was_not_read_tells_its_cause() -> None:
    (found,) = of_pod("INFO checking\nERROR fs.inotify: watcher limit: too many open files\n")
    assert (found.code, found.subject.name) == ("K8S-976", "db-0")
    assert found.message.startswith("data/pod/db-0 (container db): ")


def test_the_log_of_a_healthy_pod_stays_a_complaint() -> None:
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    pod = {"kind": "Pod", "metadata": {"name": "db-0", "namespace": "data"}, "status": status}
    codes = [f.code for f in of_pod("ERROR failed to sync cache: timed out waiting\n", pod, unknown=())]
    assert codes == ["K8S-960"]


@pytest.mark.parametrize("line", ["INFO caches are synced", "WARN retry in 3 s", "DEBUG chown done"])
def test_calm_lines_are_no_causes(line: str) -> None:
    assert [f for f in told(f"{line}\n") if f.role is CausalRole.CAUSE] == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("x509: certificate has expired or is not yet valid: current time 2025-01-02T00:00:00Z is after "
         "2024-12-30T00:00:00Z", "expired on 2024-12-30"),
        ("x509: certificate is valid for a.lan, not b.lan", "not valid for the name that was asked"),
        ('Get "https://vault.lan:8200": x509: certificate signed by unknown authority', "presented by vault.lan:8200"),
        ("transport: authentication handshake failed: x509: certificate has expired", "presented by the gRPC server"),
        ("unable to get local issuer certificate", "signed by a CA that the client does not trust"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_certificate_and_who_presents_it(said: str, words: str) -> None:
    (found,) = told(f"ERROR {said}\n")
    assert found.code == "K8S-916"
    assert words in found.message


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        ('configmaps "a" is forbidden: User "system:serviceaccount:ops:bot" cannot patch resource "configmaps" in API '
         'group "" in the namespace "shop"',
         {"verb": "patch", "api_resource": "configmaps", "role_kind": "role", "where": "shop",
          "service_account": "ops:bot"}),
        ('nodes is forbidden: User "system:serviceaccount:mon:agent" cannot list resource "nodes" in API group "" at '
         "the cluster scope", {"verb": "list", "role_kind": "clusterrole", "service_account": "mon:agent"}),
        ('deployments.apps is forbidden: User "eve" cannot update resource "deployments/scale" in API group "apps" in '
         'the namespace "web"', {"api_resource": "deployments.apps/scale", "where": "web"}),
    ],
)  # fmt: skip
def test_a_denied_request_is_told_in_full(said: str, facts: dict[str, str]) -> None:
    (found,) = told(f"E0101 {said}\n")
    assert found.code == "K8S-923"
    assert facts.items() <= dict(found.facts).items()


@pytest.mark.parametrize(
    ("ours", "theirs", "quotes"),
    [('"cgroupfs"', '"systemd"', False), ("\"'cgroupfs'\"", '"cgroupfs"', True), ("'systemd'", "\"'systemd'\"", True)],
)
def test_cgroup_drivers_that_differ_by_quotes_alone(ours: str, theirs: str, quotes: bool) -> None:
    said = f"misconfiguration: kubelet cgroup driver: {ours} is different from docker cgroup driver: {theirs}"
    found = known_error(said)
    assert found is not None
    assert found[0] == "K8S-993"
    assert bool(found[1]["quotes"]) is quotes


def test_beside_a_pod_in_trouble_the_known_error_is_still_told() -> None:
    pod = thing("Pod", "web-1", status={"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]})
    assert "K8S-978" in [f.code for f in told("fatal: unknown service runtime.v1.RuntimeService\n", pod)]
