"""The HTTP side: one path, the action in a header or in the form, every request counted."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from midwatch.integrations.aws.fake.cloudwatch import get_metric_data
from midwatch.integrations.aws.fake.ec2 import describe_flow_logs, describe_nat_gateways, describe_subnets
from midwatch.integrations.aws.fake.logs import get_query_results, start_query, stop_query
from midwatch.integrations.aws.fake.wire import Json, WireAnswer, WireRefusal, WireRequest, answer, refuse
from midwatch.integrations.aws.fake.world import FakeAws
from midwatch.kit import loopback
from midwatch.kit.clock import utc_now

KEY = "AKIAFAKEFAKEFAKEFAKE"
_TARGETS = {"GraniteServiceVersion20100801": "cloudwatch", "Logs_20140328": "logs"}
_VERSIONS = {"2016-11-15": "ec2", "2011-06-15": "sts"}


def serve(world: FakeAws, port: int = 0) -> AbstractContextManager[str]:
    """The address of a server that lives as long as the block; the world may be changed meanwhile."""
    return loopback.serve(app(world), port)


def environment(url: str) -> dict[str, str]:
    """Environment variables that direct boto3 to the fake, and to nothing else."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": "fake",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }


def get_caller_identity(world: FakeAws, _: Json) -> Json:
    return {"Arn": world.arn, "UserId": "AIDAFAKE", "Account": world.account}


def assume_role(world: FakeAws, body: Json) -> Json:
    """Assumes the role: from then on every caller has it."""
    if world.external_id and body.get("ExternalId") != world.external_id:
        raise WireRefusal(
            "AccessDenied",
            f"User: {world.arn} is not authorized to perform: sts:AssumeRole on resource: {body['RoleArn']}",
            403,
        )
    world.user = f"assumed-role/{body['RoleArn'].rpartition('/')[2]}/{body['RoleSessionName']}"
    ends = utc_now() + timedelta(hours=1)
    keys = {
        "AccessKeyId": f"{KEY[:-4]}ROLE",
        "SecretAccessKey": "fake",
        "SessionToken": "fake",
        "Expiration": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
    }
    return {"Credentials": keys, "AssumedRoleUser": {"Arn": world.arn, "AssumedRoleId": "AROAFAKE:midwatch"}}


_ACTIONS: dict[tuple[str, str], Callable[[FakeAws, Json], Json]] = {
    ("cloudwatch", "GetMetricData"): get_metric_data,
    ("ec2", "DescribeNatGateways"): describe_nat_gateways,
    ("ec2", "DescribeSubnets"): describe_subnets,
    ("ec2", "DescribeFlowLogs"): describe_flow_logs,
    ("logs", "StartQuery"): start_query,
    ("logs", "GetQueryResults"): get_query_results,
    ("logs", "StopQuery"): stop_query,
    ("sts", "GetCallerIdentity"): get_caller_identity,
    ("sts", "AssumeRole"): assume_role,
}


def app(world: FakeAws) -> ASGIApp:
    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        request = _read(http.headers.get("x-amz-target", ""), await http.body())
        world.calls[request.action] += 1
        world.at_once += 1
        world.most_at_once = max(world.most_at_once, world.at_once)
        await asyncio.sleep(world.latency.get(request.action, 0))
        world.at_once -= 1
        found = _answer(world, request, http.headers.get("authorization", ""))
        await Response(found.content, found.status, {"content-type": found.kind, "x-amzn-requestid": "r-1"})(
            scope, receive, send
        )

    return handle


def _read(target: str, body: bytes) -> WireRequest:
    if target:
        service, _, action = target.partition(".")
        return WireRequest(_TARGETS.get(service, service), action, msgspec.json.decode(body, type=dict[str, Any]))
    form = dict(parse_qsl(body.decode()))
    return WireRequest(_VERSIONS.get(form.get("Version", ""), "unknown"), form.get("Action", ""), form)


def _answer(world: FakeAws, request: WireRequest, authorization: str) -> WireAnswer:
    try:
        if trouble := world.next_trouble(request.action):
            raise WireRefusal(trouble.code, trouble.message, trouble.status)
        if not authorization.startswith(f"AWS4-HMAC-SHA256 Credential={KEY[:-4]}"):
            raise WireRefusal(
                "UnrecognizedClientException", "The security token included in the request is invalid.", 403
            )
        action = _ACTIONS.get((request.service, request.action))
        if action is None:
            raise WireRefusal("InvalidAction", f"The action {request.action} is not valid for this web service.")
        return answer(request, action(world, request.body))
    except WireRefusal as refusal:
        return refuse(request, refusal)
