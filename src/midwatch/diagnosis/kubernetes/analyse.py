"""Evidence in, Analysis out: runs every analyzer, merges what the replicas of one workload have in common."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from midwatch.diagnosis.kubernetes.analyzers import analyzers
from midwatch.diagnosis.kubernetes.analyzers.databases import clients
from midwatch.diagnosis.kubernetes.analyzers.log_errors import clean_logs, unread_logs
from midwatch.diagnosis.kubernetes.answers import answer
from midwatch.diagnosis.kubernetes.answers.states import healthy_states
from midwatch.diagnosis.kubernetes.area import CLUSTER
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.graph import links
from midwatch.diagnosis.kubernetes.unread_parts import unread_gaps
from midwatch.diagnosis.kubernetes.view.ages import starting_answer, starting_workloads, unknown_ages
from midwatch.diagnosis.kubernetes.view.period import asked_period, is_covered
from midwatch.domain.evidence import Evidence, Gap, ToolRequest
from midwatch.domain.finding import Analysis, Finding, HealthyCheck
from midwatch.domain.observation import Resources
from midwatch.domain.question import Question
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.access import ClusterRole, ClusterRoleBinding, Role, RoleBinding
from midwatch.integrations.kubernetes.objects.cluster import (
    ConfigMap,
    LimitRange,
    Namespace,
    Node,
    PriorityClass,
    ResourceQuota,
    Secret,
)
from midwatch.integrations.kubernetes.objects.custom import CustomResource
from midwatch.integrations.kubernetes.objects.delivery import Application
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.network import (
    Gateway,
    HTTPRoute,
    Ingress,
    IngressClass,
    MutatingWebhookConfiguration,
    NetworkPolicy,
    Service,
    ValidatingWebhookConfiguration,
)
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.storage import PersistentVolume, PersistentVolumeClaim, StorageClass
from midwatch.integrations.kubernetes.objects.workload import (
    CronJob,
    DaemonSet,
    Deployment,
    HorizontalPodAutoscaler,
    Job,
    PodDisruptionBudget,
    StatefulSet,
)

# Facts that differ between the replicas of one workload although they suffer from the same thing.
_OF_ONE_POD = frozenset({"name", "pod", "node", "ip", "restarts", "ago", "since", "age", "said", "often", "range"})
_LATEST = datetime.max.replace(tzinfo=UTC)
_NOTHING = Question()
# Labels that people call a workload by: those of the Kubernetes recommendations, and the usual ones before them.
_CALLED = ("app", "app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component", "k8s-app")
_RUNS: tuple[type[Object], ...] = (Pod, Deployment, StatefulSet, DaemonSet, CronJob, Job)
_NAMEABLE: tuple[type[Object], ...] = (
    *(Deployment, StatefulSet, DaemonSet, CronJob, Job, Service, Ingress, HorizontalPodAutoscaler),
    *(PersistentVolumeClaim, Pod, Node, Namespace, Application),
)
# Kinds that people seldom ask about, and then by name.
_NAMED_BY_QUESTIONS: tuple[type[Object], ...] = (
    *(PodDisruptionBudget, ConfigMap, Secret, NetworkPolicy, ResourceQuota, LimitRange, PersistentVolume, StorageClass),
    *(Role, RoleBinding, ClusterRole, ClusterRoleBinding, HTTPRoute, Gateway, IngressClass, PriorityClass),
    *(ValidatingWebhookConfiguration, MutatingWebhookConfiguration),
)


class KubernetesRun:
    """The computing of one investigation. The last reading is looked at twice, for what is still wanted and then for
    what is wrong, and each reading holds the one before: what was made of it is kept here, and nowhere else."""

    def __init__(self) -> None:
        self.cluster: Cluster | None = None

    def next_requests(self, evidence: Sequence[Evidence], question: Question = _NOTHING) -> tuple[ToolRequest, ...]:
        """What the analyzers would still like to see, given what was seen."""
        cluster = self._cluster(evidence, question)
        return tuple({ask.key: ask for analyzer in analyzers() for ask in analyzer.asks(cluster)}.values())

    def analyse(self, evidence: Sequence[Evidence], question: Question = _NOTHING) -> Analysis:
        return _analysis(self._cluster(evidence, question))

    def _cluster(self, evidence: Sequence[Evidence], question: Question) -> Cluster:
        last = self.cluster
        if last is None or _reading(last.evidence, last.question) != _reading(evidence, question):
            self.cluster = last = Cluster(evidence, question, last)
        return last


def _reading(evidence: Sequence[Evidence], question: Question) -> tuple[object, ...]:
    """The same answers to the same questions are the same reading."""
    return (question.text, *((e.id, e.query, e.taken_at, e.sha256) for e in evidence))


def analyse(evidence: Sequence[Evidence], question: Question = _NOTHING) -> Analysis:
    return KubernetesRun().analyse(evidence, question)


def next_requests(evidence: Sequence[Evidence], question: Question = _NOTHING) -> tuple[ToolRequest, ...]:
    return KubernetesRun().next_requests(evidence, question)


def _analysis(cluster: Cluster) -> Analysis:
    found = [f for analyzer in analyzers() for f in analyzer.find(cluster)]
    fact = answer(cluster)
    period = asked_period(cluster)
    return Analysis(
        findings=tuple(merge(found)),
        links=(*links(cluster), *clients(cluster)) if found else (),
        subjects=tuple(_subjects(cluster)),
        fine=tuple(_fine(cluster)),
        gaps=(*_nothing_runs(cluster), *unread_gaps(cluster), *unread_logs(cluster), *unknown_ages(cluster, found)),
        answer=fact.sentence or (None if found else starting_answer(cluster)),
        tables=fact.tables,
        fact=fact.sentence is not None,
        labels=tuple(_labels(cluster)),
        states=tuple(healthy_states(cluster)),
        period=period,
        period_covered=period is not None and is_covered(cluster, period),
    )


def _labels(cluster: Cluster) -> Iterator[tuple[str, str, Subject]]:
    """What else the workloads are called; only a question asks for it."""
    if not cluster.question.text:
        return
    for type_ in (*_RUNS[1:], Service):
        for obj in cluster.all(type_):
            values = [(obj.metadata.labels or {}).get(label, "") for label in _CALLED]
            yield from ((v, label, obj.subject) for v, label in zip(values, _CALLED, strict=True) if v)


def _nothing_runs(cluster: Cluster) -> tuple[Gap, ...]:
    """Where the cluster is what is asked about, zero pods and zero workloads are nothing that could be well."""
    pods = next(
        (e for e in cluster.evidence if isinstance(e.observation, Resources) and e.observation.resource == "pods"),
        None,
    )
    if (
        cluster.question.intent.topic not in ("", CLUSTER)
        or pods is None
        or any(next(iter(cluster.all(t)), None) for t in _RUNS)
    ):
        return ()
    place = str(pods.arguments.get("namespace", ""))
    where = f"namespace {place}" if place else "this cluster"
    reason = f"there is no pod and no workload in {where}: nothing could be checked"
    return (Gap(tool=pods.tool, arguments=pods.arguments, query=pods.query, reason=reason, essential=True),)


def merge(findings: Iterable[Finding]) -> Iterator[Finding]:
    """One finding for all replicas of a workload that show the same: the earliest speaks, the others are named in
    `also`."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_sameness(finding), []).append(finding)
    for group in groups.values():
        first = min(group, key=lambda f: (f.onset or _LATEST, str(f.subject)))
        others = tuple(dict.fromkeys(f.subject.object for f in group if f.subject.object != first.subject.object))
        yield first.model_copy(update={"also": others}) if others else first


