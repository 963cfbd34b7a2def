"""PodDisruptionBudgets that block every drain, or protect nothing."""

from collections.abc import Iterator

from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.analyzers import Analyzer
from midwatch.integrations.kubernetes.analyzers.backing import backing_of, live, selector_text, template_labels, written
from midwatch.integrations.kubernetes.cluster import Cluster
from midwatch.integrations.kubernetes.codes import finding
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.workload import PodDisruptionBudget
from midwatch.integrations.kubernetes.selectors import matches


def find(cluster: Cluster) -> Iterator[Finding]:
    backing = backing_of(cluster)
    for budget in cluster.all(PodDisruptionBudget):
        status, selector = budget.status, budget.spec.selector
        expected, healthy = status.expected_pods or 0, status.current_healthy or 0
        if expected and healthy >= expected and not status.disruptions_allowed:
            cites = tuple(cluster.cite(budget, written(k, v)) for k, v in (("expectedPods", expected), ("currentHealthy", healthy)))
            yield finding("K8S-651", budget.subject, cites=cites, healthy=str(healthy), desired=str(status.desired_healthy or 0))
        elif not expected and selector and cluster.known(Pod, budget.namespace):
            labels = [p.labels for p in live(cluster.pods_in(budget.namespace))]
            labels += [template_labels(w) for w in backing.workloads(budget.namespace)]
            if not any(matches(selector, one) for one in labels):
                text = selector_text(selector.match_labels or {}) or "its expressions"
                cites = (cluster.cite(budget), cluster.cite_scope(Pod, budget.namespace))
                yield finding("K8S-652", budget.subject, cites=cites, selector=text)


ANALYZER = Analyzer(find)
