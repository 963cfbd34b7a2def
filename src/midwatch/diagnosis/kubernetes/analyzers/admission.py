"""Pods that the API server rejects for reasons other than a quota: ServiceAccounts, Pod Security, webhooks, RBAC,
invalid fields."""

import re
from collections.abc import Callable, Iterator

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.analyzers.quotas import EXCEEDED, LIMIT, RATIO, UNSET, UNSPECIFIED
from midwatch.diagnosis.kubernetes.analyzers.webhooks import unreachable_webhook
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.failed_creates import FailedCreate, refusals
from midwatch.diagnosis.kubernetes.scheduling.explain import member
from midwatch.diagnosis.kubernetes.view.backing import BACKING_READS
from midwatch.diagnosis.kubernetes.view.dependencies import OTHER_NAMESPACES, dependency_requests
from midwatch.domain.evidence import Citation, ToolRequest
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Event, PriorityClass
from midwatch.integrations.kubernetes.objects.network import (
    MutatingWebhookConfiguration,
    Service,
    ServiceAccount,
    ValidatingWebhookConfiguration,
    Webhook,
)
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.workload import Job

_QUOTAS = (EXCEEDED, UNSPECIFIED, LIMIT, UNSET, RATIO)
_ACCOUNT = re.compile(r'serviceaccount "([^"]+)" not found')
_SECURITY = re.compile(r'violates PodSecurity "([^"]+)": (.+)', re.DOTALL)
_DENIED = re.compile(r'admission webhook "([^"]+)" denied the request(?: without explanation|: (.*))?', re.DOTALL)
_UNREACHED = re.compile(r'failed calling webhook "([^"]+)": (?:failed to call webhook: )?(.*)', re.DOTALL)
_CALLED = re.compile(r"https://([a-z0-9-]+)\.([a-z0-9-]+)\.svc")
_NO_SERVICE = re.compile(r'service "([^"]+)" not found|no endpoints available for service "([^"]+)"')
_PRIORITY = re.compile(r"no PriorityClass with name (\S+) was found")
_RIGHT = re.compile(r'User "([^"]+)" cannot (\w+) resource "([^"]+)"')
_POLICY = re.compile(r"ValidatingAdmissionPolicy '([^']+)' with binding '([^']+)' denied request: (.*)", re.DOTALL)
_INVALID = re.compile(r'(?:Pod|Job\.batch|ReplicaSet\.apps) "[^"]*" is invalid: (.+)', re.DOTALL)
_CONSTRAINT = re.compile(r"unable to validate against any security context constraint: (.+)", re.DOTALL)
_ENDING = re.compile(r"because it is being terminated")
_WHY = (
    ("x509", "TLS certificate not trusted"),
    ("connection refused", "connection refused"),
    ("no endpoints available", "Service has no endpoints"),
    ("deadline exceeded", "timeout"),
    ("Timeout", "timeout"),
    ("timeout", "timeout"),
    ("no route to host", "no route to host"),
    ("not found", "Service not found"),
    ("no such host", "DNS lookup failed"),
)


def find(cluster: Cluster) -> Iterator[Finding]:
    for refusal in refusals(cluster):
        if not any(p.search(refusal.text) for p in _QUOTAS):
            yield from _judged(cluster, refusal)


def _judged(cluster: Cluster, refusal: FailedCreate) -> Iterator[Finding]:
    for pattern, rule in _RULES:
        if match := pattern.search(refusal.text):
            yield rule(cluster, refusal, match)
            return
    if not refusal.conditioned:  # the finding of the workload repeats an unknown message of its condition
        yield _say(refusal, "K8S-729", quote=_short(refusal.text))


def _say(refusal: FailedCreate, code: str, *cites: Citation, peers: tuple[Subject, ...] = (), **facts: str) -> Finding:
    proof, sure = (refusal.cite, *cites), Confidence.HIGH
    return finding(
        code,
        refusal.subject,
        owner=refusal.owner,
        cites=proof,
        confidence=sure,
        onset=refusal.onset,
        peers=peers,
        **facts,
    )


def _short(text: str | None) -> str:
    line = " ".join((text or "").split())
    return line if len(line) <= 300 else line[:299] + "…"


def _account(cluster: Cluster, refusal: FailedCreate, match: re.Match[str]) -> Finding:
    place = refusal.subject.namespace
    gone = cluster.missing(ServiceAccount, place, match[1])
    proof = (cluster.cite_absence(ServiceAccount, place, match[1]),) if gone else ()
    return _say(refusal, "K8S-720", *proof, account=match[1])


def _security(_: Cluster, refusal: FailedCreate, match: re.Match[str]) -> Finding:
    return _say(refusal, "K8S-721", level=match[1], rule=_short(match[2]))


def _denied(cluster: Cluster, refusal: FailedCreate, match: re.Match[str]) -> Finding:
    return _say(refusal, "K8S-722", *_declared(cluster, match[1]), webhook=match[1], quote=_short(match[2]) or "")