def _sameness(finding: Finding) -> tuple[object, ...]:
    facts = tuple(sorted((k, v) for k, v in finding.facts.items() if k not in _OF_ONE_POD))
    subject = finding.subject if finding.subject.kind != "Pod" else finding.subject.container
    return (finding.code, finding.owner, subject, facts)


def _subjects(cluster: Cluster) -> Iterator[Subject]:
    for type_ in (*_NAMEABLE, *_NAMED_BY_QUESTIONS) if cluster.question.text else _NAMEABLE:
        yield from (obj.subject for obj in cluster.all(type_))
    yield from (obj.about for obj in cluster.all(CustomResource))
    seen = {
        owner
        for owner, pods in cluster.by_owner.items()
        if any(owner.name != p.name or owner.kind != "Pod" for p in pods)
    }
    seen |= {
        Subject(kind="Pod", name=g.name, namespace=g.namespace)
        for g in cluster.logs()
        if not cluster.get(Pod, g.namespace, g.name)
    }
    seen |= {Subject(kind="Namespace", name=name) for name in cluster.namespaces}
    yield from sorted(seen, key=lambda s: (s.kind, s.namespace, s.name))


def _fine(cluster: Cluster) -> Iterator[HealthyCheck]:
    """What was counted and is in order, so that nobody checks it again."""
    nodes = list(cluster.all(Node))
    yield from _all_of(cluster, "nodes are ready", nodes, [n for n in nodes if _is_ready(n)])
    pods = [p for p in cluster.all(Pod) if not p.is_finished]
    yield from _all_of(cluster, "pods are ready", pods, [p for p in pods if p.ready])
    yield from clean_logs(cluster)
    yield from starting_workloads(cluster)
    claims = list(cluster.all(PersistentVolumeClaim))
    yield from _all_of(cluster, "volume claims are bound", claims, [c for c in claims if c.status.phase == "Bound"])


def _is_ready(node: Node) -> bool:
    condition = node.condition("Ready")
    return condition is not None and condition.status == "True"


def _all_of(cluster: Cluster, what: str, found: Sequence[Object], good: Sequence[Object]) -> Iterator[HealthyCheck]:
    if found and len(found) == len(good) and cluster.is_complete(type(found[0]), found[0].namespace):
        text = f"all {len(found)} {what}" if len(found) > 1 else f"1 of 1 {what}"
        yield HealthyCheck(text=text, cites=(cluster.cite_scope(type(found[0]), found[0].namespace),))
