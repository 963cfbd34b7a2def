"""Images that cannot be pulled or are rejected by the node."""

import re
from collections.abc import Iterator

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.containers import ContainerView, clip, instances
from midwatch.diagnosis.kubernetes.view.image_pull_errors import (
    ImageReference,
    PullError,
    looked_up,
    refusal,
    without_credentials,
)
from midwatch.domain.evidence import Citation, ToolRequest
from midwatch.domain.finding import Confidence, Finding
from midwatch.integrations.kubernetes.objects.cluster import Event, Node, Secret
from midwatch.integrations.kubernetes.objects.pod import Pod

_PULLING = frozenset({"ErrImagePull", "ImagePullBackOff"})
_STATED = {
    "InvalidImageName": "K8S-121",
    "ErrImageNeverPull": "K8S-122",
    "ImageInspectError": "K8S-123",
    "RegistryUnavailable": "K8S-124",
    "SignatureValidationFailed": "K8S-125",
}
_NAMED = re.compile(r'(?i)\bimage "([^"\s]{1,255})"')
_ASKED_PODS = 4
_ASSIGNED = re.compile(r"^Successfully assigned \S{1,320} to (\S{1,253})")
_ASKED = re.compile(r"https?://([A-Za-z0-9.:-]{1,253})/(?:v2|token)")
_LOST_SECRET = re.compile(r"Unable to retrieve some image pull secrets \(([^)]+)\)")
# Registry of a cloud, names of that cloud's nodes, and the account that its kubelets pull with.
_CLOUDS = (
    (re.compile(r"(?:^|\.)gcr\.io$|\.pkg\.dev$"), re.compile("gke-"), "service account of the GKE node pool"),
    (re.compile(r"\.dkr\.ecr\."), re.compile(r"ip-[\d-]+\.|i-[0-9a-f]{8}"), "IAM role of the EC2 node"),
    (re.compile(r"\.azurecr\.io$"), re.compile("aks-"), "kubelet identity of the AKS cluster"),
)
# With these the missing secret explains the error; with the others (network, disk) it would be a second fault.
_REFUSED = frozenset({"K8S-110", "K8S-111", "K8S-112", "K8S-128", ""})


def find(cluster: Cluster) -> Iterator[Finding]:
    for pod in cluster.all(Pod):
        if pod.ready or pod.is_finished:
            continue
        for instance in instances(cluster, pod):
            if instance.waiting_reason in _PULLING:
                yield _unpulled(instance)
            elif code := _STATED.get(instance.waiting_reason):
                said = instance.message or instance.waiting_reason
                yield instance.finding(
                    code, instance.cite(said), *_image_cite(instance), image=_image(instance), said=clip(said)
                )


def _image(instance: ContainerView) -> str:
    """As the pod has it; a table has none, but a message of the kubelet does."""
    image = instance.spec.image or instance.status.image
    told = (e.message or "" for e in instance.events("Failed", "BackOff", "Pulling")) if not image else ()
    return image or next((m[1] for text in (instance.message, *told) if (m := _NAMED.search(text))), "")


def _image_cite(instance: ContainerView) -> tuple[Citation, ...]:
    image = instance.spec.image or instance.status.image
    return (instance.cite(image),) if image else ()


def _unpulled(instance: ContainerView) -> Finding:
    events = instance.events("Failed", "BackOff", "InspectFailed")
    onset = min((e.first for e in events if e.first), default=None)
    found, proof = _reason(instance, events)
    image = _image(instance)
    reference = ImageReference.parse(image)
    facts = {"image": image}
    if image:
        facts |= {"registry": reference.registry, "repository": reference.repository, "tag": reference.tag}
    if (found.code if found else "") in _REFUSED and (lost := _lost_secret(instance)):
        secret, proofs = lost
        cites = (*proofs, *((proof,) if proof else ()))
        return instance.finding("K8S-113", *cites, *_image_cite(instance), onset=onset, secret=secret, facts=facts)
    if found is None or proof is None:
        cites = (instance.cite(instance.waiting_reason), *_image_cite(instance))
        read = instance.cluster.was_listed(Event)
        facts |= {"reason": instance.waiting_reason, "unknown": "no event gives the reason" if read else ""}
        return instance.finding("K8S-120", *cites, onset=onset, confidence=Confidence.MEDIUM, facts=facts)
    context, more = _context(instance, reference, found)
    message = proof.quote
    host = looked_up(message) if found.code == "K8S-114" else ""
    if found.code == "K8S-112" and (mirror := _mirror(instance, reference, message)):
        context = f"answer of mirror {mirror}; {context}"
        facts |= {"sign": clip(found.sign), "context": context}
        return instance.finding(
            "K8S-111", proof, *_image_cite(instance), onset=onset, confidence=Confidence.MEDIUM, facts=facts
        )
    if found.code == "K8S-112" and (identity := _node_identity(instance, reference)):
        facts |= {"sign": clip(found.sign), "identity": identity}
        return instance.finding("K8S-168", proof, *_image_cite(instance), onset=onset, facts=facts)
    facts |= {"sign": clip(found.sign), "host": host or facts.get("registry", ""), "context": context}
    facts["platform"] = _platform(instance) if found.code == "K8S-118" else ""
    if found.code == "K8S-112" and without_credentials(message):
        facts["context"] = "pulled without credentials; " + context
    return instance.finding(found.code, proof, *_image_cite(instance), *more, onset=onset, facts=facts)


