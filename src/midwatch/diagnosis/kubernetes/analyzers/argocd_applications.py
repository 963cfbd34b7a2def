"""Argo CD Applications that could not be synced or compared, or are not healthy."""

from collections.abc import Iterator
from datetime import datetime

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.containers import clip
from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.objects.delivery import Application

_FAILED = frozenset(("Failed", "Error"))
_UNWELL = frozenset(("Degraded", "Missing"))


def find(cluster: Cluster) -> Iterator[Finding]:
    for app in cluster.all(Application):
        yield from _judged(cluster, app)


def _judged(cluster: Cluster, app: Application) -> Iterator[Finding]:
    status, operation = app.status, app.status.operation_state
    error = next((c for c in status.conditions or () if c.type.endswith("Error")), None)
    if operation and operation.phase in _FAILED:
        yield _say(cluster, app, "K8S-681", operation.message or operation.phase, onset=operation.finished_at)
    elif error:
        yield _say(
            cluster, app, "K8S-682", error.message or error.type, onset=error.last_transition_time, problem=error.type
        )
    elif status.health.status in _UNWELL:
        yield _say(cluster, app, "K8S-683", status.health.message or status.health.status)


def _say(
    cluster: Cluster, app: Application, code: str, said: str, *, onset: datetime | None = None, problem: str = ""
) -> Finding:
    sync, health = app.status.sync.status or "unknown", app.status.health.status or "unknown"
    cites = (cluster.cite(app, said),)
    return finding(
        code, app.subject, cites=cites, onset=onset, said=clip(said), sync=sync, health=health, problem=problem
    )


ANALYZER = Analyzer(find, reads=(Application,))
