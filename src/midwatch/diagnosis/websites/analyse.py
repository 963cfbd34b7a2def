"""Findings of website probes (availability, latency, certificate), and links to the services behind a site."""

from collections.abc import Iterator, Sequence
from typing import Any

from midwatch.diagnosis.websites.probe_findings import ProbeReading
from midwatch.diagnosis.websites.routes import routes
from midwatch.diagnosis.websites.topics import WEBSITE, WEBSITES
from midwatch.domain.evidence import Evidence, Gap, Lead
from midwatch.domain.finding import Analysis, CausalRole, Finding, Link, Severity
from midwatch.domain.observation import Probe
from midwatch.domain.question import Question
from midwatch.domain.subject import Subject
from midwatch.integrations.website.objects import sites as known
from midwatch.integrations.website.objects.site import SiteSettings

TOPICS = frozenset([WEBSITE, WEBSITES])
_NOT_ASKED = Gap(
    tool="website_check", arguments={"resource": "sites"}, query="", reason="no site was checked", essential=True
)
_SERVING = (
    "Service",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
)  # a service is named by people; any of these can bear its name


def analyse(sites: Sequence[SiteSettings], evidence: Sequence[Evidence], question: Question) -> Analysis:
    readings = list(_readings(sites, evidence))
    names = dict.fromkeys(r.subject for r in readings)
    return Analysis(
        findings=tuple(f for r in readings for f in r.findings()),
        links=tuple(link for name in names for link in (*_links(sites, name), *_routed(evidence, name))),
        subjects=tuple(names),
        fine=tuple(fine for r in readings for fine in r.healthy_checks()),
        gaps=() if readings or question.intent.topic not in TOPICS else (_NOT_ASKED,),
    )


def next_leads(sites: Sequence[SiteSettings], evidence: Sequence[Evidence], _question: Question) -> tuple[Lead, ...]:
    """Namespaces behind a site with a problem."""
    leads: dict[str, Lead] = {}
    for reading in _readings(sites, evidence):
        if any(leads_on(f) for f in reading.findings()):
            why = f"behind {reading.subject.name}"
            for namespace in known.backends(sites, reading.subject.name).namespaces:
                leads[namespace] = Lead(kind="namespace", name=namespace, why=why)
    return tuple(leads.values())


def leads_on(finding: Finding) -> bool:
    """Whether the cause may be behind the site: certificate and DNS errors are causes themselves."""
    return finding.role is CausalRole.SYMPTOM and finding.severity is not Severity.INFO


def _readings(sites: Sequence[SiteSettings], evidence: Sequence[Evidence]) -> Iterator[ProbeReading]:
    """The last probe of each address."""
    last: dict[str, tuple[Evidence, Probe]] = {
        e.observation.url: (e, e.observation) for e in evidence if isinstance(e.observation, Probe)
    }
    yield from (ProbeReading(item, probe, known.site_of(sites, probe.url)) for item, probe in last.values())


def _routed(evidence: Sequence[Evidence], site: Subject) -> Iterator[Link]:
    yield from (Link(source=route, target=site, how="leads to") for route in routes(evidence, site.name))


def _links(sites: Sequence[SiteSettings], site: Subject) -> Iterator[Link]:
    services, namespaces = known.backends(sites, site.name)
    for place in ((kind, name, namespace) for name in services for namespace in namespaces for kind in _SERVING):
        named: dict[str, Any] = dict(zip(("kind", "name", "namespace"), place, strict=True))
        yield Link(source=Subject(**named), target=site, how="serves")