def _unreachable(cluster: Cluster, refusal: FailedCreate, match: re.Match[str]) -> Finding:
    name, text = match[1], match[2]
    service = _service(cluster, name, text)
    why = next((words for mark, words in _WHY if mark in text), "call failed")
    at = f"{service.namespace}/{service.name}" if service else "external URL"
    told = unreachable_webhook(cluster, name)
    peers = (told,) if told else (service,) if service else ()
    return _say(
        refusal,
        "K8S-735" if told else "K8S-723",
        *_declared(cluster, name),
        peers=peers,
        webhook=name,
        service=at,
        why=why,
        quote=_short(text),
    )


def _service(cluster: Cluster, webhook: str, text: str) -> Subject | None:
    if match := _CALLED.search(text):
        return Subject(kind="Service", name=match[1], namespace=match[2])
    for _, hook in _webhooks(cluster):
        if hook.name == webhook and hook.client_config.service:
            return Subject(
                kind="Service", name=hook.client_config.service.name, namespace=hook.client_config.service.namespace
            )
    match = _NO_SERVICE.search(text)
    return Subject(kind="Service", name=match[1] or match[2]) if match else None


def _webhooks(
    cluster: Cluster,
) -> Iterator[tuple[ValidatingWebhookConfiguration | MutatingWebhookConfiguration, Webhook]]:
    for configuration in (*cluster.all(ValidatingWebhookConfiguration), *cluster.all(MutatingWebhookConfiguration)):
        yield from ((configuration, hook) for hook in configuration.webhooks or ())


def _declared(cluster: Cluster, webhook: str) -> tuple[Citation, ...]:
    return tuple(cluster.cite(c, member("name", webhook)) for c, hook in _webhooks(cluster) if hook.name == webhook)[:1]


def _priority(cluster: Cluster, refusal: FailedCreate, match: re.Match[str]) -> Finding:
    gone = cluster.missing(PriorityClass, "", match[1])
    proof = (cluster.cite_absence(PriorityClass, "", match[1]),) if gone else ()
    return _say(refusal, "K8S-724", *proof, priority=match[1])


def _right(_: Cluster, refusal: FailedCreate, match: re.Match[str]) -> Finding:
    return _say(refusal, "K8S-725", user=match[1], verb=match[2], resource=match[3])


def _policy(_: Cluster, refusal: FailedCreate, match: re.Match[str]) -> Finding:
    return _say(refusal, "K8S-726", policy=match[1], quote=_short(match[3]))


def _invalid(_: Cluster, refusal: FailedCreate, match: re.Match[str]) -> Finding:
    return _say(refusal, "K8S-727", quote=_short(match[1]))


def _constraint(_: Cluster, refusal: FailedCreate, match: re.Match[str]) -> Finding:
    fixed = _FIXED_IDS.search(refusal.text)
    return _say(refusal, "K8S-728", quote=_short(match[1]), reason=_FIXED if fixed else "")


def _ending(_: Cluster, refusal: FailedCreate, __: re.Match[str]) -> Finding:
    return _say(refusal, "K8S-730")


_FIXED_IDS = re.compile(r"must be in the ranges|is not an allowed group|Invalid value: \S{1,40}: must be")
_FIXED = (
    " The message gives a range: the pod template sets a fixed user or group (runAsUser, fsGroup) outside it. Without "
    "these fields OpenShift assigns ids of the namespace's range; another SCC is needed only if the image requires its "
    "own id."
)
_RULES: tuple[tuple[re.Pattern[str], Callable[[Cluster, FailedCreate, re.Match[str]], Finding]], ...] = (
    (_UNREACHED, _unreachable),
    (_DENIED, _denied),
    (_POLICY, _policy),
    (_ACCOUNT, _account),
    (_SECURITY, _security),
    (_CONSTRAINT, _constraint),
    (_PRIORITY, _priority),
    (_RIGHT, _right),
    (_ENDING, _ending),
    (_INVALID, _invalid),
)


def asks(cluster: Cluster) -> Iterator[ToolRequest]:
    """PriorityClasses after a pod was rejected because of one; the namespace of a webhook's Service after it did not
    answer."""
    unreached = (_UNREACHED.search(refusal.text) for refusal in refusals(cluster))
    called = (_service(cluster, match[1], match[2]) for match in unreached if match)
    wanted = {s.namespace: None for s in called if s and s.namespace and not cluster.is_complete(Pod, s.namespace)}
    for namespace in list(wanted)[:OTHER_NAMESPACES]:
        yield from dependency_requests(namespace, "a webhook of this namespace did not answer")
    if any(_PRIORITY.search(refusal.text) for refusal in refusals(cluster)):
        yield ToolRequest(
            tool="kubernetes_list",
            arguments={"resource": "priorityclasses"},
            why="a pod references a PriorityClass that was not found",
        )


ANALYZER = Analyzer(
    find,
    asks,
    reads=(
        *BACKING_READS,
        Event,
        Service,
        Job,
        ServiceAccount,
        ValidatingWebhookConfiguration,
        MutatingWebhookConfiguration,
        PriorityClass,
    ),
)
