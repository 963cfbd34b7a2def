"""Verdict on a spike: expected, unexpected, or to be checked; with the reason for each doubt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from midwatch.analysis.codes import Catalogue
from midwatch.analysis.spikes import Spike
from midwatch.diagnosis.traffic.config import GB, Traffic
from midwatch.diagnosis.traffic.job_candidates import MOST, Suspect, is_explanation, job_candidates
from midwatch.diagnosis.traffic.joblogs import JobLog
from midwatch.diagnosis.traffic.jobs import RefreshJob
from midwatch.diagnosis.traffic.nat_metrics import OUT, NatMetrics, clock, gb, moment, span, times
from midwatch.diagnosis.traffic.settings_evidence import cite
from midwatch.domain.evidence import Citation, Evidence
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.observation import Resources
from midwatch.domain.subject import Subject

CODES = Catalogue.load("midwatch.diagnosis.traffic.codes", at_once=False)
Facts = dict[str, Any]  # texts; so declared that they can be given on by name
_NAMED = 4  # jobs of one spike that are listed by name, beside the likeliest
_QUOTED = 12  # values of a spike that are quoted


@dataclass(frozen=True)
class TrafficScene:
    """Context of the measurements. `looked`: the jobs of the time could be read."""

    traffic: Traffic
    jobs: Sequence[RefreshJob]
    logs: Mapping[tuple[str, str], JobLog]
    evidence: Sequence[Evidence]
    looked: bool

    def suspects(self, one: NatMetrics, spike: Spike) -> list[Suspect]:
        return job_candidates(one.burst(spike), self.jobs, self.logs, self.traffic)


def spike_finding(one: NatMetrics, spike: Spike, scene: TrafficScene) -> Finding:
    """The finding about one spike."""
    facts = _facts(one, spike, scene.traffic)
    quoted = one.cite(OUT, slice(spike.first, min(spike.last + 1, spike.first + _QUOTED)))
    ranked = scene.suspects(one, spike)
    if any(is_explanation(s) for s in ranked):
        return _of_job(one, spike, [s for s in ranked if s.there], facts, quoted, scene)
    there = [s for s in ranked if s.there]
    facts |= {
        "unexplained": _partly_explained(there, facts) if there else _no_jobs(ranked, facts),
        "talker": _talker(spike, scene.evidence),
    }
    limit = scene.traffic.limits.unexplained_gb * GB
    code = "TRF-105" if not scene.looked else "TRF-104" if spike.volume > limit else "TRF-103"
    listed = tuple(Citation(evidence=e.id) for e in _listings(scene.evidence)) if scene.looked else ()
    told = tuple(c for s in there if s.log for c in s.log.cites())
    talked = tuple(Citation(evidence=e.id) for e in scene.evidence if e.tool == "aws_flow_talkers" and facts["talker"])
    above = cite(scene.evidence, f'"unexplained_gb":{scene.traffic.limits.unexplained_gb}') if code == "TRF-104" else ()
    cites = (quoted, *listed, *told, *talked, *above)
    facts |= {"limit": gb(limit), "vpc": one.gateway.vpc}
    return CODES.finding(code, one.subject, cites=cites, onset=moment(spike.onset), **facts)


def _of_job(
    one: NatMetrics, spike: Spike, there: Sequence[Suspect], facts: Facts, quoted: Citation, scene: TrafficScene
) -> Finding:
    """Finding for a spike with jobs. `there`: all jobs that ran during the spike, the likeliest first. Each is reported
    with its own log's volume, never with the sum."""
    best, *others = there
    doubts = _doubts(spike, there, scene.traffic)
    said = tuple(c for s in there if s.log and (s is best or s.moved is not None) for c in s.log.cites())
    sure = best.moved is not None and _uploaded_bytes(there) >= MOST * spike.volume
    return CODES.finding(
        "TRF-102" if doubts else "TRF-101",
        one.subject,
        cites=tuple(dict.fromkeys((quoted, best.job.cite(), *(s.job.cite() for s in others[:_NAMED]), *said))),
        onset=moment(spike.onset),
        confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
        peers=tuple(s.job.subject for s in there if is_explanation(s)),
        **facts,
        **job_facts(best.job),
        how=best.overlap.how,
        score=f"{best.overlap.score:.1f}",
        moved=f", {_moved(best)}",
        others=_others(others),
        doubt="; ".join(doubts),
    )


def _moved(one: Suspect) -> str:
    if one.moved is not None:
        return f"uploaded {gb(one.moved)} according to its log"
    if one.log is None:
        return "upload volume unknown: log not available"
    return "upload volume unknown: no sizes in its log" if one.uploads else "no upload in its log at that time"


