import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from midwatch.integrations.aws.client import Aws
from midwatch.integrations.aws.fake import FakeAws, FakeFlowLog, Talker
from midwatch.integrations.aws.fake.world import PACKET_FORMAT
from tests.integrations.aws.account import HURRIED, NAT, PACE, gap, partial, seen

Ask = Callable[..., Any]
HOUR = {"gateway": NAT, "start": "2026-10-16T02:00:00Z", "end": "2026-10-16T03:00:00Z"}


async def test_the_largest_pairs_are_named_with_their_bytes(ask: Ask, world: FakeAws) -> None:
    answer = seen(await ask("aws_flow_talkers", **HOUR))
    first, second = msgspec.json.decode(answer.observation.content)
    assert first == {
        "metadata": {"name": "10.0.1.5 to 52.1.2.3:443"},
        "source": "10.0.1.5",
        "destination": "52.1.2.3",
        "port": 443,
        "bytes": 12_400_000_000,
    }
    assert second["bytes"] == 1000
    assert "/vpc/flowlogs" in answer.query and "(scanned 28,123,456 bytes)" in answer.query
    assert partial(answer) == ""


async def test_the_same_range_is_searched_once(ask: Ask, world: FakeAws) -> None:
    await ask("aws_flow_talkers", **HOUR)
    await ask("aws_flow_talkers", **HOUR)
    assert world.calls["StartQuery"] == 1


async def test_addresses_of_the_packet_are_read_where_the_format_has_them(ask: Ask, world: FakeAws) -> None:
    await ask("aws_flow_talkers", **HOUR)
    (query,) = world.queries
    assert query.startswith(
        'parse @message "* * * * * * * *" as interfaceId, srcAddr, dstAddr, pktSrcAddr, pktDstAddr, dstPort, bytes, '
        "action |"
    )
    assert "interfaceId in ['eni-0a1b2c3d']" in query
    assert "pktSrcAddr not in ['10.0.0.220'] and pktDstAddr not in ['10.0.0.220']" in query


async def test_the_default_format_cannot_pair_the_ends_and_says_so(ask: Ask, world: FakeAws) -> None:
    world.flow_logs = [FakeFlowLog("eni-0a1b2c3d")]
    answer = await ask("aws_flow_talkers", **HOUR)
    assert "each row pairs a workload or a destination with the address of the gateway" in partial(answer)
    assert world.queries[0].startswith("filter interfaceId in")


@pytest.mark.parametrize(
    ("logs", "reason"),
    [
        ([], "no flow logs for nat-"),
        ([FakeFlowLog("vpc-elsewhere")], "no flow logs for nat-"),
        ([FakeFlowLog("vpc-0a1b2c3d", destination="s3")], "go to S3: only flow logs in CloudWatch Logs can be queried"),
        ([FakeFlowLog("vpc-0a1b2c3d", traffic="REJECT")], "contain only rejected traffic"),
        (
            [FakeFlowLog("vpc-0a1b2c3d", format="${srcaddr} ${dstaddr}")],
            "lack the fields interface-id, dstport, bytes, action",
        ),
    ],
)
async def test_flow_logs_that_cannot_be_asked_say_why(
    ask: Ask, world: FakeAws, logs: list[FakeFlowLog], reason: str
) -> None:
    world.flow_logs = logs
    missing = gap(await ask("aws_flow_talkers", **HOUR))
    assert reason in missing.reason and not missing.absent


async def test_the_flow_log_nearest_to_the_gateway_is_asked(ask: Ask, world: FakeAws) -> None:
    world.flow_logs = [
        FakeFlowLog("vpc-0a1b2c3d", "/vpc"),
        FakeFlowLog("eni-0a1b2c3d", "/eni"),
        FakeFlowLog("subnet-0a1b2c3d", "/subnet"),
    ]
    assert "in /eni," in seen(await ask("aws_flow_talkers", **HOUR)).query


async def test_a_query_that_takes_too_long_is_stopped_and_its_rows_are_kept(ask: Ask, aws: Aws, world: FakeAws) -> None:
    world.polls, aws.pace = 10_000, HURRIED
    answer = await ask("aws_flow_talkers", **HOUR)
    assert [row["port"] for row in msgspec.json.decode(seen(answer).observation.content)] == [443]
    assert "stopped after 0.3 s: only a part of the logs was searched" in partial(answer)
    assert (world.calls["StopQuery"], world.running) == (1, {})
    world.polls, aws.pace = 1, PACE
    assert "only a part" not in partial(await ask("aws_flow_talkers", **HOUR))


async def test_a_query_that_may_not_be_stopped_says_that_it_goes_on(ask: Ask, aws: Aws, world: FakeAws) -> None:
    world.polls, aws.pace = 10_000, HURRIED
    world.deny("logs:StopQuery")
    answer = await ask("aws_flow_talkers", **HOUR)
    assert "still running in AWS: AWS credentials lack permission logs:StopQuery" in partial(answer)


@pytest.mark.parametrize("during", ["StartQuery", "GetQueryResults"])
async def test_a_query_nobody_waits_for_any_more_is_stopped(ask: Ask, world: FakeAws, during: str) -> None:
    world.polls, world.latency[during] = 10_000, 0.2
    asked = asyncio.create_task(ask("aws_flow_talkers", **HOUR))
    while not world.calls[during]:
        await asyncio.sleep(0.005)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert (world.calls["StartQuery"], world.calls["StopQuery"], world.running) == (1, 1, {})


async def test_a_query_that_failed_is_no_empty_answer(ask: Ask, world: FakeAws) -> None:
    world.query_ends, world.talkers = "Failed", []
    assert "failed with status Failed" in gap(await ask("aws_flow_talkers", **HOUR)).reason


async def test_what_may_still_arrive_and_what_was_cut_is_said(ask: Ask, world: FakeAws) -> None:
    world.talkers = [Talker("10.0.1.5", f"52.1.2.{n}", 443, 100 - n) for n in range(50)]
    answer = await ask("aws_flow_talkers", gateway=NAT, start="2026-10-16T02:30:00Z", end="2026-10-16T03:30:00Z")
    assert partial(answer) == "only the 50 largest; flow logs arrive up to 15 minutes late"


async def test_several_flow_logs_on_several_pages_are_found(ask: Ask, world: FakeAws) -> None:
    world.flow_logs = [FakeFlowLog("vpc-0a1b2c3d", destination="s3") for _ in range(7)] + [
        FakeFlowLog("vpc-0a1b2c3d", format=PACKET_FORMAT)
    ]
    world.page = 5
    seen(await ask("aws_flow_talkers", **HOUR))
    assert world.calls["DescribeFlowLogs"] == 2


async def test_an_unknown_gateway_is_absent(ask: Ask, world: FakeAws) -> None:
    missing = gap(await ask("aws_flow_talkers", **HOUR | {"gateway": "nat-0123456789abcdef0"}))
    assert "not found or not configured" in missing.reason and missing.absent
