"""Websites and APIs: availability, latency, TLS certificates."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.resources import files

from midwatch.diagnosis.websites.topics import SITE, WEBSITE, WEBSITES
from midwatch.domain.capabilities import Area
from midwatch.domain.evidence import Evidence, Lead, ToolRequest
from midwatch.domain.finding import Analysis, Code
from midwatch.domain.intent import Intent
from midwatch.domain.question import Question
from midwatch.domain.topics import EntityKind, Topic
from midwatch.integrations.website.objects.site import Sites, SiteSettings

NAME = "websites"

# Last parts of names that are no public hosts: files, and names inside a cluster or a cloud.
_NOT_HOSTS = (
    "py|yaml|yml|json|log|txt|sh|go|js|ts|md|html|conf|cfg|ini|toml|tf|java|rb|rs|internal|local|svc|cluster|lan|csv|"
    "zip|gz|exe|sql|tar|png"
)

TOPICS = (
    Topic(WEBSITE, "Website", NAME, takes=(SITE,), needs=SITE),
    Topic(WEBSITES, "All websites", NAME),
)
_SITES = EntityKind(
    name=SITE,
    title="website",
    rank=10,
    label="{names}",
    pattern=(
        r"<?\b(?P<sure>https?://)?(?P<name>(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,6}[a-z]{2,18})(?![\w@-]|\.\w)"
        r"(?::\d{1,5})?(?:/[^\s>|]*)?(?:\|[^>\s]*)?>?"
    ),
    unlike=rf"\.(?:{_NOT_HOSTS})$",
    which="Which website do you mean?",
    topic=WEBSITE,
)


def _opening(sites: Sequence[SiteSettings], question: Question) -> tuple[ToolRequest, ...]:
    from midwatch.diagnosis.websites.opening import opening

    return opening(sites, question)


def _next_requests(
    sites: Sequence[SiteSettings], evidence: Sequence[Evidence], question: Question
) -> tuple[ToolRequest | Lead, ...]:
    from midwatch.diagnosis.websites.analyse import next_leads

    return next_leads(sites, evidence, question)


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
        next_requests=partial(_next_requests, sites.root),
        analyse=partial(_analyse, sites.root),
    )


def _query_tools() -> tuple[Callable[..., Intent], ...]:
    from midwatch.diagnosis.websites.query_tools import website_health_query

    return (website_health_query,)


def _known(sites: Sites) -> Mapping[str, Iterable[str | tuple[str, str]]]:
    from midwatch.integrations.website.objects.sites import host

    return {
        SITE: [host(s.url) for s in sites.root],
        "namespace": [name for s in sites.root for name in s.namespaces],
        "service": [name for s in sites.root for name in s.services],
    }


AREA = _configure(
    Area(
        name=NAME,
        title="Websites",
        topics=TOPICS,
        entities=(_SITES,),
        grammar=partial(files(__package__ or "").joinpath("grammar.yaml").read_text, "utf-8"),
        questions=partial(files(__package__ or "").joinpath("questions.yaml").read_text, "utf-8"),
        abilities=("websites (up, slow, certificates)",),
        query_tools=_query_tools,
        examples=("Are all our websites up?",),
        systems=("website", "kubernetes"),
        codes=_codes,
        configured_by="website",
        configure=_configure,
        known=_known,
    ),
    Sites(),
)
