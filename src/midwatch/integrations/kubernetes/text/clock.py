"""When a text was recorded, as far as the text itself tells: ages in it count back from there."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from midwatch.integrations.kubernetes.text.times import age, moment

_TIME = r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}"
_STATED = re.compile(rf" *(?P<field>[A-Z][A-Za-z ]+): +(?P<time>{_TIME})$")
_NODE = re.compile(rf"  \S+ +(?:True|False|Unknown) +(?P<time>{_TIME})")
_EVENT = re.compile(
    r"  (?:Normal|Warning)  +(?P<reason>\S+) +(?:(?P<age>[0-9a-z]+)|\S+ \(x\d+ over (?P<over>[0-9a-z]+)\)) "
)


def capture_time(now: datetime | None, lines: Sequence[tuple[int, str]]) -> datetime | None:
    """`now`, unless the text speaks of a later time; without either, None.

    An object's oldest event is not older than the object: its creation time and that age together bound the hour from
    below. For a pod only the event of its scheduling counts, for its start comes after that of being refused.
    """
    newest = now
    began: datetime | None = None
    pod = False
    above = ""
    for _, line in lines:
        if line.startswith("Name:") and not above:
            began = None
        above = line
        if " 20" in line and (match := _STATED.match(line) or _NODE.match(line)):
            said = moment(match["time"])
            newest = _later(newest, said)
            field = match.groupdict().get("field")
            if field in ("Start Time", "CreationTimestamp"):
                began, pod = said, field == "Start Time"
        elif began and line.startswith(("  Normal ", "  Warning ")) and (match := _EVENT.match(line)):
            span = age(match["age"] or match["over"] or "")
            if span is not None and (not pod or match["reason"] == "Scheduled"):
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
