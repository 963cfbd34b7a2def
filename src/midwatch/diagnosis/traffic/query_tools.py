"""Query tools for traffic, for programs: each call becomes the same Intent as a question.

A model, an MCP client and n8n call these; names, parameters and texts are those of the functions below.
"""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from midwatch.analysis.times.spoken_time import timestamp
from midwatch.diagnosis.traffic.topics import (
    CLIENT,
    GATEWAY,
    JOBS,
    JOBS_OF_CLIENT,
    NAMESPACE,
    NAT_COMPARE,
    NAT_SPIKE,
    NAT_TRAFFIC,
)
from midwatch.domain.intent import Intent
from midwatch.domain.refusal import Refusal
from midwatch.domain.window import Window

LONGEST = timedelta(days=7)

Gateway = Annotated[
    str, Field(default="", max_length=100, description="NAT gateway ID or name; empty: all configured gateways")
]
Moment = Annotated[
    str,
    Field(max_length=100, description="ISO 8601, Unix seconds or natural language: 2am, yesterday 14:00, 2 hours ago"),
]
Namespace = Annotated[str, Field(default="", max_length=253, description="namespace; empty: all configured namespaces")]
Span = Annotated[str, Field(max_length=200, description="time range START/END: 2026-11-20T00:00Z/2026-11-20T12:00Z")]


def check_nat_gateway_metrics(
    now: datetime,
    time_window_hours: Annotated[float, Field(ge=1, le=168, description="look-back period in hours")] = 1,
    nat_gateway_id: Gateway = "",
) -> Intent:
    """Checks NAT gateway traffic for recent spikes, or over up to seven days."""
    window = Window(now - timedelta(hours=time_window_hours), now)
    return Intent(topic=NAT_TRAFFIC, window=window).with_entity({GATEWAY: (nat_gateway_id,)})


def find_zeus_jobs_during_timeframe(
    now: datetime, start_time: Moment, end_time: Moment, namespace: Namespace = ""
) -> Intent:
    """Finds refresh jobs that ran in a time range, with the uploads in their logs."""
    return Intent(topic=JOBS, window=_window(start_time, end_time, now)).with_entity({NAMESPACE: (namespace,)})


def correlate_nat_spike_with_zeus_jobs(
    now: datetime,
    spike_timestamp: Moment,
    time_window_minutes: Annotated[float, Field(ge=5, le=1440, description="minutes before and after the spike")] = 30,
    nat_gateway_id: Gateway = "",
) -> Intent:
    """Correlates a NAT gateway traffic spike with refresh jobs: cause, destination of the data, expected or not."""
    at, around = _moment(spike_timestamp, now), timedelta(minutes=time_window_minutes)
    if at > now:
        raise Refusal(f"{at:%Y-%m-%dT%H:%MZ} is in the future.", "Use a time in the past")
    return Intent(topic=NAT_SPIKE, window=Window(at - around, min(at + around, now))).with_entity(
        {GATEWAY: (nat_gateway_id,)}
    )


def compare_nat_traffic(now: datetime, timeframe1: Span, timeframe2: Span, nat_gateway_id: Gateway = "") -> Intent:
    """Compares NAT traffic of two time ranges: difference in GB and percent, and spikes."""
    first, second = (_window(*_halves(text), now) for text in (timeframe1, timeframe2))
    return Intent(topic=NAT_COMPARE, window=first, against=second).with_entity({GATEWAY: (nat_gateway_id,)})


def search_zeus_jobs_by_client(
    now: datetime,
    client_name: Annotated[str, Field(min_length=1, max_length=200, description="client name or part of it")],
    days_back: Annotated[int, Field(ge=1, le=90)] = 7,
) -> Intent:
    """Finds the refresh jobs of one client in the last days."""
    return Intent(topic=JOBS_OF_CLIENT, window=Window(now - timedelta(days=days_back), now)).with_entity(
        {CLIENT: (client_name,)}
    )


def _moment(text: str, now: datetime) -> datetime:
    try:
        return timestamp(text, now)
    except ValueError as error:
        raise Refusal(str(error)) from error


def _halves(text: str) -> tuple[str, str]:
    since, slash, until = text.partition("/")
    if not slash:
        raise Refusal(f"{text!r} is not a time range.", "Use START/END: 2026-11-20T00:00Z/2026-11-20T12:00Z")
    return since, until


def _window(since: str, until: str, now: datetime) -> Window:
    window = Window(_moment(since, now), _moment(until, now))
    if window.until <= window.since:
        raise Refusal(f"{until} is not after {since}.", "Set end_time after start_time")
    if window.since > now:
        raise Refusal(f"{since} is in the future.", "Use a time in the past")
    if window.until - window.since > LONGEST:
        raise Refusal(f"Time range {window} is longer than 7 days.", "Query at most 7 days at a time")
    return window
