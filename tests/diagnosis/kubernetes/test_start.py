"""Pods that do not start: the kubelet's and the runtimes' real texts, told apart by what a person would change."""

import json

import pytest

from tests.integrations.kubernetes.situation import cluster, codes, findings

POD = """
apiVersion: v1
kind: Pod
metadata: {{name: web-1, namespace: shop, creationTimestamp: "2026-11-21T01:40:00Z"}}
spec:
  nodeName: n1
  imagePullSecrets: []
  volumes: [{{name: conf, configMap: {{name: conf}}}}]
  containers: [{{name: app, image: "registry.example.com/team/web:1.2", command: ["/srv/run"]}}]
status:
  phase: Pending
  startTime: "2026-11-21T01:40:00Z"
  conditions: [{{type: Ready, status: "False", lastTransitionTime: "2026-11-21T02:00:00Z"}}]
  containerStatuses:
    - name: app
      restartCount: 0
      state: {{waiting: {{reason: {reason}, message: {message}}}}}
---
{{apiVersion: v1, kind: ConfigMap, metadata: {{name: conf, namespace: shop}}, data: {{a: "1"}}}}
---
{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: default, namespace: shop}}}}
"""
EVENT = """
---
apiVersion: v1
kind: Event
metadata: {{name: web-1.{n}, namespace: shop}}
involvedObject: {{kind: Pod, namespace: shop, name: web-1}}
type: Warning
reason: {reason}
message: {message}
firstTimestamp: "2026-11-21T01:41:00Z"
lastTimestamp: "2026-11-21T01:59:00Z"
"""


def waiting(reason: str, message: str = "", *events: tuple[str, str]) -> str:
    return POD.format(reason=reason, message=json.dumps(message)) + "".join(
        EVENT.format(n=n, reason=r, message=json.dumps(m)) for n, (r, m) in enumerate(events)
    )


PULLS = [
    (
        'rpc error: code = NotFound desc = failed to pull and unpack image "x": failed to resolve reference "x": x: '
        "not found",
        "K8S-110",
    ),
    ("Error response from daemon: manifest for x:1 not found: manifest unknown: manifest unknown", "K8S-110"),
    ("pull access denied for team/web, repository does not exist or may require 'docker login'", "K8S-111"),
    ("failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized", "K8S-112"),
    ("no basic auth credentials", "K8S-112"),
    (
        'Head "https://registry.example.com/v2/": dial tcp: lookup registry.example.com on 10.0.0.2:53: no such host',
        "K8S-114",
    ),
    ('Get "https://registry.example.com/v2/": dial tcp 10.1.1.1:443: i/o timeout', "K8S-115"),
    ('Get "https://registry.example.com/v2/": x509: certificate signed by unknown authority', "K8S-116"),
    ("toomanyrequests: You have reached your pull rate limit.", "K8S-117"),
    ("no match for platform in manifest: not found", "K8S-118"),
    ("write /var/lib/containerd/x: no space left on device", "K8S-119"),
    ("http: server gave HTTP response to HTTPS client", "K8S-126"),
    ("received unexpected HTTP status: 503 Service Unavailable", "K8S-127"),
    ("unexpected status code 502 Bad Gateway", "K8S-127"),
    ("name unknown: the repository with name 'team/web' was deleted", "K8S-128"),
]


@pytest.mark.parametrize(("message", "code"), PULLS)
@pytest.mark.parametrize("where", ["waiting", "event"])
def test_image_pulls_are_told_apart(message: str, code: str, where: str) -> None:
    text = (
        waiting("ImagePullBackOff", f'Back-off pulling image "x": {message}')
        if where == "waiting"
        else waiting("ErrImagePull", "", ("Failed", f'Failed to pull image "x": {message}'))
    )
    assert codes(cluster(text)) == [code]


