"""The one form of a log request, so that no analyzer asks for the same log twice."""

from collections.abc import Sequence
from typing import Any

from midwatch.diagnosis.kubernetes.cluster import Cluster, fact
from midwatch.diagnosis.kubernetes.view.containers import asked_time
from midwatch.domain.evidence import ToolRequest
from midwatch.integrations.kubernetes.objects.saved_objects import SavedLog

FEW = 12  # saved logs that are read whole; of more, only the end
_WHOLE = 20_000  # lines


def log_ask(cluster: Cluster, where: Sequence[str], *, previous: bool = False, why: str) -> ToolRequest:
    """`where` is namespace, pod and container."""
    namespace, pod, container = where
    arguments: dict[str, Any] = {"namespace": namespace, "pod": pod, "container": container}
    if previous:
        arguments["previous"] = True
    if cluster.question.since and not previous:  # the end of the run before is why it ended, whenever that was
        arguments["since"] = cluster.question.since.isoformat()
    if _whole(cluster):
        arguments["tail_lines"] = _WHOLE
    return ToolRequest(tool="kubernetes_logs", arguments=arguments, why=why)


@fact
def _whole(cluster: Cluster) -> bool:
    """A few saved logs are read whole, and so are logs for a question about logs or about a time."""
    saved = sum(1 for _ in cluster.all(SavedLog))
    return 0 < saved <= FEW or cluster.question.wants_logs or asked_time(cluster) is not None
