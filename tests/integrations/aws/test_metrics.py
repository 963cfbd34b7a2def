from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.analysis.series import Series, decode
from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.observation import Measurements
from midwatch.domain.tool import ToolError
from midwatch.integrations.aws.fake import FakeAws
from midwatch.integrations.aws.spans import span
from tests.integrations.aws.account import IDLE, NAT, NOW, SPIKE, Clock, gap, partial, seen

Ask = Callable[..., Any]
HOUR = {"gateway": NAT, "start": "2026-10-16T02:00:00Z", "end": "2026-10-16T03:00:00Z"}


def series(answer: Evidence | Gap) -> dict[str, Series]:
    observation = seen(answer).observation
    assert isinstance(observation, Measurements)
    return {one.signal: one for one in decode(observation.body)}


async def test_all_metrics_of_a_gateway_come_by_one_call(ask: Ask, world: FakeAws) -> None:
    found = series(await ask("aws_nat_metrics", **HOUR))
    assert len(found) == 12
    assert (found["egress"].entity, found["egress"].unit, found["peak_rate"].unit) == (NAT, "bytes", "bytes/s")
    assert dict(world.calls) == {"GetMetricData": 1}


async def test_points_rise_and_what_is_missing_stays_missing(ask: Ask) -> None:
    answer = await ask("aws_nat_metrics", gateway=NAT, start="2026-10-16T00:55:00Z", end="2026-10-16T02:30:00Z")
    egress = series(answer)["egress"]
    assert all(later - earlier == 60 for earlier, later in pairwise(egress.times))
    points = dict(zip(egress.times, egress.values, strict=True))
    assert points[SPIKE] == 2e9 and points[SPIKE - 60] == 1e8
    assert [datetime.fromtimestamp(at, UTC).strftime("%H:%M") for at, value in points.items() if value is None] == [
        "01:00"
    ]
    assert "missing data points mean that no traffic was reported" in partial(answer)


async def test_sums_are_summed_and_peaks_are_not(ask: Ask) -> None:
    found = series(await ask("aws_nat_metrics", gateway=NAT, start="2026-10-15T12:00:00Z", end="2026-10-16T03:00:00Z"))
    at = list(found["egress"].times).index(SPIKE)
    assert (found["egress"].values[at], found["peak_rate"].values[at], found["connections"].values[at]) == (
        1e10,
        5e7,
        305,
    )


async def test_the_last_minutes_are_dropped_as_incomplete(ask: Ask) -> None:
    answer = await ask("aws_nat_metrics", gateway=NAT, start="2026-10-16T03:00:00Z", end="2026-10-16T03:40:00Z")
    assert datetime.fromtimestamp(series(answer)["egress"].times[-1], UTC) == datetime(2026, 10, 16, 3, 26, tzinfo=UTC)
    assert "from 03:27 UTC dropped" in partial(answer)
    nothing = gap(await ask("aws_nat_metrics", gateway=NAT, start="2026-10-16T03:28:30Z", end="2026-10-16T03:30:00Z"))
    assert "complete yet" in nothing.reason


async def test_a_time_without_a_zone_is_utc_and_another_zone_is_turned(ask: Ask, world: FakeAws) -> None:
    plain = await ask("aws_nat_metrics", gateway=NAT, start="2026-10-16T02:00:00", end="2026-10-16T03:00:00")
    turned = await ask(
        "aws_nat_metrics", gateway=NAT, start="2026-10-15T22:00:00-04:00", end="2026-10-16T05:00:00+02:00"
    )
    assert seen(plain).sha256 == seen(turned).sha256
    assert world.calls["GetMetricData"] == 1


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        ("2026-10-16T02:00:00Z", "2026-10-16T02:00:00Z", "end must be after start"),
        ("2026-10-16T02:00:00Z", "2026-10-16T01:00:00Z", "end must be after start"),
        ("2026-10-16T04:00:00Z", "2026-10-16T05:00:00Z", "in the future (now: 2026-10-16 03:30 UTC)"),
        ("2026-10-08T00:00:00Z", "2026-10-16T00:00:00Z", "192 h is too long: maximum 168 h (7 days)"),
        ("2025-06-01T00:00:00Z", "2025-06-02T00:00:00Z", "more than 455 days ago"),
        ("two o'clock", "2026-10-16T05:00:00Z", "Invalid timestamp. Use ISO 8601 format: 2025-10-16T02:00:00Z"),
    ],
)
@pytest.mark.parametrize("tool", ["aws_nat_metrics", "aws_flow_talkers"])
async def test_a_range_nobody_can_answer_is_refused_with_its_reason(
    ask: Ask, world: FakeAws, tool: str, start: str, end: str, reason: str
) -> None:
    assert reason in gap(await ask(tool, gateway=NAT, start=start, end=end)).reason
    assert not world.calls


