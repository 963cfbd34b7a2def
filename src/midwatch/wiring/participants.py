"""The other participants of an investigation: alert text, traffic, websites, AWS."""

from collections.abc import Sequence
from functools import partial

from midwatch.diagnosis.alerts.analyse import analyse as analyse_alert
from midwatch.diagnosis.alerts.situations import catalogue
from midwatch.diagnosis.traffic import evidence_plan
from midwatch.diagnosis.traffic.analyse import analyse as analyse_traffic
from midwatch.diagnosis.traffic.config import Traffic
from midwatch.diagnosis.traffic.settings_evidence import ASK, traffic_settings
from midwatch.diagnosis.traffic.verdict import CODES as TRAFFIC_CODES
from midwatch.diagnosis.websites.analyse import TOPICS as WEBSITE_TOPICS
from midwatch.diagnosis.websites.analyse import Behind, wanted
from midwatch.diagnosis.websites.analyse import analyse as analyse_website
from midwatch.diagnosis.websites.codes import CODES as WEBSITE_CODES
from midwatch.diagnosis.websites.opening import nothing, opening
from midwatch.domain.intent import Topic
from midwatch.domain.tool import Tool
from midwatch.integrations.aws.client import Aws
from midwatch.integrations.aws.tools import tools as aws_tools
from midwatch.integrations.manifest import Integration
from midwatch.integrations.website.check import Checker
from midwatch.integrations.website.tools import tools as website_tools
from midwatch.settings import SiteSettings


def alert_text() -> Integration:
    return Integration(
        name="alerts", title="Alert text", topics=frozenset(Topic), analyse=analyse_alert, codes=dict(catalogue())
    )


def traffic(config: Traffic) -> Integration:
    """What is asked and concluded rests on the settings as they were read, so that a bundle gives the same answer
    anywhere."""
    return Integration(
        name="traffic",
        title="Traffic and jobs",
        topics=evidence_plan.TOPICS,
        tools=(Tool.of(traffic_settings, config),),
        opening=lambda _question: (ASK,),
        wanted=evidence_plan.wanted,
        analyse=analyse_traffic,
        codes=TRAFFIC_CODES,
    )


def account(client: Aws) -> Integration:
    """One account in one region."""
    return Integration(name="aws", title="Amazon Web Services", tools=aws_tools(client))


def websites(sites: Sequence[SiteSettings], checker: Checker | None = None, behind: Behind = nothing) -> Integration:
    """`behind` gives the requests for one namespace that a site in trouble leads on to, where there is a cluster."""
    return Integration(
        name="website",
        title="Websites",
        topics=WEBSITE_TOPICS,
        opening=partial(opening, sites),
        tools=website_tools(checker or Checker(sites)),
        analyse=partial(analyse_website, sites),
        wanted=partial(wanted, sites, behind),
        codes=WEBSITE_CODES,
    )