def _others(others: Sequence[Suspect]) -> str:
    if not others:
        return ""
    jobs = "; ".join(f"{s.job.name}{_whose(s.job)}, {_moved(s)}" for s in others[:_NAMED])
    more = f"; and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    return f". Other jobs at the same time: {jobs}{more}"


def _uploaded_bytes(there: Sequence[Suspect]) -> float:
    return sum(s.moved for s in there if s.moved is not None)


def _doubts(spike: Spike, there: Sequence[Suspect], traffic: Traffic) -> list[str]:
    """Reasons why traffic explained by a job is still not simply expected."""
    found: list[str] = []
    usual, limits = traffic.jobs.usual_gb, traffic.limits
    behind = [s for s in there if is_explanation(s)]
    covered, unknown = _uploaded_bytes(there) >= MOST * spike.volume, any(s.moved is None for s in behind)
    if usual and spike.volume > usual[1] * GB * len(behind) and not covered:
        found.append(f"more than the usual {usual[1]:g} GB per job")
    if _off_hours(spike, traffic) and spike.volume > limits.off_hours_gb * GB:
        found.append(f"more than {limits.off_hours_gb:g} GB outside business hours")
    if not covered and not unknown:
        found.append(f"job logs account for only {gb(_uploaded_bytes(there))}")
    if behind[0].job.state == "failed":
        found.append("the job failed")
    return found


def _off_hours(spike: Spike, traffic: Traffic) -> bool:
    there = moment(spike.at).astimezone(ZoneInfo(traffic.hours.zone))
    return there.weekday() >= 5 or not traffic.hours.begin <= there.hour < traffic.hours.end


def _facts(one: NatMetrics, spike: Spike, traffic: Traffic) -> Facts:
    since, until = moment(spike.onset), moment(one.complete_at(spike))
    return {
        "gateway": one.label,
        "gateway_id": one.gateway.id,
        "volume": gb(spike.volume),
        "top": gb(spike.top),
        "period": span(one.period),
        "since": clock(since),
        "until": clock(until, since),
        "since_iso": f"{since:%Y-%m-%dT%H:%M:%SZ}",
        "until_iso": f"{until + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}",
        "peak_at": clock(moment(spike.at), since),
        "factor": f", {times(spike.factor)} baseline {gb(spike.usual)}" if spike.factor else "",
        "what": traffic.jobs.what,
    }


def job_facts(job: RefreshJob) -> Facts:
    return {"job": job.name, "job_namespace": job.namespace, "whose": _whose(job)}


def _whose(job: RefreshJob) -> str:
    about = [f"client {job.client}" if job.client else "", job.type, f"started by {job.user}" if job.user else ""]
    whose = ", ".join(part for part in about if part)
    return f" ({whose})" if whose else ""


def _no_jobs(ranked: Sequence[Suspect], facts: Facts) -> str:
    near = (
        f"; nearest: {ranked[0].job.name} {ranked[0].overlap.how} (correlation {ranked[0].overlap.score:.1f})"
        if ranked
        else ""
    )
    return f"No {facts['what']}s were running during the spike window{near}"


def _partly_explained(there: Sequence[Suspect], facts: Facts) -> str:
    jobs = "; ".join(f"{s.job.name}{_whose(s.job)}, {_moved(s)}" for s in there[:_NAMED])
    more = f"; and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
    return f"Only {gb(_uploaded_bytes(there))} explained by {facts['what']}s at that time: {jobs}{more}"


def _listings(evidence: Sequence[Evidence]) -> list[Evidence]:
    return [e for e in evidence if isinstance(e.observation, Resources) and e.observation.resource == "jobs"]


class _Pair(msgspec.Struct):
    source: str = ""
    destination: str = ""
    port: int | None = None
    bytes: float = 0.0


def _talker(spike: Spike, evidence: Sequence[Evidence]) -> str:
    """The pair of addresses with the most bytes during the spike, if flow logs have it."""
    for item in evidence:
        if item.tool == "aws_flow_talkers" and item.arguments.get("start") == moment(spike.onset).isoformat():
            pairs = msgspec.json.decode(item.text, type=list[_Pair])
            if pairs:
                first = max(pairs, key=lambda p: p.bytes)
                return (
                    f"; flow logs show {gb(first.bytes)} from {first.source} to "
                    f"{first.destination}{f':{first.port}' if first.port else ''}"
                )
    return ""


def all_jobs_listed(evidence: Sequence[Evidence], expected: int) -> bool:
    """Whether the jobs of every configured namespace were listed."""
    return len(_listings(evidence)) >= max(1, expected)


def subjects(measured: Sequence[NatMetrics], jobs: Sequence[RefreshJob]) -> tuple[Subject, ...]:
    return (*(m.subject for m in measured), *(j.subject for j in jobs))
