"""State of the fake account as plain data, with its failures."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

# Minutes since 1970 in seconds → the value of that minute; None for a missing point.
Points = Callable[[float], float | None] | Sequence[tuple[float, float]]

PACKET_FORMAT = "${interface-id} ${srcaddr} ${dstaddr} ${pkt-srcaddr} ${pkt-dstaddr} ${dstport} ${bytes} ${action}"


@dataclass(frozen=True)
class FakeGateway:
    """One NAT gateway with one address; `private` is its own address within the VPC."""

    id: str
    name: str = ""
    subnet: str = "subnet-0a1b2c3d"
    vpc: str = "vpc-0a1b2c3d"
    zone: str = "us-east-1c"
    state: str = "available"
    interface: str = "eni-0a1b2c3d"
    private: str = "10.0.0.220"
    public: str = "203.0.113.10"
    tags: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class FakeFlowLog:
    """One flow log. `resource` is an interface, a subnet or a VPC; without a `format` it is written in the default
    one."""

    resource: str
    group: str = "/vpc/flowlogs"
    destination: str = "cloud-watch-logs"
    format: str = ""
    traffic: str = "ALL"


@dataclass(frozen=True)
class Talker:
    source: str
    destination: str
    port: int
    bytes: int


@dataclass
class FakeAwsTrouble:
    """A failure of the fake; `times` is the number of remaining occurrences; None for ever."""

    code: str
    status: int
    message: str
    times: int | None = None


@dataclass
class FakeAws:
    """The fake account. `metrics` are by gateway and AWS's name of the metric. `page` is the number of items, or points
    of a metric, on one page; `states` makes a metric end as PartialData or Forbidden; a log query is done at its
    `polls`-th poll, or ends as `query_ends`. A role is given to callers with the `external_id`, if there is one.
    `latency` is in seconds. `calls` counts requests by action, `most_at_once` the highest number of concurrent ones;
    `queries` are the log queries, as received."""

    gateways: list[FakeGateway] = field(default_factory=list[FakeGateway])
    metrics: dict[tuple[str, str], Points] = field(default_factory=dict[tuple[str, str], Points])
    flow_logs: list[FakeFlowLog] = field(default_factory=list[FakeFlowLog])
    talkers: list[Talker] = field(default_factory=list[Talker])
    account: str = "111122223333"
    user: str = "user/midwatch"
    external_id: str = ""
    page: int = 100_800
    states: dict[str, str] = field(default_factory=dict[str, str])
    polls: int = 2
    query_ends: str = "Complete"
    scanned: int = 28_123_456
    troubles: dict[str, FakeAwsTrouble] = field(default_factory=dict[str, FakeAwsTrouble])
    latency: dict[str, float] = field(default_factory=dict[str, float])
    calls: Counter[str] = field(default_factory=Counter[str])
    at_once: int = 0
    most_at_once: int = 0
    queries: list[str] = field(default_factory=list[str])
    running: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:{self.user}"

    def throttle(self, action: str, times: int | None = None) -> None:
        code = "RequestLimitExceeded" if action.startswith("Describe") else "ThrottlingException"
        self.fail(action, code, 503 if action.startswith("Describe") else 400, "Rate exceeded", times)

    def deny(self, permission: str) -> None:
        """Denies a permission in the notation of policies: ec2:DescribeNatGateways."""
        service, _, action = permission.partition(":")
        code = "UnauthorizedOperation" if service == "ec2" else "AccessDeniedException"
        said = f"User: {self.arn} is not authorized to perform: {permission} because no identity-based policy allows it"
        self.fail(action, code, 403, said)

    def fail(self, action: str, code: str, status: int = 400, message: str = "", times: int | None = None) -> None:
        """Sets the error response of every action, or of one."""
        self.troubles[action] = FakeAwsTrouble(code, status, message or code, times)

    def recover(self) -> None:
        self.troubles.clear()

    def next_trouble(self, action: str) -> FakeAwsTrouble | None:
        trouble = self.troubles.get(action) or self.troubles.get("*")
        if trouble is None or trouble.times == 0:
            return None
        if trouble.times is not None:
            trouble.times -= 1
        return trouble
