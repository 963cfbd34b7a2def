"""What was understood, in one line: so that who asked sees at once when it was something else."""

from midwatch.domain.intent import Facet, Intent, Names, Topic
from midwatch.domain.investigation import Request

_TOPICS = {
    Topic.CLUSTER: "Cluster",
    Topic.NAT_SPIKE: "NAT spike",
    Topic.NAT_TRAFFIC: "NAT traffic",
    Topic.NAT_PATTERNS: "NAT traffic patterns",
    Topic.NAT_COMPARE: "NAT traffic compared",
    Topic.NAT_GATEWAYS: "NAT gateways",
    Topic.JOBS: "Refresh jobs",
    Topic.JOBS_OF_CLIENT: "Refresh jobs of a client",
    Topic.JOBS_BY_VOLUME: "Refresh jobs by volume",
    Topic.WEBSITE: "Website",
    Topic.WEBSITES: "All websites",
}


def echo(intent: Intent, names: Names | None = None) -> str:
    """`NAT spike, gateway nat-07eb006676096fcd3 (eks-1c), 2026-11-21 01:30 to 02:30 UTC`; `names` has the gateway's
    name."""
    name = dict((names or Names()).gateways).get(intent.gateway, "")
    parts = [
        _TOPICS[intent.topic],
        f"only the {intent.facet.value}" if intent.facet not in (Facet.ALL, Facet.EXPECTED) else "",
        "whether it was expected" if intent.facet is Facet.EXPECTED else "",
        f"gateway {intent.gateway}{f' ({name})' if name else ''}" if intent.gateway else "",
        f"client {intent.client}" if intent.client else "",
        f"{'service' if len(intent.services) == 1 else 'services'} {', '.join(intent.services)}"
        if intent.services
        else "",
        f"namespace {intent.namespace}" if intent.namespace else "",
        ", ".join(intent.sites),
        _span(intent),
    ]
    return ", ".join(part for part in parts if part)


def restated(request: Request) -> str:
    return echo(request.intent) if request.intent else ""


def _span(intent: Intent) -> str:
    if intent.window is None:
        return ""
    return f"{intent.window} against {intent.against}" if intent.against else str(intent.window)