def _node_identity(instance: ContainerView, reference: ImageReference) -> str:
    """The account that the node pulls with, where registry and node are of one cloud and the pod has no pull secret of
    its own: then no secret is missing."""
    if instance.pod.spec.image_pull_secrets:
        return ""
    node = instance.pod.spec.node_name or _scheduled_to(instance)
    found = (name for registry, host, name in _CLOUDS if registry.search(reference.registry) and host.match(node))
    return next(found, "")


def _scheduled_to(instance: ContainerView) -> str:
    """The node as the scheduler's event names it, where the pod itself was not read."""
    told = (_ASSIGNED.search(e.message or "") for e in instance.cluster.events(instance.pod, "Scheduled"))
    return next((match[1] for match in told if match), "")


def _platform(instance: ContainerView) -> str:
    """`windows/amd64`: what the pod's node needs of an image; "" where the node was not read."""
    node = instance.cluster.get(Node, "", instance.pod.spec.node_name or "")
    info = node.status.node_info if node else None
    return f"{info.operating_system}/{info.architecture}" if info and info.operating_system else ""


def _mirror(instance: ContainerView, reference: ImageReference, message: str) -> str:
    """The host that refused, where it is not the image's registry and the pod has no pull secret: mirrors answer 403
    for repositories that do not exist."""
    asked = [m[1] for m in _ASKED.finditer(message)]
    own = reference.registry.removeprefix("index.")
    foreign = [h for h in asked if h != own and not (h.endswith(f".{own}"))]
    known = instance.has_spec and not instance.pod.spec.image_pull_secrets
    return foreign[0] if known and foreign and len(foreign) == len(asked) else ""


def _reason(instance: ContainerView, events: list[Event]) -> tuple[PullError | None, Citation | None]:
    """The newest message with the reason. Newer releases repeat it in the waiting message, in older ones only the event
    has it."""
    if found := refusal(instance.message):
        return found, instance.cite(instance.message)
    for event in reversed(events):
        if found := refusal(event.message or ""):
            return found, instance.cluster.cite_event(event)
    return None, None


def _lost_secret(instance: ContainerView) -> tuple[str, tuple[Citation, ...]] | None:
    """A pull secret that the pod references and the namespace does not have, from the warning of the kubelet or from a
    complete list of Secrets."""
    cluster, pod = instance.cluster, instance.pod
    for event in reversed(cluster.events(pod, "FailedToRetrieveImagePullSecret")):
        if match := _LOST_SECRET.search(event.message or ""):
            return match[1], (cluster.cite_event(event, match[0]),)
    for secret in pod.spec.image_pull_secrets or ():
        if secret.name and cluster.missing(Secret, pod.namespace, secret.name):
            return secret.name, (
                cluster.cite(pod, secret.name),
                cluster.cite_absence(Secret, pod.namespace, secret.name),
            )
    return None


def _context(instance: ContainerView, reference: ImageReference, found: PullError) -> tuple[str, tuple[Citation, ...]]:
    """Facts that narrow the cause: pull secrets, and running pods with an image of the same repository."""
    secrets = ", ".join(s.name for s in instance.pod.spec.image_pull_secrets or () if s.name)
    said = f"imagePullSecrets: {secrets}" if secrets else "no imagePullSecrets" if instance.has_spec else ""
    if found.code not in ("K8S-110", "K8S-111", "K8S-112"):
        return said, ()
    neighbour = _neighbour(instance, reference)
    if neighbour is None:
        return said, ()
    pod, image = neighbour
    return f"{said}; pod {pod.name} runs {image} of the same repository", (instance.cluster.cite(pod, image),)


def _neighbour(instance: ContainerView, reference: ImageReference) -> tuple[Pod, str] | None:
    """A pod that runs another image of the same repository: then the repository exists and can be pulled."""
    for pod in instance.cluster.pods_in(instance.pod.namespace):
        for other in instances(instance.cluster, pod):
            image = _image(other)
            seen = ImageReference.parse(image)
            if other.status.state.running and (seen.registry, seen.repository) == (
                reference.registry,
                reference.repository,
            ):
                return pod, image
    return None


def asks(cluster: Cluster) -> Iterator[ToolRequest]:
    """Where the scheduler put a pod whose image is denied, if the pod does not say; its events are no warnings."""
    denied = [
        pod
        for pod in cluster.all(Pod)
        if not pod.spec.node_name and any(_is_denied(i) for i in instances(cluster, pod))
    ]
    for pod in denied[:_ASKED_PODS]:
        if not cluster.is_complete(Event, pod.namespace) and not cluster.events(pod, "Scheduled"):
            arguments = {"namespace": pod.namespace, "about": pod.name}
            yield ToolRequest(tool="kubernetes_events", arguments=arguments, why=f"image of pod {pod.name} is denied")


def _is_denied(instance: ContainerView) -> bool:
    if instance.waiting_reason not in _PULLING:
        return False
    found, _ = _reason(instance, instance.events("Failed"))
    return found is not None and found.code == "K8S-112"


ANALYZER = Analyzer(find, asks, reads=(Pod, Event, Node, Secret))
