"""Wordings of Kubernetes' own messages, by the reason of the event that carries them, and the objects they name."""

import re
from typing import NamedTuple

from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty

_NAME = r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?"
_SPACE = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# reason → how its messages begin, as kubelet, scheduler and controllers word them.
_WORDINGS: tuple[tuple[str, str], ...] = (
    ("FailedMount", r"MountVolume\.\w{3,20} failed for volume|Unable to (?:attach or )?mount volumes"),
    ("FailedMount", r"failed to sync (?:secret|configmap) cache"),
    ("FailedAttachVolume", r"AttachVolume\.\w{3,20} failed for volume|Multi-Attach error for volume"),
    ("FailedMapVolume", r"MapVolume\.\w{3,20} failed for volume"),
    (
        "Failed",
        r"Failed to pull image|Failed to inspect image|Error: (?:ErrImagePull|ImagePullBackOff|ErrImageNeverPull)",
    ),
    ("Failed", r"Container image \"[^\"]{1,300}\" is not present with pull policy"),
    ("Failed", r"(?:Error: )?couldn't find key \S{1,253} in (?:ConfigMap|Secret)"),
    ("Failed", r"Error: (?:secret|configmap|services?) \"[^\"]{1,253}\" not found|Error: container has runAsNonRoot"),
    ("Failed", r"(?:Error: )?failed to (?:create|start) container|Error response from daemon"),
    ("BackOff", r"Back-?off (?:pulling image|restarting failed container)"),
    ("FailedCreatePodSandBox", r"Failed (?:to )?create pod sandbox|failed to create pod sandbox"),
    ("FailedScheduling", r"0/\d{1,6} nodes are available|no nodes available to schedule pods"),
    ("FailedScheduling", r"pod has unbound immediate PersistentVolumeClaims"),
    ("ProvisioningFailed", r"failed to provision volume with StorageClass|Failed to provision volume with"),
    ("FailedBinding", r"no persistent volumes available for this claim"),
    ("Unhealthy", r"(?:Liveness|Readiness|Startup) probe (?:failed|errored)"),
    ("Killing", r"Container \S{1,63} failed (?:liveness|startup) probe"),
    ("FailedCreate", r"Error creating: "),
    ("Evicted", r"The node was low on resource"),
    ("Evicted", r"Pod ephemeral local storage usage exceeds|Usage of EmptyDir volume \S{1,100} exceeds"),
    ("EvictionThresholdMet", r"Attempting to reclaim (?:memory|ephemeral-storage|inodes|pids)"),
    ("SystemOOM", r"System OOM encountered"),
    ("NetworkNotReady", r"network is not ready: "),
    ("SyncLoadBalancerFailed", r"Error syncing load balancer|failed to ensure load balancer"),
    (
        "FailedGetResourceMetric",
        r"(?:failed|unable) to get (?:cpu|memory|external|object)\S{0,30} (?:utilization|metric)",
    ),
    ("FailedGetResourceMetric", r"unable to get metrics for resource|missing request for (?:cpu|memory)"),
    ("FailedNeedsStart", r"Cannot determine if job needs to be started|[Tt]oo many missed start times?"),
    ("NotTriggerScaleUp", r"pod didn't trigger scale-up"),
    ("DNSConfigForming", r"Nameserver limits were exceeded|Search Line limits were exceeded"),
    ("FailedKillPod", r"error killing pod: "),
    ("FailedPostStartHook", r"PostStartHook failed|Exec lifecycle hook "),
    ("FailedPreStopHook", r"PreStopHook failed"),
    ("ImageGCFailed", r"failed to garbage collect required amount of images|wanted to free \d+ bytes"),
    ("VolumeResizeFailed", r"resize volume \S{1,100} failed|error expanding volume"),
    ("FailedDaemonPod", r"Found failed daemon pod"),
)
_STARTS = re.compile("|".join(f"(?P<k{n}>{words})" for n, (_, words) in enumerate(_WORDINGS)))
_STATES = (
    "ErrImagePull ImagePullBackOff ErrImageNeverPull CreateContainerConfigError CreateContainerError RunContainerError"
)
REASONS = frozenset(reason for reason, _ in _WORDINGS) | frozenset(
    f"{_STATES} FailedCreatePodSandbox FailedSync InspectFailed OOMKilling NodeNotReady FreeDiskSpaceFailed "
    "FailedUpdate FailedGetScale FailedComputeMetricsReplicas FailedToUpdateEndpointSlices FileSystemResizeFailed "
    "ContainerGCFailed ProbeError FailedPodSandBoxStatus FailedValidation InvalidDiskCapacity".split()
)
_AGE = r"(?:<unknown>|\d{1,6}[smhdy][0-9smhdy]{0,20}(?: ago)?(?: ?\(x\d{1,9} over [0-9a-z]{1,20}\))?)"
_SOURCE = r"(?:[a-z][\w./-]{0,80}(?:kubelet|controller|scheduler|autoscaler|provisioner|manager)[\w./-]{0,80}|kubelet)"
_HEADED = re.compile(
    rf"(?:(?:{_AGE}) +)?(?:(?P<type>Warning|Normal)[: ]\s*)?(?P<reason>[A-Z][A-Za-z]{{4,40}})(?P<sep>: *| +)"
    rf"(?:(?P<kind>[a-z]{{3,40}})/(?P<name>{_NAME}) +)?"
    rf"(?:{_AGE} +)?(?:{_SOURCE}(?:, [\w.-]{{1,120}})? +)?(?P<message>\S.*)",
    re.DOTALL,
)
_POD = (
    re.compile(rf"\bpods?[/= ]\\?\"?(?P<name>{_NAME})_(?P<namespace>{_SPACE})(?:\(|\\?\")"),
    re.compile(rf"\"(?P<name>{_NAME})_(?P<namespace>{_SPACE})\([0-9a-f-]{{8,40}}\)"),
    re.compile(rf"\b[Pp]ods?(?:[=:] ?| )\\?\"?(?P<namespace>{_SPACE})/(?P<name>{_NAME})\b"),
    re.compile(rf"\bpods?(?:/| \\?\")(?P<name>{_NAME})(?:\\?\"|(?=[\s:,;)]|$))"),
    re.compile(rf"\bStream closed EOF for (?P<namespace>{_SPACE})/(?P<name>{_NAME})\b"),
)
_CLAIM = (
    re.compile(
        rf"\b(?:persistentvolumeclaim|claim|PVC) \\?\"(?:(?P<namespace>{_SPACE})/)?(?P<name>{_NAME})\\?\"",
        re.I,
    ),
)
_NODE = (re.compile(rf"\b[Nn]ode[ /]\"?(?P<name>{_NAME})\"? status is now"),)
_OF_CLAIMS = frozenset({"ProvisioningFailed", "FailedBinding", "VolumeResizeFailed", "FileSystemResizeFailed"})
_PRESSURE = "NodeHasDiskPressure NodeHasInsufficientMemory NodeHasInsufficientPID InvalidDiskCapacity NodeNotReady"
_GARBAGE = "FreeDiskSpaceFailed ImageGCFailed ContainerGCFailed"
OF_NODES = frozenset(f"{_PRESSURE} {_GARBAGE} EvictionThresholdMet SystemOOM OOMKilling".split())
_CLOSING = {
    '"': re.compile(r"\"(?=[\s.,;:?!)]|$)"),
    "'": re.compile(r"'(?=[\s.,;:?!)]|$)"),
    "`": re.compile(r"`(?=[\s.,;:?!)]|$)"),
    "“": re.compile(r"”(?=[\s.,;:?!)]|$)"),
    "„": re.compile(r"[“”](?=[\s.,;:?!)]|$)"),
}
LONGEST = 20_000


