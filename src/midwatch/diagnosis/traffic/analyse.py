"""Analysis of NAT traffic and the jobs behind it."""

from collections.abc import Iterator, Sequence

import msgspec

from midwatch.analysis.spikes import Spike
from midwatch.diagnosis.traffic import joblogs, report_tables
from midwatch.diagnosis.traffic.answers import TrafficEvidence, answer
from midwatch.diagnosis.traffic.config import Traffic
from midwatch.diagnosis.traffic.evidence_plan import GATEWAYS, active, of_client
from midwatch.diagnosis.traffic.gaps import NO_TIME, gaps
from midwatch.diagnosis.traffic.jobs import RefreshJob, jobs
from midwatch.diagnosis.traffic.nat_metrics import DROPPED, ERRORS, PACKETS, NatMetrics, clock, nat_metrics, of, span
from midwatch.diagnosis.traffic.settings_evidence import cite, configured_traffic
from midwatch.diagnosis.traffic.topics import (
    CLIENT,
    JOB_TOPICS,
    NAMESPACE,
    NAT_GATEWAYS,
    NAT_PATTERNS,
    NAT_SPIKE,
    NAT_TRAFFIC,
)
from midwatch.diagnosis.traffic.verdict import (
    CODES,
    Facts,
    TrafficScene,
    all_jobs_listed,
    job_facts,
    spike_finding,
    subjects,
)
from midwatch.domain.evidence import Citation, Evidence
from midwatch.domain.finding import Analysis, CausalRole, Finding, HealthyCheck, Table
from midwatch.domain.intent import Intent
from midwatch.domain.question import Question
from midwatch.domain.subject import Subject
from midwatch.domain.window import Window

_LOSS = 1e-4  # of the packets: above it the gateway has a problem, by AWS's guide
_JUDGED = 5  # spikes that are each a finding; all are in the table


def analyse(evidence: Sequence[Evidence], question: Question) -> Analysis:
    intent, traffic = question.intent, configured_traffic(evidence)
    if traffic is None:
        return Analysis()
    if intent.topic == NAT_GATEWAYS:
        return _gateways(evidence, traffic)
    if intent.window is None:
        return Analysis(gaps=(NO_TIME,))
    found, seen = jobs(evidence, traffic.jobs), nat_metrics(evidence, traffic)
    expected = 1 if intent.first(NAMESPACE) else len(traffic.jobs.namespaces)
    scene = TrafficScene(
        traffic, found, joblogs.logs(evidence, found, traffic), evidence, all_jobs_listed(evidence, expected)
    )
    spikes = sorted(
        ((m, s) for m in of(seen, intent.window) for s in m.spikes(intent.window)), key=lambda pair: pair[1].onset
    )
    told = TrafficEvidence(intent, intent.window, scene, seen, spikes, _chosen(intent, intent.window, found))
    return Analysis(
        findings=tuple(
            _main_findings(intent, spikes, scene) + list(_gateway_findings(seen, intent.window)) + list(_failed(told))
        ),
        subjects=subjects(seen, found),
        gaps=gaps(told, evidence),
        answer=_cited(answer(told), evidence),
        tables=tuple(_tables(told)),
    )


def _cited(said: HealthyCheck | None, evidence: Sequence[Evidence]) -> HealthyCheck | None:
    """The answer with a citation of the settings where nothing could be read: they define the scope."""
    return said.model_copy(update={"cites": cite(evidence)}) if said and not said.cites else said


def _main_findings(intent: Intent, spikes: Sequence[tuple[NatMetrics, Spike]], scene: TrafficScene) -> list[Finding]:
    """Findings of the largest spikes. For patterns only those that no job explains."""
    largest = sorted(spikes, key=lambda pair: -pair[1].volume)
    if intent.topic in (NAT_SPIKE, NAT_TRAFFIC):
        return [spike_finding(m, s, scene) for m, s in largest[:_JUDGED]]
    return [f for f in (spike_finding(m, s, scene) for m, s in largest) if f.role is not CausalRole.INTENDED][:_JUDGED]


def _chosen(intent: Intent, window: Window, found: Sequence[RefreshJob]) -> list[RefreshJob]:
    client = intent.first(CLIENT)
    return [j for j in found if active(j, window) and (not client or of_client(j, client))]


