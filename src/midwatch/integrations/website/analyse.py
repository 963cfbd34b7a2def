"""What a probe says: whether the site answers, how fast, with which certificate; and who behind it can be the
reason."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from midwatch.analysis.question import Question
from midwatch.domain.evidence import Ask, Evidence, Gap
from midwatch.domain.finding import Analysis, Finding, Link, Role, Severity
from midwatch.domain.observation import Probe
from midwatch.domain.subject import Subject
from midwatch.integrations.website import sites as known
from midwatch.integrations.website.reading import Reading
from midwatch.integrations.website.routes import routes
from midwatch.integrations.website.topics import WEBSITE, WEBSITES
from midwatch.settings import SiteSettings

TOPICS = frozenset([WEBSITE, WEBSITES])
_NOT_ASKED = Gap(
    tool="website_check", arguments={"resource": "sites"}, query="", reason="no site was asked", essential=True
)
_SERVING = (
    "Service",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
)  # a service is named by people; any of these can bear its name

Behind = Callable[[str], tuple[Ask, ...]]


def analyse(sites: Sequence[SiteSettings], evidence: Sequence[Evidence], question: Question) -> Analysis:
    readings = list(_readings(sites, evidence))
    names = dict.fromkeys(r.subject for r in readings)
    return Analysis(
        findings=tuple(f for r in readings for f in r.findings()),
        links=tuple(link for name in names for link in (*_links(sites, name), *_routed(evidence, name))),
        subjects=tuple(names),
        fine=tuple(fine for r in readings for fine in r.fine()),
        gaps=() if readings or question.intent.topic not in TOPICS else (_NOT_ASKED,),
    )


def wanted(
    sites: Sequence[SiteSettings], behind: Behind, evidence: Sequence[Evidence], _question: Question
) -> tuple[Ask, ...]:
    """What is asked of the namespaces behind a site in trouble: what `behind` asks of a namespace."""
    asks: dict[str, Ask] = {}
    for reading in _readings(sites, evidence):
        if any(leads_on(f) for f in reading.findings()):
            why = f"behind {reading.subject.name}"
            for namespace in known.backends(sites, reading.subject.name).namespaces:
                asks |= {a.key: a.model_copy(update={"why": why}) for a in behind(namespace)}
    return tuple(asks.values())


def leads_on(finding: Finding) -> bool:
    """Whether the reason may lie behind the site: a certificate or a name says itself what is wrong."""
    return finding.role is Role.SYMPTOM and finding.severity is not Severity.INFO


def _readings(sites: Sequence[SiteSettings], evidence: Sequence[Evidence]) -> Iterator[Reading]:
    """Of each address the last probe counts."""
    last: dict[str, tuple[Evidence, Probe]] = {
        e.observation.url: (e, e.observation) for e in evidence if isinstance(e.observation, Probe)
    }
    yield from (Reading(item, probe, known.site_of(sites, probe.url)) for item, probe in last.values())


def _routed(evidence: Sequence[Evidence], site: Subject) -> Iterator[Link]:
    yield from (Link(source=route, target=site, how="leads to") for route in routes(evidence, site.name))


def _links(sites: Sequence[SiteSettings], site: Subject) -> Iterator[Link]:
    services, namespaces = known.backends(sites, site.name)
    for place in ((kind, name, namespace) for name in services for namespace in namespaces for kind in _SERVING):
        named: dict[str, Any] = dict(zip(("kind", "name", "namespace"), place, strict=True))
        yield Link(source=Subject(**named), target=site, how="serves")
