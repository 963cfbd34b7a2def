"""Gaps of an answer about traffic or jobs: data that was needed and could not be read."""

from collections.abc import Iterator, Sequence

from midwatch.diagnosis.traffic.answers import TrafficEvidence
from midwatch.diagnosis.traffic.evidence_plan import GATEWAYS, LIST, LOGS
from midwatch.diagnosis.traffic.nat_metrics import METRICS, OUT, NatMetrics, of
from midwatch.diagnosis.traffic.topics import JOB_TOPICS, NAMESPACE, NAT_COMPARE, NAT_TOPICS
from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.observation import Resources
from midwatch.domain.window import Window

NO_TIME = Gap(
    tool=METRICS, arguments={"resource": "traffic"}, query="", reason="no time range in the question", essential=True
)


def gaps(told: TrafficEvidence, evidence: Sequence[Evidence]) -> tuple[Gap, ...]:
    return (*_unmeasured(told, evidence), *_spaces(told, evidence), *_gone(told))


def _unmeasured(told: TrafficEvidence, evidence: Sequence[Evidence]) -> Iterator[Gap]:
    """Gap for traffic without any point, which is not the same as little traffic."""
    if told.intent.topic not in NAT_TOPICS:
        return
    shown = [e.observation for e in evidence if e.tool == GATEWAYS and isinstance(e.observation, Resources)]
    if not told.measured and shown and not any(listing.count for listing in shown):
        yield _gap(METRICS, "traffic", "no NAT gateway configured, and none found in AWS", essential=True)
    for window in (told.window, told.intent.against):
        for one in of(told.measured, window) if window else ():
            yield from _silent(one, window)


def _silent(one: NatMetrics, window: Window | None) -> Iterator[Gap]:
    if window and one.total(OUT, window) is None:
        yield _gap(METRICS, f"traffic of {one.label}", f"no CloudWatch data points from {window}", essential=True)


def _spaces(told: TrafficEvidence, evidence: Sequence[Evidence]) -> Iterator[Gap]:
    """Gaps for nonexistent namespaces: without them "no job ran" would be wrong."""
    spaces = next(
        (e for e in evidence if isinstance(e.observation, Resources) and e.observation.resource == "namespaces"), None
    )
    wanted = told.intent.entities_of(NAMESPACE) or told.scene.traffic.jobs.namespaces
    there = [s for s in wanted if spaces and f'"name":"{s}"' in spaces.text]
    about_jobs = told.intent.topic in JOB_TOPICS and not told.scene.jobs and not there
    for space in wanted if spaces else ():
        if space not in there:
            yield _gap(LIST, f"namespace {space}", "does not exist in this cluster", essential=about_jobs)
    if about_jobs and not (wanted and spaces):
        what = f"namespace {', '.join(wanted)} could not be checked" if wanted else "this cluster has no jobs"
        yield _gap(LIST, f"{told.what}s", f"no jobs found, and {what}", essential=True)


def _gone(told: TrafficEvidence) -> Iterator[Gap]:
    """Jobs whose pods are gone with their logs."""
    gone = [j for j in told.chosen if not j.pods and j.state != "waiting"]
    if gone and told.intent.topic != NAT_COMPARE:
        names = ", ".join(j.name for j in gone[:3]) + (f" and {len(gone) - 3} more" if len(gone) > 3 else "")
        yield _gap(LOGS, f"logs of {names}", "pods deleted, logs not available")


def _gap(tool: str, what: str, reason: str, *, essential: bool = False) -> Gap:
    return Gap(tool=tool, arguments={"resource": what}, query="", reason=reason, essential=essential)
