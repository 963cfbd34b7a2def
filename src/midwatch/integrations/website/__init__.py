"""Websites and APIs: whether they answer, how fast, with which certificate, and what stands behind them."""

from collections.abc import Sequence
from functools import partial

from midwatch.analysis.question import Question
from midwatch.domain.evidence import Ask
from midwatch.domain.intent import Topic
from midwatch.integrations.manifest import Integration
from midwatch.integrations.website.analyse import TOPICS as TOPICS
from midwatch.integrations.website.analyse import Behind, analyse, wanted
from midwatch.integrations.website.check import Checker
from midwatch.integrations.website.codes import CODES
from midwatch.integrations.website.sites import Backends as Backends
from midwatch.integrations.website.sites import backends as backends
from midwatch.integrations.website.sites import host as host
from midwatch.integrations.website.sites import site_of
from midwatch.integrations.website.tools import tools
from midwatch.settings import SiteSettings


def opening(sites: Sequence[SiteSettings], question: Question) -> tuple[Ask, ...]:
    """Of the sites that were named; of all critical ones where all are meant."""
    named = [site_of(sites, name) for name in question.intent.sites]
    chosen = [site.url if site else name for site, name in zip(named, question.intent.sites, strict=True)]
    if question.intent.topic is Topic.WEBSITES:
        chosen = [s.url for s in sites if s.critical] or [s.url for s in sites]
    return tuple(Ask(tool="website_check", arguments={"url": url}, essential=True) for url in dict.fromkeys(chosen))


def nothing(_namespace: str) -> tuple[Ask, ...]:
    """Nobody can be asked what is behind a site."""
    return ()


def integration(sites: Sequence[SiteSettings], checker: Checker | None = None, behind: Behind = nothing) -> Integration:
    """`behind` gives the questions about one namespace that a site in trouble leads on to: the opening requests
    of a cluster, where there is one."""
    return Integration(
        name="website",
        title="Websites",
        topics=TOPICS,
        opening=partial(opening, sites),
        tools=tools(checker or Checker(sites)),
        analyse=partial(analyse, sites),
        wanted=partial(wanted, sites, behind),
        codes=CODES,
    )
