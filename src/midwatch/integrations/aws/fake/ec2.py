from midwatch.integrations.aws.fake.wire import Json, WireRefusal, page
from midwatch.integrations.aws.fake.world import FakeAws, FakeFlowLog, FakeGateway

_SMALLEST = 5  # items a page may be asked to hold, at least


def describe_nat_gateways(world: FakeAws, body: Json) -> Json:
    ids = _listed(body, "NatGatewayId")
    known = {g.id: g for g in world.gateways}
    if unknown := [i for i in ids if i not in known]:
        raise WireRefusal("NatGatewayNotFound", f"The Nat Gateway {unknown[0]} was not found")
    chosen = [_gateway(known[i]) for i in ids] or [_gateway(g) for g in world.gateways]
    return _paged(world, body, "natGatewaySet", chosen)


def describe_subnets(world: FakeAws, body: Json) -> Json:
    wanted = _filters(body).get("subnet-id")
    zones = {g.subnet: {"subnetId": g.subnet, "vpcId": g.vpc, "availabilityZone": g.zone} for g in world.gateways}
    return _paged(
        world, body, "subnetSet", [zone for subnet, zone in zones.items() if wanted is None or subnet in wanted]
    )


def describe_flow_logs(world: FakeAws, body: Json) -> Json:
    asked = _filters(body)
    kept = [
        _flow_log(number, log)
        for number, log in enumerate(world.flow_logs)
        if log.resource in asked.get("resource-id", [log.resource])
        and log.destination in asked.get("log-destination-type", [log.destination])
    ]
    return _paged(world, body, "flowLogSet", kept)


def _paged(world: FakeAws, body: Json, name: str, items: list[Json]) -> Json:
    asked = int(body.get("MaxResults", 1000))
    if asked < _SMALLEST:
        raise WireRefusal("InvalidParameterValue", f"Value ( {asked} ) for parameter maxResults is invalid.")
    some, token = page(items, body.get("NextToken", ""), min(asked, world.page))
    return {name: some, "nextToken": token}


def _gateway(gateway: FakeGateway) -> Json:
    tags = {"Name": gateway.name} | gateway.tags if gateway.name else gateway.tags
    return {
        "natGatewayId": gateway.id,
        "createTime": "2024-03-01T10:00:00.000Z",
        "state": gateway.state,
        "subnetId": gateway.subnet,
        "vpcId": gateway.vpc,
        "connectivityType": "public",
        "natGatewayAddressSet": [
            {
                "networkInterfaceId": gateway.interface,
                "privateIp": gateway.private,
                "publicIp": gateway.public,
                "isPrimary": True,
            }
        ],
        "tagSet": [{"key": k, "value": v} for k, v in tags.items()],
    }


def _flow_log(number: int, log: FakeFlowLog) -> Json:
    return {
        "flowLogId": f"fl-{number}",
        "flowLogStatus": "ACTIVE",
        "resourceId": log.resource,
        "trafficType": log.traffic,
        "logDestinationType": log.destination,
        "logGroupName": log.group if log.destination == "cloud-watch-logs" else None,
        "logFormat": log.format or None,
    }


def _listed(body: Json, name: str) -> list[str]:
    """`Name.1=a&Name.2=b` as a list."""
    return [body[key] for key in sorted(k for k in body if k.startswith(f"{name}."))]


def _filters(body: Json) -> dict[str, list[str]]:
    numbers = sorted({key.split(".")[1] for key in body if key.startswith("Filter.")})
    return {body[f"Filter.{n}.Name"]: _listed(body, f"Filter.{n}.Value") for n in numbers}
