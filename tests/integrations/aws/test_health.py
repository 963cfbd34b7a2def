import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from midwatch.integrations.aws.client import Aws
from midwatch.integrations.aws.fake import FakeAws
from midwatch.integrations.aws.health import health
from midwatch.integrations.aws.settings import AwsSettings
from tests.integrations.aws.account import HURRIED, NAT, PACE, Clock

PAGE = Path(__file__).parents[3] / "docs" / "aws.md"


async def states(aws: Aws) -> dict[str, str]:
    return {line.name: line.state for line in await health(aws)}


async def test_each_service_is_really_asked(aws: Aws, world: FakeAws) -> None:
    found = {line.name: line for line in await health(aws)}
    assert {name: line.state for name, line in found.items()} == dict.fromkeys(
        ("identity", "cloudwatch", "ec2", "logs"), "ok"
    )
    assert found["identity"].detail == "arn:aws:iam::111122223333:user/midwatch in us-east-1"
    assert found["ec2"].detail == "2 NAT gateways"
    assert set(world.calls) >= {
        "GetCallerIdentity",
        "GetMetricData",
        "DescribeNatGateways",
        "StartQuery",
        "GetQueryResults",
    }
    assert not any(world.running.values())


@pytest.mark.parametrize(
    ("permission", "line"),
    [("cloudwatch:GetMetricData", "cloudwatch"), ("ec2:DescribeSubnets", "ec2"), ("logs:StartQuery", "logs")],
)
async def test_a_missing_permission_is_named(aws: Aws, world: FakeAws, permission: str, line: str) -> None:
    world.deny(permission)
    found = {one.name: one for one in await health(aws)}
    assert (found[line].state, found[line].detail) == ("refused", f"needs permission {permission}")
    assert [name for name, one in found.items() if one.state != "ok"] == [line]


async def test_no_flow_logs_are_missing_and_not_a_failure(aws: Aws, world: FakeAws) -> None:
    world.flow_logs = []
    assert (await states(aws))["logs"] == "missing"


async def test_an_expired_session_is_a_failure_of_all(aws: Aws, world: FakeAws) -> None:
    world.fail("*", "ExpiredToken", 403)
    assert set((await states(aws)).values()) == {"failed"}


async def test_not_configured_is_one_line(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    assert await states(Aws(AwsSettings(), clock, PACE)) == {"aws": "missing"}


async def test_the_policy_of_the_page_allows_what_is_called_and_no_more(
    ask: Callable[..., Any], aws: Aws, world: FakeAws
) -> None:
    world.polls, aws.pace = 10_000, HURRIED
    hour = {"gateway": NAT, "start": "2026-10-16T02:00:00Z", "end": "2026-10-16T03:00:00Z"}
    await ask("aws_flow_talkers", **hour)
    await ask("aws_nat_metrics", **hour)
    await ask("aws_nat_gateways")
    await health(aws)
    policy = json.loads(re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)[0])
    allowed = {action.partition(":")[2] for statement in policy["Statement"] for action in statement["Action"]}
    assert allowed == set(world.calls) - {"GetCallerIdentity"}  # needs no permission
