"""What programs ask for by name and arguments instead of in words: each errand becomes the same Intent as a question.

A model, an MCP client and n8n call these; names, parameters and texts are those of the functions below.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from inspect import getdoc
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from midwatch.analysis.times.said import timestamp
from midwatch.domain.intent import Intent, Topic
from midwatch.domain.tool import parameters
from midwatch.domain.window import Window
from midwatch.services.errors import NotKnown, Refusal

LONGEST = timedelta(days=7)

Gateway = Annotated[
    str, Field(default="", max_length=100, description="id or name of the gateway; empty for all that are configured")
]
Moment = Annotated[
    str, Field(max_length=100, description="ISO 8601, Unix seconds, or in words: 2am, yesterday 14:00, 2 hours ago")
]
Namespace = Annotated[
    str, Field(default="", max_length=253, description="namespace; empty for all that are configured")
]
Span = Annotated[
    str, Field(max_length=200, description="two times with / between them: 2026-11-20T00:00Z/2026-11-20T12:00Z")
]


def check_nat_gateway_metrics(
    now: datetime,
    time_window_hours: Annotated[float, Field(ge=1, le=168, description="how far back, in hours")] = 1,
    nat_gateway_id: Gateway = "",
) -> Intent:
    """Checks NAT gateway traffic for recent spikes, or over up to seven days."""
    window = Window(now - timedelta(hours=time_window_hours), now)
    return Intent(topic=Topic.NAT_TRAFFIC, window=window, gateway=nat_gateway_id)


def find_zeus_jobs_during_timeframe(
    now: datetime, start_time: Moment, end_time: Moment, namespace: Namespace = ""
) -> Intent:
    """Finds the refresh jobs that ran during a time, with what their logs say of uploads."""
    return Intent(topic=Topic.JOBS, window=_window(start_time, end_time, now), namespace=namespace)


def correlate_nat_spike_with_zeus_jobs(
    now: datetime,
    spike_timestamp: Moment,
    time_window_minutes: Annotated[float, Field(ge=5, le=1440, description="how far before and after")] = 30,
    nat_gateway_id: Gateway = "",
) -> Intent:
    """Explains a spike of a NAT gateway: whether there was one, which job was behind it, where the data went, whether
    to worry."""
    at, around = _moment(spike_timestamp, now), timedelta(minutes=time_window_minutes)
    if at > now:
        raise Refusal(f"{at:%Y-%m-%dT%H:%MZ} is in the future.", "Name a time in the past")
    return Intent(topic=Topic.NAT_SPIKE, window=Window(at - around, min(at + around, now)), gateway=nat_gateway_id)


def compare_nat_traffic(now: datetime, timeframe1: Span, timeframe2: Span, nat_gateway_id: Gateway = "") -> Intent:
    """Compares the traffic of two times: absolute, in percent, and the spikes of each."""
    first, second = (_window(*_halves(text), now) for text in (timeframe1, timeframe2))
    return Intent(topic=Topic.NAT_COMPARE, window=first, against=second, gateway=nat_gateway_id)


def search_zeus_jobs_by_client(
    now: datetime,
    client_name: Annotated[str, Field(min_length=1, max_length=200, description="the client, or a part of the name")],
    days_back: Annotated[int, Field(ge=1, le=90)] = 7,
) -> Intent:
    """Finds the refresh jobs of one client over some days."""
    return Intent(topic=Topic.JOBS_OF_CLIENT, window=Window(now - timedelta(days=days_back), now), client=client_name)


def website_health_query(
    _now: datetime,
    url: Annotated[str, Field(min_length=1, max_length=2000, description="host name or http(s) address")],
) -> Intent:
    """Checks if a website or API answers, how fast, and with which certificate; goes on to what is behind it when it
    does not."""
    return Intent(topic=Topic.WEBSITE, sites=(url,))


@dataclass(frozen=True)
class Errand:
    name: str
    description: str
    parameters: type[BaseModel]
    make: Callable[..., Intent]

    def intent(self, arguments: Mapping[str, Any], now: datetime) -> Intent:
        """Raises Refusal with the first argument that is not right."""
        try:
            given = self.parameters.model_validate(dict(arguments))
        except ValidationError as error:
            problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
            raise Refusal(
                f"{'.'.join(str(p) for p in problem['loc'])}: {problem['msg']}.", "GET /tools shows the parameters"
            ) from error
        return self.make(now, **{name: getattr(given, name) for name in self.parameters.model_fields})


def _errand(make: Callable[..., Intent]) -> Errand:
    return Errand(make.__name__, getdoc(make) or "", parameters(make, 1), make)


ERRANDS = {
    make.__name__: _errand(make)
    for make in (
        check_nat_gateway_metrics,
        find_zeus_jobs_during_timeframe,
        correlate_nat_spike_with_zeus_jobs,
        compare_nat_traffic,
        search_zeus_jobs_by_client,
        website_health_query,
    )
}


def errand(name: str) -> Errand:
    if name not in ERRANDS:
        raise NotKnown(f"There is no tool {name!r}.", f"There are {', '.join(ERRANDS)}")
    return ERRANDS[name]


def _moment(text: str, now: datetime) -> datetime:
    try:
        return timestamp(text, now)
    except ValueError as error:
        raise Refusal(str(error)) from error


def _halves(text: str) -> tuple[str, str]:
    since, slash, until = text.partition("/")
    if not slash:
        raise Refusal(f"{text!r} is not two times.", "Write 2026-11-20T00:00Z/2026-11-20T12:00Z")
    return since, until


def _window(since: str, until: str, now: datetime) -> Window:
    window = Window(_moment(since, now), _moment(until, now))
    if window.until <= window.since:
        raise Refusal(f"{until} is not after {since}.", "end_time has to be after start_time")
    if window.since > now:
        raise Refusal(f"{since} is in the future.", "Name a time in the past")
    if window.until - window.since > LONGEST:
        raise Refusal(f"{window} is longer than 7 days.", "Ask for at most 7 days at a time")
    return window
