import asyncio
from collections.abc import Sequence

from midwatch.domain.capabilities import Health
from midwatch.domain.tool import ToolError
from midwatch.integrations.website.check import Checker
from midwatch.integrations.website.objects.site import SiteSettings
from midwatch.integrations.website.objects.sites import host
from midwatch.integrations.website.target import target


async def health(sites: Sequence[SiteSettings], checker: Checker) -> tuple[Health, ...]:
    """Health of each configured site, by a real request."""
    if not sites:
        return (
            Health("websites", "missing", "no sites configured", "add them under sites: url, services, namespaces"),
        )
    return tuple(await asyncio.gather(*(_line(site, checker) for site in sites)))


async def _line(site: SiteSettings, checker: Checker) -> Health:
    try:
        probe = await checker.check(target(site.url))
    except ToolError as error:
        return Health(host(site.url), "refused", str(error))
    hint = "" if site.services else "no services configured for this site: causes behind it cannot be checked"
    if probe.status and not probe.error:
        state = "failed" if probe.status >= 500 else "ok"
        return Health(host(site.url), state, f"HTTP {probe.status} in {probe.took_ms} ms", hint)
    said = next((li.partition(": ")[2] for li in probe.text.splitlines() if li.startswith("error: ")), "")
    return Health(host(site.url), "failed", said, hint)
