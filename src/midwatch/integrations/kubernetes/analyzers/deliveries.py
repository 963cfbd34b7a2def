"""Applications of Argo CD that could not be applied, could not be compared, or are not healthy."""

from collections.abc import Iterator

from midwatch.domain.evidence import Citation
from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.analyzers import Analyzer
from midwatch.integrations.kubernetes.analyzers.instances import clip
from midwatch.integrations.kubernetes.cluster import Cluster
from midwatch.integrations.kubernetes.codes import finding
from midwatch.integrations.kubernetes.objects.delivery import Application

_FAILED = frozenset(("Failed", "Error"))
_UNWELL = frozenset(("Degraded", "Missing"))


def find(cluster: Cluster) -> Iterator[Finding]:
    for app in cluster.all(Application):
        yield from _judged(cluster, app)


def _judged(cluster: Cluster, app: Application) -> Iterator[Finding]:
    status, operation = app.status, app.status.operation_state
    facts = {"sync": status.sync.status or "unknown", "health": status.health.status or "unknown"}
    error = next((c for c in status.conditions or () if c.type.endswith("Error")), None)
    if operation and operation.phase in _FAILED:
        said = operation.message or operation.phase
        cites: tuple[Citation, ...] = (cluster.cite(app, said),)
        yield finding("K8S-681", app.subject, cites=cites, onset=operation.finished_at, said=clip(said), **facts)
    elif error:
        cites = (cluster.cite(app, error.message or error.type),)
        yield finding(
            "K8S-682", app.subject, cites=cites, onset=error.last_transition_time, said=clip(error.message), type=error.type, **facts
        )
    elif status.health.status in _UNWELL:
        said = clip(status.health.message or "no reason is given")
        yield finding("K8S-683", app.subject, cites=(cluster.cite(app, status.health.status),), said=said, **facts)


ANALYZER = Analyzer(find)
