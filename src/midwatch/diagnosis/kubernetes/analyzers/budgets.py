"""PodDisruptionBudgets that block every drain or select no pods."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.backing import (
    BACKING_READS,
    backing_of,
    json_field,
    live,
    selector_text,
    template_labels,
)
from midwatch.diagnosis.kubernetes.view.containers import say_of_pod
from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.selectors import matches
from midwatch.integrations.kubernetes.objects.workload import PodDisruptionBudget


def find(cluster: Cluster) -> Iterator[Finding]:
    backing = backing_of(cluster)
    for budget in cluster.all(PodDisruptionBudget):
        status, selector = budget.status, budget.spec.selector
        expected, healthy = status.expected_pods or 0, status.current_healthy or 0
        if expected and healthy >= expected and not status.disruptions_allowed:
            cites = tuple(
                cluster.cite(budget, json_field(k, v))
                for k, v in (("expectedPods", expected), ("currentHealthy", healthy))
            )
            counts = f" (healthy pods: {healthy}, required: {status.desired_healthy or 0})"
            yield finding("K8S-651", budget.subject, cites=cites, counts=counts)
        elif status.expected_pods is None and status.disruptions_allowed == 0:
            cite = cluster.cite(budget, json_field("disruptionsAllowed", 0))
            yield finding("K8S-651", budget.subject, cites=(cite,), counts="")
        elif not expected and selector and cluster.is_complete(Pod, budget.namespace):
            pods, workloads = live(cluster.pods_in(budget.namespace)), backing.workloads(budget.namespace)
            labels = chain((p.labels for p in pods), map(template_labels, workloads))
            if not any(matches(selector, one) for one in labels):
                text = selector_text(selector.match_labels or {}) or "(matchExpressions)"
                cites = (cluster.cite(budget), cluster.cite_scope(Pod, budget.namespace))
                yield finding("K8S-652", budget.subject, cites=cites, selector=text)
            else:
                yield from _unreachable(cluster, budget)
    yield from _doubled(cluster)


def _unreachable(cluster: Cluster, budget: PodDisruptionBudget) -> Iterator[Finding]:
    """A budget without a saved status: minAvailable is higher than the number of pods."""
    least = budget.spec.min_available
    pods = [p for p in live(cluster.pods_in(budget.namespace)) if matches(budget.spec.selector, p.labels)]
    if isinstance(least, int) and 0 < len(pods) < least:
        cites = (cluster.cite(budget, json_field("minAvailable", least)), *(cluster.cite(p) for p in pods))
        yield finding("K8S-654", budget.subject, cites=cites, least=str(least), count=str(len(pods)))


def _doubled(cluster: Cluster) -> Iterator[Finding]:
    by_place: dict[str, list[PodDisruptionBudget]] = defaultdict(list)
    for budget in cluster.all(PodDisruptionBudget):
        by_place[budget.namespace].append(budget)
    for place, budgets in by_place.items():
        for pod in live(cluster.pods_in(place)) if len(budgets) > 1 else ():
            over = [b for b in budgets if matches(b.spec.selector, pod.labels)]
            if len(over) > 1:
                names = ", ".join(b.name for b in over)
                yield say_of_pod(cluster, pod, "K8S-653", *(cluster.cite(b) for b in over), budgets=names)


ANALYZER = Analyzer(find, reads=(*BACKING_READS, PodDisruptionBudget))
