"""Evidence plan for traffic and jobs: the settings, then the planned requests, then requests that the results
justify."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from difflib import SequenceMatcher

import msgspec

from midwatch.diagnosis.traffic.config import Traffic
from midwatch.diagnosis.traffic.job_candidates import is_explanation, job_candidates
from midwatch.diagnosis.traffic.joblogs import JobLog, logs
from midwatch.diagnosis.traffic.jobs import RefreshJob, jobs
from midwatch.diagnosis.traffic.nat_metrics import METRICS, NatMetrics, TrafficBurst, moment, nat_metrics
from midwatch.diagnosis.traffic.settings_evidence import configured_traffic
from midwatch.diagnosis.traffic.topics import (
    CLIENT,
    GATEWAY,
    JOB_TOPICS,
    NAMESPACE,
    NAT_COMPARE,
    NAT_GATEWAYS,
    NAT_PATTERNS,
    NAT_SPIKE,
    NAT_TOPICS,
)
from midwatch.domain.evidence import Evidence, ToolRequest
from midwatch.domain.intent import Intent
from midwatch.domain.observation import Resources
from midwatch.domain.question import Question
from midwatch.domain.window import Window

GATEWAYS, TALKERS, LOGS, LIST = "aws_nat_gateways", "aws_flow_talkers", "kubernetes_logs", "kubernetes_list"
TOPICS = NAT_TOPICS | JOB_TOPICS | {NAT_GATEWAYS}
_HISTORY = timedelta(hours=24)  # before the window: the reference for its traffic
_LONGEST = timedelta(days=7)  # longest range of one CloudWatch request
_ALIKE = 0.85  # one letter of six
_GATEWAYS, _LOGS, _SPIKES = 10, 12, 4  # most that are read


class _Meta(msgspec.Struct):
    name: str = ""


class _Named(msgspec.Struct):
    metadata: _Meta = msgspec.field(default_factory=_Meta)


def _first(intent: Intent, traffic: Traffic) -> tuple[ToolRequest, ...]:
    asks: list[ToolRequest] = []
    if intent.topic in NAT_TOPICS:
        asks += [ask for gateway in _gateways(intent, traffic) for ask in _metrics(intent, gateway)]
    if intent.topic in NAT_TOPICS and not asks:
        asks.append(ToolRequest(tool=GATEWAYS, essential=True))
    if intent.topic in NAT_TOPICS or intent.topic == NAT_GATEWAYS:
        needed = intent.topic == NAT_GATEWAYS
        asks += [
            ToolRequest(tool=GATEWAYS, arguments={"gateway": g}, essential=needed) for g in _gateways(intent, traffic)
        ]
    if intent.topic == NAT_GATEWAYS and not asks:
        asks.append(ToolRequest(tool=GATEWAYS, essential=True))
    if intent.topic != NAT_GATEWAYS:
        asks += _listings(intent, traffic)
    return tuple(asks)


def next_requests(evidence: Sequence[Evidence], question: Question) -> tuple[ToolRequest, ...]:
    traffic = configured_traffic(evidence)
    return (*_first(question.intent, traffic), *_then(evidence, question.intent, traffic)) if traffic else ()


def _then(evidence: Sequence[Evidence], intent: Intent, traffic: Traffic) -> tuple[ToolRequest, ...]:
    if intent.topic in NAT_TOPICS and not any(e.tool == METRICS for e in evidence):
        return tuple(ask for gateway in _discovered(evidence) for ask in _metrics(intent, gateway))
    found, seen = jobs(evidence, traffic.jobs), nat_metrics(evidence, traffic)
    worth = _worth_reading(found, seen, intent, traffic)
    wanted_logs = [_log(job, pod, traffic) for job in worth for pod in job.pods[-1:]]
    return (*wanted_logs, *_talkers(found, logs(evidence, found, traffic), seen, intent, traffic))


def _gateways(intent: Intent, traffic: Traffic) -> tuple[str, ...]:
    if name := intent.first(GATEWAY):
        known = traffic.gateway(name)
        return (known.id if known else name,)
    return tuple(g.id for g in traffic.gateways[:_GATEWAYS])


def _discovered(evidence: Sequence[Evidence]) -> list[str]:
    """Gateways from DescribeNatGateways, where none is configured."""
    found = [o.observation for o in evidence if o.tool == GATEWAYS and isinstance(o.observation, Resources)]
    return [name for listing in found for name in _names(listing)][:_GATEWAYS]


def _names(listing: Resources) -> list[str]:
    decoded = msgspec.json.decode(listing.body, type=list[_Named])
    return [one.metadata.name for one in decoded]


def _metrics(intent: Intent, gateway: str) -> Iterator[ToolRequest]:
    for window in (intent.window, intent.against):
        if window is not None:
            long = window.until - window.since
            history = _HISTORY if intent.topic != NAT_COMPARE else timedelta(0)
            since = window.since - max(timedelta(0), min(history, _LONGEST - long))
            yield ToolRequest(
                tool=METRICS,
                arguments={"gateway": gateway, "start": since.isoformat(), "end": window.until.isoformat()},
                essential=True,
            )


def _listings(intent: Intent, traffic: Traffic) -> Iterator[ToolRequest]:
    """Requests for jobs by their selector, for the pods of jobs, and for namespaces, which tell a misspelt one from an
    empty one."""
    search = traffic.jobs
    spaces: Sequence[str] = intent.entities_of(NAMESPACE) or search.namespaces or ("",)
    essential = intent.topic in JOB_TOPICS
    for space in spaces:
        selector = {"labels": search.selector} if search.selector else {}
        yield ToolRequest(
            tool=LIST, arguments={"resource": "jobs", "namespace": space, **selector}, essential=essential
        )
        yield ToolRequest(tool=LIST, arguments={"resource": "pods", "namespace": space, "labels": "job-name"})
    if any(spaces):
        yield ToolRequest(tool=LIST, arguments={"resource": "namespaces", "names_only": True})


def _worth_reading(
    found: Sequence[RefreshJob], seen: Sequence[NatMetrics], intent: Intent, traffic: Traffic
) -> list[RefreshJob]:
    if intent.topic == NAT_COMPARE:
        return []
    if intent.topic in JOB_TOPICS:
        window, client = intent.window, intent.first(CLIENT)
        chosen = [j for j in found if (not window or active(j, window)) and (not client or of_client(j, client))]
        return chosen[-_LOGS:]
    ranked = [s for spike in _spikes(seen, intent) for s in job_candidates(spike, found, {}, traffic)]
    return list(dict.fromkeys(s.job for s in sorted(ranked, key=lambda s: -s.overlap.score)))[:_LOGS]


def _spikes(seen: Sequence[NatMetrics], intent: Intent) -> list[TrafficBurst]:
    """The largest spikes in the window."""
    window = intent.window
    found = [(s, m) for m in seen for s in (m.spikes(window) if window else ())]
    largest = sorted(found, key=lambda pair: -pair[0].volume)[:_SPIKES]
    return [m.burst(s) for s, m in largest]


def _log(job: RefreshJob, pod: tuple[str, str], traffic: Traffic) -> ToolRequest:
    name, container = pod
    arguments = {
        "namespace": job.namespace,
        "pod": name,
        "tail_lines": traffic.jobs.log_tail_lines,
        "seconds": traffic.jobs.timeout_seconds,
    }
    return ToolRequest(tool=LOGS, arguments={**arguments, "container": container} if container else arguments)


def _talkers(
    found: Sequence[RefreshJob],
    read: Mapping[tuple[str, str], JobLog],
    seen: Sequence[NatMetrics],
    intent: Intent,
    traffic: Traffic,
) -> Iterator[ToolRequest]:
    """Request for the gateway's top talkers during a spike: only where no job explains it."""
    if intent.topic not in (NAT_SPIKE, NAT_PATTERNS) or intent.window is None:
        return
    for one in seen:
        for spike in sorted(one.spikes(intent.window), key=lambda s: -s.volume)[:_SPIKES]:
            burst = one.burst(spike)
            if not any(is_explanation(s) for s in job_candidates(burst, found, read, traffic)):
                times = {"start": _iso(burst.since), "end": _iso(burst.until)}
                yield ToolRequest(tool=TALKERS, arguments={"gateway": one.gateway.id, **times})


def _iso(seconds: float) -> str:
    return moment(seconds).isoformat()


def active(job: RefreshJob, window: Window) -> bool:
    """Whether the job ran within the window."""
    return job.began is not None and job.began < window.until and (job.ended is None or job.ended >= window.since)


def of_client(job: RefreshJob, client: str) -> bool:
    """Whether the job belongs to the client: exactly, by a part of the name (`Acme` finds acme-health), or but for a
    typing error."""
    wanted, has = _plain(client), _plain(job.client)
    return bool(has) and (wanted in has or SequenceMatcher(None, wanted, has).ratio() >= _ALIKE)


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())
