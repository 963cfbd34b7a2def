"""Parts of a dump that nobody could read: no finding, and never silence."""

from midwatch.analysis.failure_words import speaks_of_failure
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.containers import clip
from midwatch.domain.evidence import Gap
from midwatch.integrations.kubernetes.objects.saved_objects import UnreadPart

_QUOTED = "not understood: "  # what the reader says before the line
_NAMED, _REASON = 4, 160  # parts that are named, and the letters of each reason


def unread_gaps(cluster: Cluster) -> tuple[Gap, ...]:
    """What a dump holds and nobody could read, as one gap: the first few parts by file and line, and how many."""
    parts = cluster.all(UnreadPart)
    if not parts:
        return ()
    said = [f"{p.file}{f' line {p.line}' if p.line else ''}: {clip(p.reason, _REASON)}" for p in parts[:_NAMED]]
    more = f"; and {len(parts) - _NAMED} more" if len(parts) > _NAMED else ""
    count = f"{len(parts)} part{'s' * (len(parts) != 1)} of the dump not read"
    arguments = {"what": "unread_parts"}
    reason = f"{count}: {'; '.join(said)}{more}"
    # A line that speaks of a failure and that nobody understood forbids an all-clear.
    suspect = any(speaks_of_failure(p.reason.partition(_QUOTED)[2]) for p in parts)
    return (Gap(tool="kubernetes_saved", arguments=arguments, query="", reason=reason, essential=suspect),)