def _tables(told: TrafficEvidence) -> Iterator[Table]:
    intent, against = told.intent, told.intent.against
    spikes: Sequence[tuple[NatMetrics, Spike]] = told.spikes
    made: list[Table | None] = [report_tables.traffic_table(of(told.measured, told.window), told.window)]
    if against:
        made.append(report_tables.traffic_table(of(told.measured, against), against, "Compared with"))
    if len(spikes) > 1 or intent.topic == NAT_PATTERNS:
        made.append(report_tables.spikes_table(spikes, told.scene))
    if spikes and intent.topic == NAT_SPIKE:
        largest = max(spikes, key=lambda pair: pair[1].volume)
        made.append(report_tables.suspects_table(told.scene.suspects(*largest)))
    elif intent.topic in JOB_TOPICS:
        made.append(report_tables.jobs_table(told.chosen, told.scene))
    yield from (table for table in made if table)


def _gateway_findings(seen: Sequence[NatMetrics], window: Window) -> Iterator[Finding]:
    for one in seen:
        facts: Facts = {
            "gateway": one.label,
            "gateway_id": one.gateway.id,
            "since": clock(window.since),
            "until": clock(window.until),
        }
        facts |= {"since_iso": window.since.isoformat(), "until_iso": window.until.isoformat()}
        errors, dropped, packets = (one.total(signal, window) for signal in (ERRORS, DROPPED, PACKETS))
        if errors:
            yield CODES.finding("TRF-110", one.subject, cites=(one.cite(ERRORS),), **facts, errors=f"{errors:,.0f}")
        if dropped and packets and dropped / packets > _LOSS:
            counts: Facts = {
                "dropped": f"{dropped:,.0f}",
                "packets": f"{packets:,.0f}",
                "share": f"{dropped / packets:.2%}".rstrip("%"),
            }
            yield CODES.finding("TRF-111", one.subject, cites=(one.cite(DROPPED), one.cite(PACKETS)), **facts, **counts)


def _failed(told: TrafficEvidence) -> Iterator[Finding]:
    for job in told.chosen:
        if job.state == "failed" and job.ended:
            facts: Facts = {"ended": clock(job.ended), "took": span(job.seconds or 0), "what": told.what}
            yield CODES.finding("TRF-120", job.subject, cites=(job.cite('"Failed"'),), **job_facts(job), **facts)


class _Meta(msgspec.Struct):
    name: str = ""


class _Nat(msgspec.Struct):
    metadata: _Meta = msgspec.field(default_factory=_Meta)
    state: str = ""
    vpc: str = ""
    zone: str = ""


def _gateways(evidence: Sequence[Evidence], traffic: Traffic) -> Analysis:
    listed = [e for e in evidence if e.tool == GATEWAYS]
    whole = any(not e.arguments.get("gateway") for e in listed)
    seen = {n.metadata.name: n for e in listed for n in msgspec.json.decode(e.text, type=list[_Nat])}
    known = {g.id: g for g in traffic.gateways}
    rows: list[tuple[str, ...]] = []
    for name in dict.fromkeys([*known, *seen]):
        own, there = known.get(name), seen.get(name)
        state = there.state if there else "not found in AWS" if whole else "unknown"
        rows.append(
            (
                name,
                own.name if own else "",
                (there.zone if there else "") or (own.zone if own else ""),
                (there.vpc if there else "") or (own.vpc if own else ""),
                state,
            )
        )
    cites = tuple(Citation(evidence=e.id) for e in listed) or cite(evidence)
    names = ", ".join(f"{r[0]} ({r[1]})" if r[1] else r[0] for r in rows[:10])
    text = (
        f"{len(rows)} NAT gateway{'s' * (len(rows) != 1)}: {names}." if rows else "No NAT gateways configured or found."
    )
    table = Table(
        title="NAT gateways", columns=("gateway", "name", "zone", "VPC", "state"), rows=tuple(rows), cites=cites
    )
    return Analysis(
        findings=tuple(_unavailable(listed)),
        answer=HealthyCheck(text=text, cites=cites),
        tables=(table,) if rows else (),
    )


def _unavailable(listed: Sequence[Evidence]) -> Iterator[Finding]:
    for item in listed:
        for one in msgspec.json.decode(item.text, type=list[_Nat]):
            if one.state and one.state != "available":
                subject = Subject(kind="NATGateway", name=one.metadata.name)
                quote = Citation(evidence=item.id, quote=one.metadata.name)
                yield CODES.finding("TRF-112", subject, cites=(quote,), gateway_id=one.metadata.name, state=one.state)
