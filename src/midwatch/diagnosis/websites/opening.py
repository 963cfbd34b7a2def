"""First requests for a question about websites."""

from collections.abc import Sequence

from midwatch.diagnosis.websites.topics import SITE, WEBSITES
from midwatch.domain.evidence import ToolRequest
from midwatch.domain.question import Question
from midwatch.integrations.website.objects.site import SiteSettings
from midwatch.integrations.website.objects.sites import site_of


def opening(sites: Sequence[SiteSettings], question: Question) -> tuple[ToolRequest, ...]:
    """Probes of the named sites; of all critical ones for a question about all."""
    named = [site_of(sites, name) for name in question.intent.entities_of(SITE)]
    chosen = [site.url if site else name for site, name in zip(named, question.intent.entities_of(SITE), strict=True)]
    if question.intent.topic == WEBSITES:
        chosen = [s.url for s in sites if s.critical] or [s.url for s in sites]
    return tuple(
        ToolRequest(tool="website_check", arguments={"url": url}, essential=True) for url in dict.fromkeys(chosen)
    )
