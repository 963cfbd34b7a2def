"""Metrics of one NAT gateway, in one call for all; missing points stay missing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from midwatch.analysis.series import Series, encode
from midwatch.domain.observation import Measurements
from midwatch.domain.tool import ToolError, ToolResult
from midwatch.integrations.aws.cache import Fetched
from midwatch.integrations.aws.client import Aws
from midwatch.integrations.aws.errors import Busy
from midwatch.integrations.aws.gateways import describe
from midwatch.integrations.aws.spans import SETTLES, Span, moment, nat

PERMISSION = "cloudwatch:GetMetricData"
_POINTS = 100_800  # the most that one page may have


@dataclass
class _Answers:
    """Received data of each metric, by its name in AWS: points, state of its last page, and CloudWatch's own
    messages."""

    points: dict[str, dict[int, float]] = field(default_factory=dict[str, dict[int, float]])
    states: dict[str, str] = field(default_factory=dict[str, str])
    words: list[str] = field(default_factory=list[str])

    def add(self, page: dict[str, Any]) -> None:
        for result in page.get("MetricDataResults", ()):
            metric = nat()["metrics"][int(result["Id"][1:])]["metric"]
            stamps: list[datetime] = result.get("Timestamps", [])
            found = self.points.setdefault(metric, {})
            found.update(
                {int(at.timestamp()): float(v) for at, v in zip(stamps, result.get("Values", []), strict=True)}
            )
            self.states[metric] = result.get("StatusCode", "Complete")
        self.words += [m.get("Value", "") for m in page.get("Messages", ())]

    def metric_names(self, *states: str) -> list[str]:
        return [metric for metric, state in self.states.items() if state in states]


async def measure(aws: Aws, gateway: str, span: Span) -> Fetched:
    """The gateway's metrics. Raises ToolError; a nonexistent gateway is told apart from an idle one."""
    answers = _Answers()
    request = _request(gateway, span)
    async for page in aws.pages("cloudwatch", "GetMetricData", **request):
        answers.add(page)
    forbidden, cut = answers.metric_names("Forbidden"), answers.metric_names("PartialData", "InternalError")
    if forbidden and len(forbidden) == len(answers.states):
        raise ToolError(
            f"AWS credentials lack permission {PERMISSION}; grant it with a read-only policy.", permission=PERMISSION
        )
    silent = not any(answers.points.values()) and not cut
    notes = [await _existence_note(aws, gateway)] if silent else []
    series = list(_series(gateway, span, answers, {*forbidden}))
    notes += _notes(span, answers, series)
    signals = tuple(sorted({s.signal for s in series}))
    partial = "; ".join(note for note in notes if note)
    seen = Measurements(body=encode(series), count=len(series), signals=signals, partial=partial)
    return Fetched(ToolResult(seen, _words(gateway, span)), whole=not (forbidden or cut))


async def _existence_note(aws: Aws, gateway: str) -> str:
    """Note for a gateway without any point. Raises ToolError when there is no such gateway."""
    try:
        await describe(aws, gateway)
    except Busy:
        return "could not check whether the gateway exists"
    except ToolError as error:
        if error.absent:
            raise
        return f"could not check whether the gateway exists: {error}"
    return ""


def _request(gateway: str, span: Span) -> dict[str, Any]:
    dimension = {"Name": nat()["dimension"], "Value": gateway}
    queries = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {"Namespace": nat()["namespace"], "MetricName": m["metric"], "Dimensions": [dimension]},
                "Period": span.period,
                "Stat": m["statistic"],
            },
        }
        for number, m in enumerate(nat()["metrics"])
    ]
    return {
        "MetricDataQueries": queries,
        "StartTime": moment(span.since),
        "EndTime": moment(span.until),
        "ScanBy": "TimestampAscending",
        "MaxDatapoints": _POINTS,
    }


def _series(gateway: str, span: Span, answers: _Answers, without: set[str]) -> Iterator[Series]:
    times = [float(at) for at in span.times]
    for m in nat()["metrics"]:
        if m["metric"] not in without:
            points = answers.points.get(m["metric"], {})
            yield Series(gateway, m["signal"], m["unit"], times, [points.get(at) for at in span.times])


def _notes(span: Span, answers: _Answers, series: Iterable[Series]) -> list[str]:
    """Notes on omitted data, in words."""
    notes: list[str] = []
    if any(value is None for s in series for value in s.values):
        notes.append("missing data points mean that no traffic was reported")
    if span.settled < span.until:
        minutes = SETTLES.seconds // 60
        notes.append(
            f"points from {moment(span.settled):%H:%M} UTC dropped: the last {minutes} minutes are not complete"
        )
    if forbidden := answers.metric_names("Forbidden"):
        notes.append(f"no permission for {', '.join(forbidden)}")
    if cut := answers.metric_names("PartialData", "InternalError"):
        notes.append(f"partial CloudWatch data for {', '.join(cut)}")
    return notes + [f"CloudWatch: {' '.join(words.split())[:200]}" for words in answers.words if words]


def _words(gateway: str, span: Span) -> str:
    asked = ", ".join(f"{m['metric']} {m['statistic']}" for m in nat()["metrics"])
    where = f"{nat()['namespace']} {nat()['dimension']}={gateway}"
    times = f"--start-time {moment(span.since):%Y-%m-%dT%H:%MZ} --end-time {moment(span.until):%Y-%m-%dT%H:%MZ}"
    return f"aws cloudwatch get-metric-data {times} ({where}, each {span.period} s: {asked})"
