from collections.abc import Callable
from typing import Any

import msgspec

from midwatch.integrations.aws.fake import FakeAws, FakeGateway
from tests.integrations.aws.account import IDLE, NAT, gap, partial, seen

Ask = Callable[..., Any]


async def test_a_gateway_is_described_with_its_zone_tags_and_addresses(ask: Ask, world: FakeAws) -> None:
    (found,) = msgspec.json.decode(seen(await ask("aws_nat_gateways", gateway=NAT)).observation.content)
    assert found == {
        "metadata": {"name": NAT},
        "state": "available",
        "connectivity": "public",
        "created": "2024-03-01T10:00:00Z",
        "vpc": "vpc-0a1b2c3d",
        "subnet": "subnet-0a1b2c3d",
        "zone": "us-east-1c",
        "tags": {"Name": "dev-nat-1c", "Environment": "dev"},
        "interfaces": ["eni-0a1b2c3d"],
        "private_ips": ["10.0.0.220"],
        "public_ips": ["203.0.113.10"],
    }
    assert dict(world.calls) == {"DescribeNatGateways": 1, "DescribeSubnets": 1}


async def test_all_gateways_of_all_pages_are_listed_once(ask: Ask, world: FakeAws) -> None:
    world.gateways += [FakeGateway(f"nat-{n:017x}", subnet=f"subnet-{n}") for n in range(12)]
    world.page = 5
    found = msgspec.json.decode(seen(await ask("aws_nat_gateways")).observation.content)
    assert {g["metadata"]["name"] for g in found} >= {NAT, IDLE}
    assert (len(found), {g["zone"] for g in found}) == (14, {"us-east-1a", "us-east-1c"})
    assert world.calls["DescribeNatGateways"] == 3
    await ask("aws_nat_gateways")
    assert world.calls["DescribeNatGateways"] == 3


async def test_an_unknown_gateway_is_absent(ask: Ask) -> None:
    missing = gap(await ask("aws_nat_gateways", gateway="nat-0123456789abcdef0"))
    assert missing.reason == "NAT gateway nat-0123456789abcdef0 not found or not configured for this cluster"
    assert missing.absent


async def test_without_the_right_to_see_subnets_only_the_zone_is_missing(ask: Ask, world: FakeAws) -> None:
    world.deny("ec2:DescribeSubnets")
    answer = await ask("aws_nat_gateways")
    assert [g["zone"] for g in msgspec.json.decode(seen(answer).observation.content)] == ["", ""]
    assert "availability zones unknown: AWS credentials lack permission ec2:DescribeSubnets" in partial(answer)
    world.recover()
    assert "zones" not in partial(await ask("aws_nat_gateways"))
