"""How the tests ask: through the real toolbox, of a fake site on the loopback interface."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from midwatch.diagnosis.websites.analyse import analyse
from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.finding import Analysis
from midwatch.domain.observation import Probe
from midwatch.domain.question import Question
from midwatch.integrations.website.addresses import Resolve, resolve
from midwatch.integrations.website.check import Checker
from midwatch.integrations.website.objects.site import SiteSettings
from midwatch.integrations.website.tools import tools
from midwatch.toolbox.guard import guard
from midwatch.toolbox.limit import limit
from midwatch.toolbox.redact import redact
from midwatch.toolbox.toolbox import Toolbox

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def site(url: str, **more: Any) -> SiteSettings:
    """The configuration of the fake site: its host and port, whatever the path."""
    parts = urlsplit(url)
    return SiteSettings.model_validate({"url": f"{parts.scheme}://{parts.netloc}", **more})


def named(names: dict[str, Sequence[str]], otherwise: Resolve = resolve) -> Resolve:
    """A name service that knows these names beside the system's."""

    async def resolve_name(host: str, port: int) -> list[str]:
        return list(names[host]) if host in names else await otherwise(host, port)

    return resolve_name


async def ask(url: str, *sites: SiteSettings, resolve: Resolve = resolve, now: datetime = NOW) -> Evidence | Gap:
    box = Toolbox(tools(Checker(sites, resolve, lambda: now)), (guard, redact, limit()), lambda: now)
    answer = await box.call("website_check", {"url": url})
    return answer.model_copy(update={"id": "E1"}) if isinstance(answer, Evidence) else answer


async def seen(url: str, *sites: SiteSettings, resolve: Resolve = resolve, now: datetime = NOW) -> Probe:
    """What a check of a configured site saw; without `sites` its own host is configured."""
    answer = await ask(url, *(sites or (site(url),)), resolve=resolve, now=now)
    assert isinstance(answer, Evidence), answer
    assert isinstance(answer.observation, Probe)
    return answer.observation


async def refusal(url: str, *sites: SiteSettings, resolve: Resolve = resolve) -> str:
    answer = await ask(url, *sites, resolve=resolve)
    assert isinstance(answer, Gap), answer
    return answer.reason


def evidence(probe: Probe, number: int = 1) -> Evidence:
    return Evidence(
        id=f"E{number}",
        tool="website_check",
        arguments={},
        query="GET",
        observation=probe,
        taken_at=NOW,
        took_ms=1,
        sha256=str(number),
    )


def reading(*probes: Probe, sites: Sequence[SiteSettings] = ()) -> Analysis:
    return analyse(sites, [evidence(p, n) for n, p in enumerate(probes, 1)], Question())


def lines(probe: Probe) -> dict[str, str]:
    return {name: value for name, _, value in (line.partition(": ") for line in probe.text.splitlines())}


def as_json(gap: Evidence | Gap) -> str:
    return json.dumps(gap.model_dump(mode="json"))
