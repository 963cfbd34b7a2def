import asyncio
import sys
from collections.abc import Callable
from importlib.resources import files
from time import monotonic
from typing import Any

import botocore.exceptions
import botocore.parsers
import pytest
import yaml

from midwatch.domain.tool import ToolError
from midwatch.integrations.aws.cache import CacheState
from midwatch.integrations.aws.client import Aws
from midwatch.integrations.aws.fake import FakeAws
from midwatch.integrations.aws.settings import AwsSettings
from midwatch.integrations.aws.tools import tools
from tests.integrations.aws.account import NAT, PACE, Clock, gap, partial, seen

Ask = Callable[..., Any]
HOUR = {"gateway": NAT, "start": "2026-10-16T02:00:00Z", "end": "2026-10-16T03:00:00Z"}
TOOLS = {"aws_nat_metrics": HOUR, "aws_nat_gateways": {}, "aws_flow_talkers": HOUR}
HERE = AwsSettings(region="us-east-1")


async def test_throttling_once_is_waited_out(ask: Ask, world: FakeAws) -> None:
    world.throttle("GetMetricData", times=1)
    seen(await ask("aws_nat_metrics", **HOUR))
    assert world.calls["GetMetricData"] == 2


@pytest.mark.parametrize("action", ["GetMetricData", "DescribeNatGateways", "StartQuery"])
async def test_throttling_for_ever_is_asked_twice_and_said(ask: Ask, world: FakeAws, action: str) -> None:
    world.throttle(action)
    tool = {
        "GetMetricData": "aws_nat_metrics",
        "DescribeNatGateways": "aws_nat_gateways",
        "StartQuery": "aws_flow_talkers",
    }[action]
    refused = gap(await ask(tool, **TOOLS[tool]))
    assert f"throttles {action}" in refused.reason and "retry in a minute" in refused.reason
    assert world.calls[action] == 2


async def test_the_second_try_comes_after_a_second(world: FakeAws, clock: Clock) -> None:
    world.throttle("GetCallerIdentity", times=1)
    began = monotonic()
    await Aws(HERE, clock).call("sts", "GetCallerIdentity")
    assert monotonic() - began >= 1.0


async def test_throttled_data_is_shown_as_stale_with_its_age(ask: Ask, world: FakeAws, clock: Clock) -> None:
    first = seen(await ask("aws_nat_metrics", **HOUR))
    clock.move(minutes=7)
    world.throttle("GetMetricData")
    stale = seen(await ask("aws_nat_metrics", **HOUR))
    assert stale.sha256 == first.sha256
    assert partial(stale).startswith("stale: measured 420 s ago, CloudWatch throttles; ")
    world.recover()
    assert "stale" not in partial(await ask("aws_nat_metrics", **HOUR))


async def test_the_cache_tells_its_hits_misses_and_oldest_age(ask: Ask, aws: Aws, clock: Clock) -> None:
    assert aws.cache_state == CacheState(0, 0, None)
    await ask("aws_nat_gateways")
    clock.move(seconds=90)
    await ask("aws_nat_gateways")
    await ask("aws_nat_metrics", **HOUR)
    assert aws.cache_state == CacheState(hits=1, misses=2, oldest_age_s=90.0)


async def test_the_same_question_of_two_at_once_is_asked_once(ask: Ask, world: FakeAws) -> None:
    world.latency["GetMetricData"] = 0.05
    await asyncio.gather(*(ask("aws_nat_metrics", **HOUR) for _ in range(4)))
    assert world.calls["GetMetricData"] == 1


async def test_questions_go_at_the_same_time(ask: Ask, world: FakeAws) -> None:
    world.latency["GetMetricData"] = 0.3
    hours = [HOUR | {"start": f"2026-10-16T00:{minute:02}:00Z"} for minute in range(4)]
    await asyncio.gather(*(ask("aws_nat_metrics", **hour) for hour in hours))
    assert world.most_at_once >= 2


