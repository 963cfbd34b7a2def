from dataclasses import replace
from datetime import UTC, datetime, timedelta

from midwatch.domain.evidence import Evidence, Gap
from midwatch.integrations.aws.client import Pace
from midwatch.integrations.aws.fake import FakeAws, FakeFlowLog, FakeGateway, Talker
from midwatch.integrations.aws.fake.world import PACKET_FORMAT

NOW = datetime(2026, 10, 16, 3, 30, 20, tzinfo=UTC)
NAT, IDLE = "nat-0aa11bb22cc33dd44", "nat-0bb11bb22cc33dd44"
SPIKE = datetime(2026, 10, 16, 2, 5, tzinfo=UTC).timestamp()
PACE = Pace(retry=0.01, first_poll=0.01, longest_poll=0.02, poll_for=30)
HURRIED = replace(PACE, poll_for=0.3)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def egress(at: float) -> float | None:
    """0.1 GB a minute, and 2 GB from 02:05 to 02:20; nothing at all at 01:00."""
    if at == datetime(2026, 10, 16, 1, 0, tzinfo=UTC).timestamp():
        return None
    return 2e9 if SPIKE <= at < SPIKE + 900 else 1e8


def peak(at: float) -> float:
    return 5e7 if SPIKE <= at < SPIKE + 60 else 2e6


def account() -> FakeAws:
    return FakeAws(
        gateways=[
            FakeGateway(NAT, "dev-nat-1c", tags={"Environment": "dev"}),
            FakeGateway(
                IDLE,
                subnet="subnet-other",
                zone="us-east-1a",
                interface="eni-other",
                private="10.0.9.9",
                public="203.0.113.11",
            ),
        ],
        metrics={
            (NAT, "BytesOutToDestination"): egress,
            (NAT, "PeakBytesPerSecond"): peak,
            (NAT, "ActiveConnectionCount"): [(SPIKE, 305), (SPIKE + 60, 260)],
        },
        flow_logs=[FakeFlowLog("vpc-0a1b2c3d", format=PACKET_FORMAT)],
        talkers=[Talker("10.0.1.5", "52.1.2.3", 443, 12_400_000_000), Talker("10.0.1.6", "52.1.2.4", 22, 1_000)],
    )


def seen(answer: Evidence | Gap) -> Evidence:
    assert isinstance(answer, Evidence), answer
    return answer


def gap(answer: Evidence | Gap) -> Gap:
    assert isinstance(answer, Gap), answer
    return answer


def partial(answer: Evidence | Gap) -> str:
    return getattr(seen(answer).observation, "partial", "")
