"""NAT gateway traffic and jobs as an area."""

from collections.abc import Mapping, Sequence

from midwatch.diagnosis.traffic.settings import TrafficSettings
from midwatch.domain.capabilities import Area
from midwatch.domain.evidence import Ask, Evidence, Lead
from midwatch.domain.finding import Analysis, Code
from midwatch.domain.investigation import Request
from midwatch.domain.question import Question
from midwatch.domain.tool import Tool
from midwatch.settings import home


def _opening(_question: Question, _request: Request) -> tuple[Ask, ...]:
    """What is asked and concluded rests on the settings as they were read, so that a bundle gives the same answer
    anywhere."""
    from midwatch.diagnosis.traffic.settings_evidence import ASK

    return (ASK,)


def _wanted(evidence: Sequence[Evidence], question: Question) -> tuple[Ask | Lead, ...]:
    from midwatch.diagnosis.traffic.evidence_plan import wanted

    return wanted(evidence, question)


def _analyse(evidence: Sequence[Evidence], question: Question) -> Analysis:
    from midwatch.diagnosis.traffic.analyse import analyse

    return analyse(evidence, question)


def _codes() -> Mapping[str, Code]:
    from midwatch.diagnosis.traffic.verdict import CODES

    return CODES


def _own_tools(settings: TrafficSettings) -> tuple[Tool, ...]:
    from midwatch.diagnosis.traffic.config import configured
    from midwatch.diagnosis.traffic.settings_evidence import traffic_settings

    return (Tool.of(traffic_settings, configured(settings.file, home())),)


AREA = Area(
    name="traffic",
    title="Traffic and jobs",
    topics=(
        "nat-spike",
        "nat-traffic",
        "nat-patterns",
        "nat-compare",
        "nat-gateways",
        "jobs",
        "jobs-of-client",
        "jobs-by-volume",
    ),
    systems=("aws", "kubernetes"),
    opening=_opening,
    wanted=_wanted,
    analyse=_analyse,
    codes=_codes,
    settings=TrafficSettings,
    own_tools=_own_tools,
)