@pytest.mark.parametrize(
    ("tool", "permission"),
    [
        ("aws_nat_metrics", "cloudwatch:GetMetricData"),
        ("aws_nat_gateways", "ec2:DescribeNatGateways"),
        ("aws_flow_talkers", "ec2:DescribeFlowLogs"),
        ("aws_flow_talkers", "logs:StartQuery"),
        ("aws_flow_talkers", "logs:GetQueryResults"),
    ],
)
async def test_a_missing_permission_is_named(ask: Ask, world: FakeAws, tool: str, permission: str) -> None:
    world.deny(permission)
    refused = gap(await ask(tool, **TOOLS[tool]))
    assert refused.permission == permission
    assert permission in refused.reason


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("ExpiredToken", "session expired; log in again"),
        ("UnrecognizedClientException", "Invalid AWS credentials"),
        ("SignatureDoesNotMatch", "check the secret access key and the clock"),
        ("OptInRequired", "Region us-east-1 is not enabled"),
        ("StrangeNewError", "AWS rejected"),
    ],
)
async def test_every_refusal_is_one_sentence(ask: Ask, world: FakeAws, code: str, reason: str) -> None:
    world.fail("*", code, 403)
    for tool, arguments in TOOLS.items():
        assert reason in gap(await ask(tool, **arguments)).reason


def test_every_error_of_the_sdk_that_has_a_sentence_exists() -> None:
    listed = yaml.safe_load(files("midwatch.integrations.aws").joinpath("errors.yaml").read_text())
    codes = {code for entry in listed["sentences"] for code in entry["codes"]} | {*listed["failing"]}
    ours = {code for code in codes if code.endswith(("Error", "Required", "NotFound"))}
    known = {*dir(botocore.exceptions), *dir(botocore.parsers)}
    assert ours - known == {
        "InternalError",
        "InternalServiceError",
        "InternalServerError",
        "OptInRequired",
    }  # codes of services


async def test_an_outage_is_asked_once_more(ask: Ask, world: FakeAws) -> None:
    world.fail("GetMetricData", "InternalFailure", 500)
    assert "failed twice on GetMetricData" in gap(await ask("aws_nat_metrics", **HOUR)).reason
    assert world.calls["GetMetricData"] == 2


async def test_without_credentials_it_says_where_they_come_from(
    ask: Ask, world: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "No AWS credentials found" in gap(await ask("aws_nat_metrics", **HOUR)).reason
    assert not world.calls


async def test_nobody_at_the_address_is_told_from_a_refusal(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert (
        "endpoint 127.0.0.1:9 unreachable; check region us-east-1" in gap(await ask("aws_nat_metrics", **HOUR)).reason
    )


async def test_one_service_can_have_an_address_of_its_own(
    ask: Ask, world: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", "http://127.0.0.1:9")
    assert "unreachable" in gap(await ask("aws_nat_metrics", **HOUR)).reason
    seen(await ask("aws_nat_gateways"))


async def test_an_unknown_profile_is_named(world: FakeAws, clock: Clock) -> None:
    with pytest.raises(ToolError, match=r"profile not found in ~/\.aws/config"):
        await Aws(AwsSettings(profile="nobody"), clock, PACE).call("sts", "GetCallerIdentity")


async def test_the_sdk_that_is_not_installed_says_how_to_install_it(
    world: FakeAws, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ToolError, match=r"pip install 'midwatch\[aws\]'"):
        await Aws(HERE, clock, PACE).call("sts", "GetCallerIdentity")


async def test_not_configured_is_a_state(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    aws = Aws(AwsSettings(), clock, PACE)
    assert len(tools(aws)) == 3
    with pytest.raises(ToolError, match="AWS is not configured") as missing:
        await aws.call("sts", "GetCallerIdentity")
    assert missing.value.absent


async def test_a_role_of_another_account_is_assumed_once(world: FakeAws, clock: Clock) -> None:
    world.external_id = "seven"
    role = "arn:aws:iam::444455556666:role/midwatch-read"
    aws = Aws(AwsSettings(role_arn=role, external_id="seven"), clock, PACE)
    assert "assumed-role/midwatch-read/midwatch" in (await aws.call("sts", "GetCallerIdentity"))["Arn"]
    await aws.call("ec2", "DescribeNatGateways")
    assert world.calls["AssumeRole"] == 1
    with pytest.raises(ToolError) as refused:
        await Aws(AwsSettings(role_arn=role), clock, PACE).call("ec2", "DescribeNatGateways")
    assert refused.value.permission == "sts:AssumeRole"
