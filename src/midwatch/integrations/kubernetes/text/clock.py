"""When a text was recorded, as far as the text itself tells: ages in it count back from there."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from midwatch.integrations.kubernetes.text.times import age, moment

_TIME = r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d (?:[+-]\d{4}|GMT|UTC)"
_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| ?[+-]\d\d:?\d\d)"
_STATED = re.compile(
    rf"[ <]*(?P<field>[A-Za-z][A-Za-z ]{{2,30}}): +(?P<time>{_TIME}|{_ISO})(?: [A-Z]{{3,5}})?\s*$", re.ASCII
)
_NODE = re.compile(rf"  \S+ +(?:True|False|Unknown) +(?P<time>{_TIME})", re.ASCII)
_EVENT = re.compile(
    r"  (?:Normal|Warning)  +(?P<reason>\S+) +(?:\S+ \(x\d+ over (?P<over>[0-9a-z]+)\)|(?P<age>[0-9a-z]+)) +(?P<by>\S+)"
)
# Fields that lie ahead: the end of a certificate, the next run.
_AHEAD = re.compile(r"(?i)expir|next|until|\bend|not ?after|renewal|deletion|deadline|valid")


def capture_time(now: datetime | None, lines: Iterable[tuple[int, str]]) -> datetime | None:
    """`now`, unless the text speaks of a later time; without either, None.

    An object's oldest event is not older than the object: its creation time and that age together bound the hour from
    below. A pod tells its start, which comes after the scheduler's refusals: only the event of the scheduling itself
    counts there, and those of the kubelet, which begin with the start.
    """
    newest = now
    began: datetime | None = None
    pod = False
    above = ""
    for _, line in lines:
        if line.startswith("Name:") and not above.strip():
            began = None
        above = line
        if "20" in line and (match := _STATED.match(line) or _NODE.match(line)):
            field = match.groupdict().get("field") or ""
            said = None if _AHEAD.search(field) else moment(match["time"])
            newest = _later(newest, said)
            if field in ("Start Time", "CreationTimestamp"):
                began, pod = said, field == "Start Time"
        elif began and line.startswith(("  Normal ", "  Warning ")) and (match := _EVENT.match(line)):
            span = age(match["age"] or match["over"] or "")
            if span is not None and (not pod or match["reason"] == "Scheduled" or match["by"].startswith("kubelet")):
                newest = _later(newest, _plus(began, span))
    return newest


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)


def _plus(began: datetime, span: timedelta) -> datetime | None:
    try:
        return began + span
    except OverflowError:
        return None