@pytest.mark.parametrize(
    ("back", "length", "period"),
    [
        (timedelta(hours=3), timedelta(hours=1), 60),
        (timedelta(hours=3), timedelta(hours=3), 60),
        (timedelta(hours=4), timedelta(hours=4), 300),
        (timedelta(days=7), timedelta(days=7), 300),
        (timedelta(days=16), timedelta(hours=1), 300),
        (timedelta(days=63), timedelta(hours=1), 3600),
        (timedelta(days=454), timedelta(days=7), 3600),
    ],
)
def test_the_period_fits_the_range_and_what_cloudwatch_still_keeps(
    back: timedelta, length: timedelta, period: int
) -> None:
    assert span(NOW - back, NOW - back + length, NOW).period == period


@given(st.integers(0, 454 * 86400), st.integers(1, 7 * 86400))
def test_a_range_lies_on_the_grid_and_holds_what_was_asked(back: int, length: int) -> None:
    start = NOW - timedelta(seconds=back)
    try:
        found = span(start, start + timedelta(seconds=length), NOW)
    except ToolError:
        assert back < 3600 * 2
        return
    assert found.since % found.period == found.until % found.period == 0
    assert found.since <= start.timestamp() and found.until >= start.timestamp() + length
    assert found.times[-1] + found.period <= NOW.timestamp() - 180
    assert len(found.times) * 12 <= 100_800


async def test_all_pages_are_read(ask: Ask, world: FakeAws) -> None:
    whole = await ask("aws_nat_metrics", **HOUR)
    world.page = 7
    paged = await ask("aws_nat_metrics", gateway=NAT, start="2026-10-16T01:59:00Z", end="2026-10-16T03:00:00Z")
    assert world.calls["GetMetricData"] == 1 + 9
    assert series(paged)["egress"].values[1:] == series(whole)["egress"].values


async def test_a_metric_that_came_in_part_says_so_and_is_asked_again(ask: Ask, world: FakeAws) -> None:
    world.states = {"BytesOutToDestination": "PartialData"}
    assert "partial CloudWatch data for BytesOutToDestination" in partial(await ask("aws_nat_metrics", **HOUR))
    world.states = {}
    assert "only a part" not in partial(await ask("aws_nat_metrics", **HOUR))


async def test_a_forbidden_metric_is_left_out_and_named(ask: Ask, world: FakeAws) -> None:
    world.states = {"BytesOutToDestination": "Forbidden"}
    answer = await ask("aws_nat_metrics", **HOUR)
    assert "egress" not in series(answer)
    assert "no permission for BytesOutToDestination" in partial(answer)


async def test_an_idle_gateway_is_told_from_one_that_nobody_has(ask: Ask, world: FakeAws) -> None:
    idle = await ask("aws_nat_metrics", **HOUR | {"gateway": IDLE})
    assert set(series(idle)["egress"].values) == {None}
    for unknown in ("nat-0123456789abcdef0", "eu-gateway'; drop"):
        missing = gap(await ask("aws_nat_metrics", **HOUR | {"gateway": unknown}))
        assert (missing.reason, missing.absent) == (
            f"NAT gateway {unknown} not found or not configured for this cluster",
            True,
        )
    world.deny("ec2:DescribeNatGateways")
    unsure = await ask(
        "aws_nat_metrics", gateway="nat-0123456789abcdef0", start="2026-10-16T01:00:00Z", end="2026-10-16T02:00:00Z"
    )
    assert "could not check whether the gateway exists" in partial(unsure)


async def test_a_second_question_costs_nothing_for_five_minutes(ask: Ask, world: FakeAws, clock: Clock) -> None:
    first = seen(await ask("aws_nat_metrics", **HOUR))
    clock.move(minutes=5)
    again = seen(await ask("aws_nat_metrics", gateway=NAT, start="2026-10-16T02:00:20Z", end="2026-10-16T02:59:30Z"))
    assert (again.sha256, world.calls["GetMetricData"]) == (first.sha256, 1)
    clock.move(seconds=1)
    await ask("aws_nat_metrics", **HOUR)
    await ask("aws_nat_metrics", **HOUR | {"gateway": IDLE})
    assert world.calls["GetMetricData"] == 3
