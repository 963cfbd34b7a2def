"""The configured sites: how they are asked, and how what is behind them is."""

from midwatch.diagnosis.websites.opening import nothing
from midwatch.domain.evidence import Ask
from midwatch.domain.investigation import Request
from midwatch.integrations.manifest import Health, Integration
from midwatch.integrations.website.check import Checker
from midwatch.integrations.website.health import health
from midwatch.playbooks import playbook
from midwatch.settings import Settings
from midwatch.wiring import participants


def websites(settings: Settings, *, cluster: bool) -> Integration:
    """With a `cluster`, a site in trouble leads on to the namespaces behind it."""
    return participants.websites(settings.sites, behind=_behind if cluster else nothing)


async def site_health(settings: Settings) -> tuple[Health, ...]:
    return await health(settings.sites, Checker(settings.sites))


def _behind(namespace: str) -> tuple[Ask, ...]:
    return playbook("kubernetes").questions(Request(namespace=namespace))
