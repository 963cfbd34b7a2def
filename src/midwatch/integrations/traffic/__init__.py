"""Traffic: NAT gateways, and the jobs whose data goes through them. Has no tools of its own: AWS and Kubernetes answer."""

from functools import partial

from midwatch.integrations.manifest import Integration
from midwatch.integrations.traffic import asking
from midwatch.integrations.traffic.analyse import analyse
from midwatch.integrations.traffic.config import Traffic
from midwatch.integrations.traffic.verdict import CODES


def integration(traffic: Traffic) -> Integration:
    return Integration(
        name="traffic",
        title="Traffic and jobs",
        topics=asking.TOPICS,
        opening=partial(asking.opening, traffic=traffic),
        wanted=partial(asking.wanted, traffic=traffic),
        analyse=partial(analyse, traffic=traffic),
        codes=CODES,
    )
