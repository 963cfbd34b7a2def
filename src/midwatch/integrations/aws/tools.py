"""Read-only tools for an AWS account."""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any

import msgspec
from pydantic import Field, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

from midwatch.domain.observation import Resources
from midwatch.domain.tool import Tool, ToolResult
from midwatch.domain.window import Window
from midwatch.integrations.aws import flowlogs
from midwatch.integrations.aws.cache import Fetched
from midwatch.integrations.aws.client import Aws
from midwatch.integrations.aws.gateways import describe, gateway_id, gateway_row, zones
from midwatch.integrations.aws.insights import ask
from midwatch.integrations.aws.metrics import measure
from midwatch.integrations.aws.spans import span, valid_window


def _moment(value: Any, read: ValidatorFunctionWrapHandler) -> datetime:
    try:
        return read(value)
    except ValueError as error:
        raise PydanticCustomError("moment", "Invalid timestamp. Use ISO 8601 format: 2025-10-16T02:00:00Z") from error


Gateway = Annotated[str, Field(description="NAT gateway ID: nat-…")]
Start = Annotated[datetime, WrapValidator(_moment), Field(description="ISO 8601; UTC if no time zone is given")]
End = Annotated[datetime, WrapValidator(_moment), Field(description="as start; at most 7 days after start")]


def tools(aws: Aws) -> tuple[Tool, ...]:
    """The tools of one account, bound to its client."""
    return (Tool.of(aws_nat_metrics, aws), Tool.of(aws_nat_gateways, aws), Tool.of(aws_flow_talkers, aws, timeout_s=60))


async def aws_nat_metrics(aws: Aws, gateway: Gateway, start: Start, end: End) -> ToolResult:
    """Reads NAT gateway metrics over time: bytes, packets, connections, peak rate and errors.

    Points are a minute apart for up to 3 hours of the last 15 days, 5 minutes for the last 63 days, and an hour before.
    Sums are over one such step. The last 3 minutes are left out. The same range is read from AWS once in 5 minutes.
    """
    name, asked = gateway_id(gateway), span(start, end, aws.now())
    key = ("metrics", name, asked.since, asked.until, asked.period)
    return await aws.cache.get(key, partial(measure, aws, name, asked))


async def aws_nat_gateways(
    aws: Aws, gateway: Annotated[str, Field(description="NAT gateway ID; empty for all")] = ""
) -> ToolResult:
    """Lists NAT gateways: state, VPC, subnet, zone, tags, network interfaces and addresses."""
    name = gateway_id(gateway) if gateway else ""
    return await aws.cache.get(("gateways", name), partial(_gateways, aws, name))


async def aws_flow_talkers(aws: Aws, gateway: Gateway, start: Start, end: End) -> ToolResult:
    """Finds the top talkers of a NAT gateway from its VPC flow logs: at most 50 address pairs, largest first.

    AWS charges for the scanned bytes, which are part of the result. Flow logs arrive up to 15 minutes late.
    """
    name, window = gateway_id(gateway), valid_window(start, end, aws.now())
    whole = Window(window.since.replace(second=0, microsecond=0), _up(window.until))
    return await aws.cache.get(("talkers", name, whole), partial(_talkers, aws, name, whole))


async def _gateways(aws: Aws, gateway: str) -> Fetched:
    found = sorted(await describe(aws, gateway), key=lambda g: g["NatGatewayId"])
    zone, note = await zones(aws, found)
    body = msgspec.json.encode([gateway_row(g, zone) for g in found])
    query = f"aws ec2 describe-nat-gateways{f' --nat-gateway-ids {gateway}' if gateway else ''}"
    narrowed = f"only {gateway}" if gateway else ""
    words = "; ".join(w for w in (narrowed, note) if w)
    return Fetched(
        ToolResult(Resources(resource="natgateways", body=body, count=len(found), partial=words), query), whole=not note
    )


async def _talkers(aws: Aws, gateway: str, window: Window) -> Fetched:
    (described,) = await describe(aws, gateway)
    log = await flowlogs.find(aws, described)
    question = flowlogs.compose(described, log)
    answer = await ask(aws, log.group, question.query, window)
    rows = [_talker(row, question) for row in answer.rows]
    late = timedelta(minutes=flowlogs.data()["late_minutes"])
    notes = (
        answer.partial,
        question.partial,
        f"only the {len(rows)} largest" if len(rows) >= flowlogs.data()["limit"] else "",
        f"flow logs arrive up to {late.seconds // 60} minutes late" if aws.now() - window.until < late else "",
    )
    words = "; ".join(note for note in notes if note)
    query = f"CloudWatch Logs Insights in {log.group}, {window}: {question.query} (scanned {answer.scanned:,} bytes)"
    seen = Resources(resource="talkers", scope=gateway, body=msgspec.json.encode(rows), count=len(rows), partial=words)
    return Fetched(ToolResult(seen, query), whole=not answer.partial)


def _talker(row: dict[str, str], question: flowlogs.FlowLogQuery) -> dict[str, Any]:
    source, destination, port = row.get(question.source, ""), row.get(question.destination, ""), row.get("dstPort", "")
    return {
        "metadata": {"name": f"{source} to {destination}:{port}"},
        "source": source,
        "destination": destination,
        "port": int(port) if port.isdigit() else None,
        "bytes": int(float(row.get("total") or 0)),
    }


def _up(when: datetime) -> datetime:
    """The next whole minute."""
    return (
        when if not (when.second or when.microsecond) else when.replace(second=0, microsecond=0) + timedelta(minutes=1)
    )
