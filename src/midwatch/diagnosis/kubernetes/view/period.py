"""The period that a question is about, and whether logs, events or series reach over it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from midwatch.analysis import log_timestamps
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.containers import asked_time
from midwatch.domain.window import Window
from midwatch.integrations.kubernetes.objects.cluster import Event

_PRESENT = re.compile(r"(?i)\b(?:is|are|isn't|aren't|does|do|doesn't|don't|keeps?|cannot|can't|still)\b")
_PAST = re.compile(r"(?i)\b(?:was|were|wasn't|weren't|did|didn't|had|happened|went|failed|broke|crashed|been)\b")
_ENDS = 20  # lines at each end of a log in which a time is looked for


def asked_period(cluster: Cluster) -> Window | None:
    """Of the intent, or as the question's own words say it. `Why is it down since the release of yesterday` is about
    now: a time in a sentence of the present is none that was asked about."""
    text = cluster.question.text
    if cluster.question.intent.window:
        return cluster.question.intent.window
    return None if _PRESENT.search(text) and not _PAST.search(text) else asked_time(cluster)


def is_covered(cluster: Cluster, period: Window) -> bool:
    """Whether anything that was read tells of the whole period. The objects tell of the present."""
    if any(first <= period.since and period.until <= last for first, last in _spans(cluster)):
        return True
    # The API drops events by their age: where one is older than the period, those of the period are there too.
    oldest = min((e.last for e in cluster.all(Event) if e.last), default=None)
    return oldest is not None and oldest <= period.since


def _spans(cluster: Cluster) -> Iterator[tuple[datetime, datetime]]:
    for series in cluster.series:
        if series.zoned and len(series.times):
            yield datetime.fromtimestamp(series.times[0], UTC), datetime.fromtimestamp(series.times[-1], UTC)
    for log in cluster.logs():
        lines = log.text.splitlines()
        first = next((t for line in lines[:_ENDS] if (t := log_timestamps.moment(line))), None)
        last = next((t for line in reversed(lines[-_ENDS:]) if (t := log_timestamps.moment(line))), None)
        if first and last:
            yield first, last
