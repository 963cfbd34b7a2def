from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.domain.intent import Intent
from midwatch.domain.refusal import Refusal
from midwatch.domain.window import Window
from midwatch.services.errors import NotKnown
from midwatch.services.query_tools import query_tool, query_tools_of
from tests.plugged import AREAS

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
ERRANDS = query_tools_of(AREAS)
SHOP = Intent(topic="website", entities=(("site", ("shop.example.com",)),))
TWO = datetime(2026, 11, 21, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "arguments", "intent"),
    [
        ("check_nat_gateway_metrics", {}, Intent(topic="nat-traffic", window=Window(NOW - HOUR, NOW))),
        (
            "check_nat_gateway_metrics",
            {"time_window_hours": 168, "nat_gateway_id": "nat-1"},
            Intent(topic="nat-traffic", window=Window(NOW - 168 * HOUR, NOW), entities=(("gateway", ("nat-1",)),)),
        ),
        (
            "correlate_nat_spike_with_zeus_jobs",
            {"spike_timestamp": "2am"},
            Intent(topic="nat-spike", window=Window(TWO - HOUR / 2, TWO + HOUR / 2)),
        ),
        (
            "correlate_nat_spike_with_zeus_jobs",
            {"spike_timestamp": "9:20", "time_window_minutes": 60},
            Intent(topic="nat-spike", window=Window(NOW - 70 * HOUR / 60, NOW)),
        ),
        (
            "find_zeus_jobs_during_timeframe",
            {"start_time": "1795219200", "end_time": "2026-11-21T02:00:00+00:00", "namespace": "refresh-a"},
            Intent(
                topic="jobs",
                window=Window(datetime.fromtimestamp(1795219200, UTC), TWO),
                entities=(("namespace", ("refresh-a",)),),
            ),
        ),
        (
            "compare_nat_traffic",
            {"timeframe1": "2026-11-21T00:00Z/2026-11-21T02:00Z", "timeframe2": "2026-11-20T00:00Z/2026-11-20T02:00Z"},
            Intent(
                topic="nat-compare",
                window=Window(TWO - 2 * HOUR, TWO),
                against=Window(TWO - 26 * HOUR, TWO - 24 * HOUR),
            ),
        ),
        (
            "search_zeus_jobs_by_client",
            {"client_name": "Alderbrook", "days_back": 2},
            Intent(
                topic="jobs-of-client", window=Window(NOW - 48 * HOUR, NOW), entities=(("client", ("Alderbrook",)),)
            ),
        ),
        (
            "website_health_query",
            {"url": "shop.example.com"},
            SHOP,
        ),
    ],
)
def test_arguments_become_what_a_question_would(name: str, arguments: dict[str, Any], intent: Intent) -> None:
    assert query_tool(name, AREAS).intent(arguments, NOW) == intent


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        (
            "check_nat_gateway_metrics",
            {"time_window_hours": 0},
            "time_window_hours: Input should be greater than or equal to 1",
        ),
        ("check_nat_gateway_metrics", {"time_window_hours": 169}, "less than or equal to 168"),
        ("check_nat_gateway_metrics", {"hours": 3}, "hours: Extra inputs"),
        ("correlate_nat_spike_with_zeus_jobs", {}, "spike_timestamp: Field required"),
        (
            "correlate_nat_spike_with_zeus_jobs",
            {"spike_timestamp": "soonish"},
            "Invalid timestamp. Use ISO 8601 format: ",
        ),
        ("correlate_nat_spike_with_zeus_jobs", {"spike_timestamp": "2027-01-01T00:00Z"}, "is in the future"),
        ("find_zeus_jobs_during_timeframe", {"start_time": "3am", "end_time": "2am"}, "is not after"),
        (
            "find_zeus_jobs_during_timeframe",
            {"start_time": "2026-11-01", "end_time": "2026-11-10"},
            "longer than 7 days",
        ),
        ("compare_nat_traffic", {"timeframe1": "today", "timeframe2": "yesterday"}, "is not a time range"),
    ],
)
def test_what_is_not_right_is_said(name: str, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(Refusal) as refused:
        query_tool(name, AREAS).intent(arguments, NOW)
    assert said in refused.value.reason


def test_a_tool_that_nobody_has() -> None:
    with pytest.raises(NotKnown, match="no tool 'rm'"):
        query_tool("rm", AREAS)


@given(name=st.sampled_from(sorted(ERRANDS)), text=st.text(max_size=40), number=st.floats() | st.integers())
def test_no_argument_is_too_odd(name: str, text: str, number: float) -> None:
    fields = ERRANDS[name].parameters.model_fields
    given = {key: number if field.annotation in (int, float) else text for key, field in fields.items()}
    try:
        assert query_tool(name, AREAS).intent(given, NOW).topic
    except Refusal as refused:
        assert refused.reason
