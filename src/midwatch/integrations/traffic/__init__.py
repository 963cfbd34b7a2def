"""Traffic: NAT gateways, and the jobs whose data goes through them. AWS and Kubernetes answer; its own is what is known
of them."""

from midwatch.domain.tool import Tool
from midwatch.integrations.manifest import Integration
from midwatch.integrations.traffic import asking
from midwatch.integrations.traffic.analyse import analyse
from midwatch.integrations.traffic.config import Traffic
from midwatch.integrations.traffic.known import ASK, traffic_settings
from midwatch.integrations.traffic.verdict import CODES


def integration(traffic: Traffic) -> Integration:
    """What is asked and concluded rests on the settings as they were read, so that a bundle gives the same answer
    anywhere."""
    return Integration(
        name="traffic",
        title="Traffic and jobs",
        topics=asking.TOPICS,
        tools=(Tool.of(traffic_settings, traffic),),
        opening=lambda _question: (ASK,),
        wanted=asking.wanted,
        analyse=analyse,
        codes=CODES,
    )
