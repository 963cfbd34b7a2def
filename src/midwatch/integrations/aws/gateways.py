"""NAT gateways from EC2: location, name, addresses."""

import asyncio
import re
from collections.abc import Iterable
from typing import Any

from midwatch.domain.tool import ToolError
from midwatch.integrations.aws.client import Aws
from midwatch.integrations.aws.errors import Busy, Rejected

_PAGE = 1000  # gateways, the most that EC2 gives
_VALUES = 200  # of one filter
_SHAPE = re.compile(r"nat-[0-9a-z]{1,40}")
_UNKNOWN = {
    "NatGatewayNotFound",
    "InvalidNatGatewayID.NotFound",
    "InvalidNatGatewayID.Malformed",
    "NatGatewayMalformed",
}

Json = dict[str, Any]


def gateway_id(gateway: str) -> str:
    """The id, without the spaces around it; raises ToolError for an invalid one."""
    if not _SHAPE.fullmatch(gateway.strip()):
        raise _missing(gateway.strip()[:60])
    return gateway.strip()


async def describe(aws: Aws, gateway: str = "") -> list[Json]:
    """One gateway, or all of them, in AWS's own shape; raises ToolError, absent for an unknown gateway."""
    asked: Json = {"NatGatewayIds": [gateway]} if gateway else {"MaxResults": _PAGE}
    try:
        found = [
            g async for page in aws.pages("ec2", "DescribeNatGateways", **asked) for g in page.get("NatGateways", ())
        ]
    except Rejected as error:
        if error.code in _UNKNOWN:
            raise _missing(gateway) from error
        raise
    if gateway and not found:
        raise _missing(gateway)
    return found


async def zones(aws: Aws, gateways: Iterable[Json]) -> tuple[dict[str, str], str]:
    """Subnet → availability zone, and the reason for unknown ones, in words."""
    subnets = sorted({g["SubnetId"] for g in gateways if g.get("SubnetId")})
    try:
        chosen = (subnets[at : at + _VALUES] for at in range(0, len(subnets), _VALUES))
        answers = await asyncio.gather(*(_subnets(aws, names) for names in chosen))
    except Busy:
        raise
    except ToolError as error:
        return {}, f"availability zones unknown: {error}"
    return {s["SubnetId"]: s["AvailabilityZone"] for subnets in answers for s in subnets}, ""


async def _subnets(aws: Aws, names: list[str]) -> list[Json]:
    asked = [{"Name": "subnet-id", "Values": names}]  # a filter, for an id that is gone fails no other
    return [s async for page in aws.pages("ec2", "DescribeSubnets", Filters=asked) for s in page.get("Subnets", ())]


def gateway_row(gateway: Json, zone: dict[str, str]) -> Json:
    """The relevant fields, under Midwatch's own names."""
    addresses: list[Json] = gateway.get("NatGatewayAddresses", [])
    own = sorted(
        {a["AvailabilityZone"] for a in addresses if a.get("AvailabilityZone")}
    )  # a regional gateway has no subnet
    shape = {
        "metadata": {"name": gateway["NatGatewayId"]},
        "state": gateway.get("State", ""),
        "failure": gateway.get("FailureMessage", ""),
        "connectivity": gateway.get("ConnectivityType", ""),
        "created": f"{gateway['CreateTime']:%Y-%m-%dT%H:%M:%SZ}" if gateway.get("CreateTime") else "",
        "vpc": gateway.get("VpcId", ""),
        "subnet": gateway.get("SubnetId", ""),
        "zone": zone.get(gateway.get("SubnetId", "")) or ", ".join(own),
        "tags": {t["Key"]: t["Value"] for t in gateway.get("Tags", ())},
        "interfaces": interfaces(gateway),
        "private_ips": private(gateway),
        "public_ips": [a["PublicIp"] for a in addresses if a.get("PublicIp")],
    }
    return {key: value for key, value in shape.items() if value or key not in ("failure", "connectivity", "created")}


def interfaces(gateway: Json) -> list[str]:
    return [a["NetworkInterfaceId"] for a in gateway.get("NatGatewayAddresses", ()) if a.get("NetworkInterfaceId")]


def private(gateway: Json) -> list[str]:
    return [a["PrivateIp"] for a in gateway.get("NatGatewayAddresses", ()) if a.get("PrivateIp")]


def _missing(gateway: str) -> ToolError:
    return ToolError(f"NAT gateway {gateway} not found or not configured for this cluster", absent=True)
