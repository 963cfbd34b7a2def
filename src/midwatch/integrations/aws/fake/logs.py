import re
from typing import Any

from midwatch.integrations.aws.fake.wire import Json, WireRefusal
from midwatch.integrations.aws.fake.world import FakeAws, Talker

_BY = re.compile(r"\bby (\w+), (\w+), (\w+)")


def start_query(world: FakeAws, body: Json) -> Json:
    group = body["logGroupName"]
    if group not in {log.group for log in world.flow_logs}:
        raise WireRefusal("ResourceNotFoundException", "Log group does not exist.")
    if body["startTime"] > body["endTime"]:
        raise WireRefusal("InvalidParameterException", "Start time must be less than end time")
    world.queries.append(body["queryString"])
    key = f"query-{len(world.queries)}"
    world.running[key] = world.polls
    return {"queryId": key}


def get_query_results(world: FakeAws, body: Json) -> Json:
    """Query results; half of the rows while it runs."""
    left = world.running.get(body["queryId"])
    if left is None:
        raise WireRefusal("ResourceNotFoundException", "The query does not exist.")
    world.running[body["queryId"]] = left = max(0, left - 1)
    query = world.queries[int(body["queryId"].rpartition("-")[2]) - 1]
    rows = sorted(world.talkers, key=lambda t: -t.bytes) if _BY.search(query) else []
    shown = rows[: len(rows) // 2] if left else rows
    statistics = {"recordsMatched": float(len(shown)), "bytesScanned": float(world.scanned)}
    status = "Running" if left else world.query_ends
    return {
        "queryLanguage": "CWLI",
        "status": status,
        "results": [_row(t, query) for t in shown],
        "statistics": statistics,
    }


def stop_query(world: FakeAws, body: Json) -> Json:
    if not world.running.get(body["queryId"]):
        raise WireRefusal("InvalidParameterException", "The specified query has already ended.")
    del world.running[body["queryId"]]
    return {"success": True}


def _row(talker: Talker, query: str) -> list[dict[str, Any]]:
    names = _BY.findall(query)[0]
    values = (talker.source, talker.destination, talker.port, talker.bytes)
    cells = [{"field": name, "value": str(value)} for name, value in zip((*names, "total"), values, strict=True)]
    return [*cells, {"field": "@ptr", "value": "CmEK"}]
