"""Traffic and jobs: NAT gateways, and the refresh jobs whose data goes through them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from importlib.resources import files

from midwatch.diagnosis.traffic.settings import TrafficSettings
from midwatch.diagnosis.traffic.topics import (
    CLIENT,
    GATEWAY,
    JOBS,
    JOBS_BY_VOLUME,
    JOBS_OF_CLIENT,
    NAMESPACE,
    NAT_COMPARE,
    NAT_GATEWAYS,
    NAT_PATTERNS,
    NAT_SPIKE,
    NAT_TRAFFIC,
)
from midwatch.domain.capabilities import Area
from midwatch.domain.evidence import Evidence, Lead, ToolRequest
from midwatch.domain.finding import Analysis, Code
from midwatch.domain.intent import Intent
from midwatch.domain.question import Question
from midwatch.domain.tool import Tool
from midwatch.domain.topics import EntityKind, Topic
from midwatch.settings import home

NAME = "traffic"

_DAY = timedelta(days=1)
_LONGEST = timedelta(days=7, hours=1)  # of NAT metrics; a week can be an hour longer where clocks change
_TOO_LONG = "NAT traffic queries are limited to 7 days; {window} is longer. Which 7 days?"
_TAKES = (GATEWAY, CLIENT, NAMESPACE)

_topic = partial(Topic, area=NAME, compared=NAT_COMPARE, takes=_TAKES)
_nat = partial(_topic, longest=_LONGEST, too_long=_TOO_LONG, inherits=(GATEWAY,), alert=NAT_SPIKE)
_jobs = partial(_topic, rests_on=_TAKES, named=((CLIENT, JOBS_OF_CLIENT),))

TOPICS = (
    _nat(NAT_SPIKE, "NAT spike", default_window=_DAY),
    _nat(NAT_TRAFFIC, "NAT traffic", default_window=timedelta(hours=1)),
    _nat(NAT_PATTERNS, "NAT traffic patterns", default_window=_DAY * 7),
    _nat(NAT_COMPARE, "NAT traffic comparison", periods=2),
    _topic(NAT_GATEWAYS, "NAT gateways", periods=0),
    _jobs(JOBS, "Refresh jobs", default_window=_DAY, current=("now", "running"), strange=CLIENT),
    _jobs(JOBS_OF_CLIENT, "Refresh jobs of a client", default_window=_DAY * 7),
    _jobs(JOBS_BY_VOLUME, "Refresh jobs by volume", default_window=_DAY),
)

_GATEWAYS = EntityKind(
    name=GATEWAY,
    title="NAT gateway",
    rank=20,
    label="gateway {names}",
    single=True,
    short_names=True,
    ambiguous=("nat", "gateway", "prod", "dev"),
    pattern=r"\b(?P<name>nat-[0-9a-z]{4,17})\b",
    closed=True,
    missing="NAT gateway {name} not found or not configured for this cluster.",
    partial=r"\b[a-z]{2}-[a-z]+-\d[a-z]\b",
    partial_with=r"nat|gateway",
)
_CLIENTS = EntityKind(
    name=CLIENT,
    title="client",
    rank=30,
    label="client {names}",
    single=True,
    places=(
        r"\b(?:client|customer|tenant)s? (?:named |called )?(?P<a>[a-z][\w&-]{2,40})\b"
        r"|\b(?:jobs?|refresh(?:es)?|uploads?) (?:for|of|by|from) (?P<b>[a-z][\w&-]{2,40})\b"
        r"|\b(?P<c>[a-z][\w&-]{2,40}?)(?:'?s)? (?:jobs?|refresh(?:es|ed)?|uploads?)\b"
        r"|^(?:and |what about |how about )?for (?P<d>[a-z][\w&-]{2,40})\b"
    ),
    one_suffices=True,
    unknown="Client {name} not found. Which client do you mean?",
    topic=JOBS_OF_CLIENT,
    stands=True,
)


def _opening(_question: Question) -> tuple[ToolRequest, ...]:
    """Opening request for the settings: all requests and findings depend on them, so that a bundle gives the same
    answer anywhere."""
    from midwatch.diagnosis.traffic.settings_evidence import ASK

    return (ASK,)


def _next_requests(evidence: Sequence[Evidence], question: Question) -> tuple[ToolRequest | Lead, ...]:
    from midwatch.diagnosis.traffic.evidence_plan import next_requests

    return next_requests(evidence, question)


def _analyse(evidence: Sequence[Evidence], question: Question) -> Analysis:
    from midwatch.diagnosis.traffic.analyse import analyse

    return analyse(evidence, question)


def _codes() -> Mapping[str, Code]:
    from midwatch.diagnosis.traffic.verdict import CODES

    return CODES


def _own_tools(settings: TrafficSettings) -> tuple[Tool, ...]:
    from midwatch.diagnosis.traffic.config import load_traffic
    from midwatch.diagnosis.traffic.settings_evidence import traffic_settings

    return (Tool.of(traffic_settings, load_traffic(settings.file, home())),)


def _query_tools() -> tuple[Callable[..., Intent], ...]:
    from midwatch.diagnosis.traffic import query_tools as tools

    return (
        tools.check_nat_gateway_metrics,
        tools.find_zeus_jobs_during_timeframe,
        tools.correlate_nat_spike_with_zeus_jobs,
        tools.compare_nat_traffic,
        tools.search_zeus_jobs_by_client,
    )


def _known(settings: TrafficSettings) -> Mapping[str, Iterable[str | tuple[str, str]]]:
    """Entity names in the traffic file. Raises Refusal when it is invalid."""
    from midwatch.diagnosis.traffic.config import load_traffic

    traffic = load_traffic(settings.file, home())
    return {
        GATEWAY: [(g.id, g.name) for g in traffic.gateways],
        CLIENT: traffic.clients,
        NAMESPACE: traffic.jobs.namespaces,
    }


AREA = Area(
    name=NAME,
    title="Traffic and jobs",
    topics=TOPICS,
    entities=(_GATEWAYS, _CLIENTS),
    grammar=partial(files(__package__ or "").joinpath("grammar.yaml").read_text, "utf-8"),
    questions=partial(files(__package__ or "").joinpath("questions.yaml").read_text, "utf-8"),
    abilities=(
        "NAT gateways (spikes, traffic, patterns, comparisons)",
        "refresh jobs (running, of one client, by volume)",
    ),
    query_tools=_query_tools,
    examples=("What caused the NAT spike at 2am?", "What refresh jobs are running?"),
    systems=("aws", "kubernetes"),
    opening=_opening,
    next_requests=_next_requests,
    analyse=_analyse,
    codes=_codes,
    settings=TrafficSettings,
    own_tools=_own_tools,
    known=_known,
)