@pytest.mark.parametrize(
    ("reason", "message", "code"),
    [
        ("CreateContainerConfigError", 'configmap "ghost" not found', "K8S-101"),
        ("CreateContainerConfigError", 'secret "ghost" not found', "K8S-102"),
        ("CreateContainerConfigError", "couldn't find key mode in ConfigMap shop/conf", "K8S-103"),
        ("CreateContainerConfigError", "couldn't find key mode in Secret shop/conf", "K8S-104"),
        ("CreateContainerConfigError", "container has runAsNonRoot and image will run as root", "K8S-105"),
        (
            "CreateContainerConfigError",
            "container has runAsNonRoot and image has non-numeric user (web), cannot verify",
            "K8S-106",
        ),
        ("CreateContainerConfigError", "something new", "K8S-107"),
        (
            "CreateContainerConfigError",
            "failed to sync configmap cache: timed out waiting for the condition",
            "K8S-108",
        ),
        ("CreateContainerConfigError", 'serviceaccount "ghost" not found', "K8S-109"),
        ("CreateContainerConfigError", "failed to prepare subPath for volumeMount conf", "K8S-165"),
        ("ImagePullBackOff", "", "K8S-120"),
        ("InvalidImageName", "couldn't parse image reference", "K8S-121"),
        ("ErrImageNeverPull", "Container image is not present with pull policy of Never", "K8S-122"),
        ("ImageInspectError", "failed to inspect", "K8S-123"),
        ("RegistryUnavailable", "registry is down", "K8S-124"),
        ("SignatureValidationFailed", "no signature", "K8S-125"),
        ("RunContainerError", 'exec: "/srv/run": stat /srv/run: no such file or directory: unknown', "K8S-150"),
        ("RunContainerError", 'exec: "/srv/run": permission denied: unknown', "K8S-151"),
        ("RunContainerError", "exec /srv/run: exec format error", "K8S-152"),
        (
            "CreateContainerError",
            'failed to create containerd task: chdir to cwd ("/app") set in config.json failed',
            "K8S-153",
        ),
        (
            "CreateContainerError",
            "error mounting x to y: not a directory: Are you trying to mount a directory onto a file",
            "K8S-154",
        ),
        ("CreateContainerError", "context deadline exceeded", "K8S-155"),
        ("PostStartHookError", "command exited with 137", "K8S-156"),
        ("ContainerCreating", "", "K8S-163"),
    ],
)
def test_every_reason_to_wait_has_its_code(reason: str, message: str, code: str) -> None:
    assert codes(cluster(waiting(reason, message))) == [code]


@pytest.mark.parametrize(
    ("reason", "message", "code"),
    [
        ("FailedMount", 'MountVolume.SetUp failed for volume "conf" : configmap "ghost" not found', "K8S-101"),
        (
            "FailedAttachVolume",
            'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) web-0',
            "K8S-431",
        ),
        ("FailedMount", 'MountVolume.SetUp failed for volume "nfs" : mount.nfs: access denied by server', "K8S-142"),
        (
            "FailedMount",
            'MountVolume.SetUp failed for volume "h" : hostPath type check failed: /x is not a directory',
            "K8S-143",
        ),
        ("FailedMount", 'MountVolume.SetUp failed for volume "d" : rpc error: mount failed: exit status 32', "K8S-433"),
        ("FailedAttachVolume", 'AttachVolume.Attach failed for volume "pvc-1" : disk not found', "K8S-433"),
        (
            "FailedMount",
            "Unable to attach or mount volumes: unmounted volumes=[d]: timed out waiting for the condition",
            "K8S-146",
        ),
        (
            "FailedCreatePodSandBox",
            'plugin type="calico" failed (add): stat /var/lib/calico/nodename: no such file',
            "K8S-160",
        ),
        (
            "FailedCreatePodSandBox",
            'plugin type="aws-cni": add cmd: failed to assign an IP address to container',
            "K8S-161",
        ),
        ("FailedCreatePodSandBox", "failed to reserve sandbox name", "K8S-162"),
    ],
)
def test_events_say_why_a_pod_does_not_start(reason: str, message: str, code: str) -> None:
    assert codes(cluster(waiting("ContainerCreating", "", (reason, message)))) == [code]


def test_a_pull_secret_that_is_missing_outranks_the_refusal() -> None:
    text = waiting(
        "ImagePullBackOff", "pull access denied, repository does not exist or may require authorization"
    ).replace("imagePullSecrets: []", "imagePullSecrets: [{name: regcred}]")
    found = findings(cluster(text))
    assert [f.code for f in found] == ["K8S-113"]
    assert found[0].message.endswith('imagePullSecret "regcred" not found')


def test_what_appeared_meanwhile_is_not_missing() -> None:
    assert codes(
        cluster(waiting("ContainerCreating", "", ("FailedMount", 'for volume "conf" : configmap "conf" not found')))
    ) != ["K8S-101"]


def test_a_start_of_a_minute_is_no_trouble() -> None:
    young = waiting("ContainerCreating").replace("T01:40:00Z", "T01:59:00Z")
    assert codes(cluster(young)) == []


def test_every_message_is_complete_and_every_quotation_stands_in_the_evidence() -> None:
    for message, _ in PULLS:
        for finding in findings(cluster(waiting("ImagePullBackOff", message))):
            assert "<" not in finding.message, finding.message
            assert finding.cites
