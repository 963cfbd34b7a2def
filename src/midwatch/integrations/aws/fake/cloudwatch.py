from collections.abc import Iterator
from typing import Any

from midwatch.integrations.aws.fake.wire import Json, WireRefusal, page
from midwatch.integrations.aws.fake.world import FakeAws, Points

_JOINS = {"Sum": sum, "Maximum": max, "Minimum": min}
_MINUTE = 60


def get_metric_data(world: FakeAws, body: Json) -> Json:
    """Data points, newest first unless requested otherwise, as CloudWatch does; missing points are left out."""
    since, until = float(body["StartTime"]), float(body["EndTime"])
    if until <= since:
        raise WireRefusal("ValidationError", "The parameter StartTime must be less than the parameter EndTime.")
    answers = [(query, list(_points(world, query["MetricStat"], since, until))) for query in body["MetricDataQueries"]]
    if body.get("ScanBy") != "TimestampAscending":
        answers = [(query, points[::-1]) for query, points in answers]
    paged = [(query, *page(points, body.get("NextToken", ""), world.page)) for query, points in answers]
    token = next((token for _, _, token in paged if token), None)
    results = [_result(world, query, points, more) for query, points, more in paged]
    return {"MetricDataResults": results, "Messages": []} | ({"NextToken": token} if token else {})


def _result(world: FakeAws, query: Json, points: list[tuple[float, float]], more: str | None) -> Json:
    metric = query["MetricStat"]["Metric"]["MetricName"]
    state = world.states.get(metric) or ("PartialData" if more else "Complete")
    shown = points if state != "Forbidden" else []
    return {
        "Id": query["Id"],
        "Label": metric,
        "Timestamps": [at for at, _ in shown],
        "Values": [v for _, v in shown],
        "StatusCode": state,
    }


def _points(world: FakeAws, stat: Json, since: float, until: float) -> Iterator[tuple[float, float]]:
    metric, period = stat["Metric"], int(stat["Period"])
    key = (metric["Dimensions"][0]["Value"], metric["MetricName"])
    measured = world.metrics.get(key)
    if measured is None or metric["Namespace"] != "AWS/NATGateway":
        return
    start = since // period * period
    while start < until:
        values = list(_within(measured, start, start + period))
        if values:
            yield start, float(_JOINS[stat["Stat"]](values))
        start += period


def _within(measured: Points, since: float, until: float) -> Iterator[float]:
    if callable(measured):
        values: Any = (measured(at) for at in range(int(since), int(until), _MINUTE))
        yield from (v for v in values if v is not None)
    else:
        yield from (v for at, v in measured if since <= at < until)
