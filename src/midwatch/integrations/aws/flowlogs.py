"""Flow logs of a NAT gateway: their location, and a top-talkers query for their format."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from midwatch.domain.tool import ToolError
from midwatch.integrations.aws.client import Aws
from midwatch.integrations.aws.gateways import Json, interfaces, private

_FIELD = re.compile(r"\$\{([\w-]+)\}")
_SAFE = re.compile(r"[\w.:-]+")  # what may stand in a query: ids and addresses


@dataclass(frozen=True)
class FlowLog:
    """A flow log in CloudWatch Logs: `group`, and the names of its fields in their order."""

    group: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class FlowLogQuery:
    """A query for one flow log. `source` and `destination` are the columns of the two ends; `partial` is the missing
    information."""

    query: str
    source: str
    destination: str
    partial: str = ""


@cache
def data() -> dict[str, Any]:
    """Contents of flowlogs.yaml."""
    return yaml.safe_load(files("midwatch.integrations.aws").joinpath("flowlogs.yaml").read_text("utf-8"))


async def find(aws: Aws, gateway: Json) -> FlowLog:
    """The flow log nearest to the gateway; raises ToolError when there is none to query."""
    resources = [*interfaces(gateway), *(gateway[key] for key in ("SubnetId", "VpcId") if gateway.get(key))]
    asked = [{"Name": "resource-id", "Values": resources}]
    found = [
        log async for page in aws.pages("ec2", "DescribeFlowLogs", Filter=asked) for log in page.get("FlowLogs", ())
    ]
    name = gateway["NatGatewayId"]
    if not found:
        raise ToolError(f"no flow logs for {name}, its subnet or its VPC: source addresses unknown")
    usable = [
        log
        for log in found
        if log.get("LogDestinationType", "cloud-watch-logs") == "cloud-watch-logs" and log.get("LogGroupName")
    ]
    if not usable:
        kinds = " and ".join(sorted({_place(log) for log in found}))
        raise ToolError(f"the flow logs of {name} go to {kinds}: only flow logs in CloudWatch Logs can be queried")
    accepted = [log for log in usable if log.get("TrafficType", "ALL") != "REJECT"]
    if not accepted:
        raise ToolError(f"the flow logs of {name} contain only rejected traffic: source addresses unknown")
    nearest = min(
        accepted, key=lambda log: (log.get("FlowLogStatus", "ACTIVE") != "ACTIVE", resources.index(log["ResourceId"]))
    )
    return FlowLog(nearest["LogGroupName"], _fields(nearest.get("LogFormat") or data()["default"]))


def _place(log: Json) -> str:
    return {"s3": "S3", "kinesis-data-firehose": "Firehose"}.get(
        log.get("LogDestinationType", ""), "an unknown destination"
    )


def _fields(written: str) -> tuple[str, ...]:
    return tuple(_FIELD.findall(written))


def compose(gateway: Json, log: FlowLog) -> FlowLogQuery:
    """The query. Raises ToolError when the log's format lacks a required field."""
    if missing := [name for name in data()["needs"] if name not in log.fields]:
        raise ToolError(f"the flow logs in {log.group} lack the fields {', '.join(missing)}: source addresses unknown")
    if not interfaces(gateway) or not private(gateway):
        raise ToolError(
            f"{gateway['NatGatewayId']} has no network interface (it is {gateway.get('State', 'gone')})", absent=True
        )
    chosen = data()["queries"]["ends" if {"pkt-srcaddr", "pkt-dstaddr"} <= {*log.fields} else "halves"]
    query = chosen["query"].format(
        interfaces=_quoted(interfaces(gateway)), own=_quoted(private(gateway)), limit=data()["limit"]
    )
    read = "" if log.fields == _fields(data()["default"]) else f"{_parse(log.fields)} | "
    return FlowLogQuery(read + query, chosen["source"], chosen["destination"], chosen.get("partial", ""))


def _parse(fields: tuple[str, ...]) -> str:
    names = [data()["fields"].get(name) or re.sub(r"\W", "_", name) for name in fields]
    return f'parse @message "{" ".join("*" * len(names))}" as {", ".join(names)}'


def _quoted(values: list[str]) -> str:
    return ", ".join(f"'{value}'" for value in values if _SAFE.fullmatch(value))
