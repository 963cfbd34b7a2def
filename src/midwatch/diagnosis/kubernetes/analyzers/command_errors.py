"""What kubectl, helm or the API server said instead of doing what a person asked: the refusal names its reason."""

import re
from collections.abc import Iterator

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.containers import clip, reason_text
from midwatch.diagnosis.kubernetes.view.known_errors import known_error
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.saved_objects import CommandError

_SAID = 320  # characters
_WEBHOOK = re.compile(
    r'failed calling webhook "(?P<webhook>[^"]{1,253})": (?:failed to call webhook: )?(?:(?:Post|Get) "?'
    r"https://(?P<service>[a-z0-9-]{1,63})\.(?P<where>[a-z0-9-]{1,63})\.svc(?::(?P<port>\d{1,5}))?)?"
)
_DENIED = re.compile(r'admission webhook "(?P<webhook>[^"]{1,253})" denied the request')
_BUDGET = re.compile(r"[Cc]annot evict pod as it would violate the pod's disruption budget")
_QUOTA = re.compile(r"(?:exceeded|failed) quota: (?P<quota>[a-z0-9.-]{1,253})")
_RIGHT = re.compile(
    r'User "(?P<user>[^"]{1,300})" cannot (?P<verb>[\w*]{1,30}) (?:resource "(?P<resource>[^"]{1,200})"|path)'
)
_LOGIN = re.compile(
    r"must be logged in to the server|\(Unauthorized\)|the server has asked for the client to provide cred"
)
_CERTIFICATE = re.compile(r"(?:x509|tls): .{1,300}")
_UNREACHED = re.compile(
    r"Unable to connect to the server|connection to the server (?P<server>\S{1,260}) was refused|couldn't get current "
    r"server API group list|connect: connection refused|i/o timeout|no such host|no route to host|TLS handshake timeout"
)
_KUBELET = re.compile(r"(?:https?://|dial tcp )(?P<node>[\w.\[\]:-]{1,253}):10250\b")
_UNKNOWN_KIND = re.compile(r'no matches for kind "(?P<kind>[^"]{1,200})" in version "(?P<version>[^"]{1,200})"')
_ETCD = re.compile(r"etcdserver: (?P<what>[\w :,.-]{1,120})")
_LISTING = frozenset(("get", "list", "watch"))
_RULES = (
    (_WEBHOOK, "K8S-740"),
    (_DENIED, "K8S-741"),
    (_BUDGET, "K8S-742"),
    (_QUOTA, "K8S-743"),
    (_RIGHT, "K8S-744"),
    (_LOGIN, "K8S-745"),
    (_ETCD, "K8S-749"),
    (_KUBELET, "K8S-747"),
    (_CERTIFICATE, "K8S-745"),
    (_UNREACHED, "K8S-746"),
    (_UNKNOWN_KIND, "K8S-748"),
)
_BUILT_IN = "The version was removed from Kubernetes, or is not served yet by this release."
_CUSTOM = "The CustomResourceDefinition is not installed, or does not serve this version."
_ASKED = re.compile(r"\?timeout=\w{1,10}")  # of the request, not of the answer
_WHY = (
    ("deadline exceeded", "timeout"),
    ("Timeout", "timeout"),
    ("timeout", "timeout"),
    ("connection refused", "connection refused"),
    ("no endpoints available", "its Service has no endpoints"),
    ("x509", "certificate not trusted"),
    ("no route to host", "no route to host"),
    ("not found", "Service not found"),
)


def find(cluster: Cluster) -> Iterator[Finding]:
    told: set[str] = set()
    for error in cluster.all(CommandError):
        if error.message not in told:  # tried again, it says the same
            told.add(error.message)
            yield _say(cluster, error)


def _is_built_in(version: str) -> bool:
    """Groups of Kubernetes itself have no dot, or end with k8s.io."""
    group, slash, _ = version.partition("/")
    return not slash or "." not in group or group.endswith(".k8s.io")


def _say(cluster: Cluster, error: CommandError) -> Finding:
    code, facts, peers = "K8S-739", dict[str, str](), tuple[Subject, ...]()
    for pattern, rule in _RULES:
        if match := pattern.search(error.message):
            code, facts = rule, {name: text for name, text in match.groupdict().items() if text}
            break
    if code in ("K8S-739", "K8S-748") and (known := known_error(error.message)):
        code, facts = known[0], {"effect": "", **known[1]}
    if code == "K8S-748":
        facts["why"] = _BUILT_IN if _is_built_in(facts.get("version", "")) else _CUSTOM
    if code == "K8S-740":
        said = _ASKED.sub("", error.message)
        facts["why"] = next((words for mark, words in _WHY if mark in said), "the call failed")
        if "service" in facts:
            facts["target"] = f" (Service {facts['where']}/{facts['service']}, port {facts.get('port', '443')})"
            peers = (Subject(kind="Service", name=facts["service"], namespace=facts["where"]),)
    if code == "K8S-744" and facts.get("verb") in _LISTING:
        code = "K8S-750"  # what a person may not read is a gap of the investigation, and no fault of the cluster
    command = clip(error.command, 120) or "a command"
    subject = Subject(kind="Command", name=error.name, namespace="")
    facts = {k: v for k, v in facts.items() if k not in ("name", "namespace", "container")}
    facts |= {"said": reason_text(error.message, _SAID), "command": command, "at": command, "place": error.place}
    facts = {"target": "", **facts}
    proof = (cluster.cite(error, error.message),)
    return finding(
        code, subject, owner=subject, cites=proof, confidence=Confidence.HIGH, onset=None, peers=peers, **facts
    )


ANALYZER = Analyzer(find, reads=(CommandError,))
