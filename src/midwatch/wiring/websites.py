"""The configured sites: how they are asked, and how what is behind them is."""

from midwatch.analysis.question import Question
from midwatch.domain.evidence import Ask
from midwatch.integrations import website
from midwatch.integrations.kubernetes.analyzers.opening import opening
from midwatch.integrations.manifest import Health, Integration
from midwatch.integrations.website.check import Checker
from midwatch.integrations.website.health import health
from midwatch.settings import Settings


def websites(settings: Settings, *, cluster: bool) -> Integration:
    """With a `cluster`, a site in trouble leads on to the namespaces behind it."""
    return website.integration(settings.sites, behind=_behind) if cluster else website.integration(settings.sites)


async def site_health(settings: Settings) -> tuple[Health, ...]:
    return await health(settings.sites, Checker(settings.sites))


def _behind(namespace: str) -> tuple[Ask, ...]:
    return opening(Question(namespace=namespace))