class Message(NamedTuple):
    """`about` is empty where the message names no object."""

    reason: str
    text: str
    about: Json
    start: int = 0


def message_of(text: str) -> Message | None:
    """The message of Kubernetes in a text, with or without its event's type, reason, age and source before it."""
    text = text[:LONGEST]
    head = _HEADED.match(text)
    if head and head["reason"] in REASONS and (head["type"] != "Normal" or _STARTS.search(head["message"])):
        sure = head["type"] or head["sep"].startswith(":") or len(head["sep"]) > 1 or _STARTS.match(head["message"])
        if sure:
            return Message(head["reason"], head["message"], find_object(head["reason"], head["message"]))
    match = _STARTS.search(text)
    if match is None:
        return None
    reason, said = _WORDINGS[int((match.lastgroup or "k0")[1:])][0], _quoted(text, match.start())
    return Message(reason, said, find_object(reason, said), match.start())


def _quoted(text: str, start: int) -> str:
    """From the start of a message to the mark that closes it, where one opens it."""
    said = text[start:]
    closing = _CLOSING.get(text[start - 1 : start])
    if closing is None:
        return said
    ends = [match.start() for match in closing.finditer(said)]
    return said[: ends[-1]] if ends else said


def find_object(reason: str, message: str) -> Json:
    """The object that a message is about, in the words of an event's `involvedObject`; {} where it names none."""
    ways = _CLAIM if reason in _OF_CLAIMS else _NODE if reason in OF_NODES or "status is now" in message else _POD
    kind = {id(_CLAIM): "PersistentVolumeClaim", id(_NODE): "Node"}.get(id(ways), "Pod")
    for way in ways:
        if match := way.search(message[:LONGEST]):
            place = match.groupdict().get("namespace") or ""
            return without_empty(kind=kind, name=match["name"], namespace="" if kind == "Node" else place)
    return {}
