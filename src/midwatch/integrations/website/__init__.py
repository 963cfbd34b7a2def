"""Websites and APIs: whether they answer, how fast, with which certificate, and what stands behind them."""

from collections.abc import Sequence
from functools import partial

from midwatch.domain.evidence import Ask
from midwatch.integrations.manifest import Integration
from midwatch.integrations.website.analyse import Behind, analyse, wanted
from midwatch.integrations.website.check import Checker
from midwatch.integrations.website.codes import CODES
from midwatch.integrations.website.sites import Backends as Backends
from midwatch.integrations.website.sites import backends as backends
from midwatch.integrations.website.tools import tools
from midwatch.settings import SiteSettings


def nothing(_namespace: str) -> tuple[Ask, ...]:
    """Nobody can be asked what is behind a site."""
    return ()


def integration(sites: Sequence[SiteSettings], checker: Checker | None = None, behind: Behind = nothing) -> Integration:
    """`behind` gives the questions about one namespace that a site in trouble leads on to: the Kubernetes playbook's, where there is
    a cluster."""
    return Integration(
        name="website",
        title="Websites",
        tools=tools(checker or Checker(sites)),
        analyse=partial(analyse, sites),
        wanted=partial(wanted, sites, behind),
        codes=CODES,
    )
