"""`Was there any 'carrier lost'?`: a quoted phrase is searched for in the logs and events that were read."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from midwatch.analysis.log_timestamps import moment
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import HealthyCheck, Table
from midwatch.domain.observation import LogLines
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.pod import Pod

_CLOCK = re.compile(r"^\W{0,2}(\d\d:\d\d:\d\d)")
_SHOWN = 8  # logs in the table; the sentence counts all of them


@dataclass(frozen=True)
class _Match:
    log: LogLines
    lines: tuple[str, ...]


def phrase_in_logs(cluster: Cluster) -> tuple[HealthyCheck, tuple[Table, ...]] | None:
    """None when no phrase is asked for, when the phrase is the name of an object, or when no log was read."""
    phrase = next((p for p in cluster.question.phrases if not cluster.has_name(p)), "")
    if not phrase or _is_explained(cluster, phrase):
        return None
    logs = _logs(cluster)
    if not logs:
        return None
    matches = [m for log in logs if (m := _match(log, phrase)).lines]
    if not matches:
        return _absent(cluster, phrase, logs), ()
    cites = tuple(cluster.cite_log(m.log, m.lines[0]) for m in matches)
    first = f"'{phrase}' found {_times(sum(len(m.lines) for m in matches))} in {_of(matches)}"
    table = Table(
        title=f"Lines with '{phrase}'",
        columns=("log", "lines", "first", "last"),
        rows=tuple(_row(m) for m in matches[:_SHOWN]),
        cites=cites[:_SHOWN],
    )
    return HealthyCheck(text=first + _span(matches), cites=cites), (table,) if len(matches) > 1 else ()


def _is_explained(cluster: Cluster, phrase: str) -> bool:
    """Whether the phrase is the message of an event, which the findings explain."""
    return any(phrase.lower() in (event.message or "").lower() for event in cluster.all(Event))


def _logs(cluster: Cluster) -> list[LogLines]:
    """Those of the objects that the question names, else all."""
    names = cluster.question.names
    logs = list(cluster.logs())
    return [log for log in logs if any(log.name == n or log.name.startswith(f"{n}-") for n in names)] or logs


def _match(log: LogLines, phrase: str) -> _Match:
    low = phrase.lower()
    if low not in log.text.lower():
        return _Match(log, ())
    return _Match(log, tuple(line for line in log.text.splitlines() if low in line.lower()))


def _absent(cluster: Cluster, phrase: str, logs: Sequence[LogLines]) -> HealthyCheck:
    count = sum(len(log.text.splitlines()) for log in logs)
    last = "the last " if any(log.truncated for log in logs) else ""
    cites: tuple[Citation, ...] = tuple(cluster.cite_log(log, "") for log in logs[:_SHOWN])
    place = _name(logs[0]) if len(logs) == 1 else f"{len(logs)} logs"
    pods = sum(1 for pod in cluster.all(Pod) if not pod.is_finished)
    read = len({(log.namespace, log.name) for log in logs})
    rest = f"; the logs of {pods - read} other pods were not read" if pods > read else ""
    text = f"'{phrase}' not found in {last}{count} line{'s' * (count != 1)} of {place}{rest}"
    return HealthyCheck(text=text, cites=cites)


def _of(matches: Sequence[_Match]) -> str:
    return _name(matches[0].log) if len(matches) == 1 else f"{len(matches)} logs"


def _name(log: LogLines) -> str:
    run = " (previous run)" if log.previous else ""
    return f"the log of {log.namespace}/{log.name} {log.container}".rstrip() + run


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _span(matches: Sequence[_Match]) -> str:
    """`: first 10:00:05, last 10:07:00`; empty where the lines have no time."""
    times = sorted(t for m in matches for t in (*_written(m.lines[:1]), *_written(m.lines[-1:])))
    if not times:
        return ""
    return f": {times[0]}" if times[0] == times[-1] else f": first {times[0]}, last {times[-1]}"


def _written(lines: Sequence[str]) -> Iterator[str]:
    """With its date in UTC, or the clock as the line has it."""
    for line in lines:
        when = moment(line)
        if when:
            yield f"{when:%Y-%m-%d %H:%M:%S} UTC"
        elif clock := _CLOCK.search(line):
            yield clock[1]


def _row(match: _Match) -> tuple[str, ...]:
    first, last = next(_written(match.lines[:1]), "unknown"), next(_written(match.lines[-1:]), "unknown")
    return (_name(match.log).removeprefix("the log of "), str(len(match.lines)), first, last)
