"""Websites as an area."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from midwatch.domain.capabilities import Area
from midwatch.domain.evidence import Ask, Evidence, Lead
from midwatch.domain.finding import Analysis, Code
from midwatch.domain.investigation import Request
from midwatch.domain.question import Question
from midwatch.integrations.website.objects.site import Sites, SiteSettings


def _opening(sites: Sequence[SiteSettings], question: Question, _request: Request) -> tuple[Ask, ...]:
    from midwatch.diagnosis.websites.opening import opening

    return opening(sites, question)


def _wanted(sites: Sequence[SiteSettings], evidence: Sequence[Evidence], question: Question) -> tuple[Ask | Lead, ...]:
    from midwatch.diagnosis.websites.analyse import wanted

    return wanted(sites, evidence, question)


def _analyse(sites: Sequence[SiteSettings], evidence: Sequence[Evidence], question: Question) -> Analysis:
    from midwatch.diagnosis.websites.analyse import analyse

    return analyse(sites, evidence, question)


def _codes() -> Mapping[str, Code]:
    from midwatch.diagnosis.websites.codes import CODES

    return CODES


def _configure(area: Area, sites: Sites) -> Area:
    return replace(
        area,
        opening=partial(_opening, sites.root),
        wanted=partial(_wanted, sites.root),
        analyse=partial(_analyse, sites.root),
    )


AREA = _configure(
    Area(
        name="websites",
        title="Websites",
        topics=("website", "websites"),
        systems=("website", "kubernetes"),
        codes=_codes,
        configured_by="website",
        configure=_configure,
    ),
    Sites(),
)
