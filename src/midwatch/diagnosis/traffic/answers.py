"""Answers to traffic and job questions other than for a cause."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from midwatch.analysis.spikes import Spike
from midwatch.diagnosis.traffic.job_candidates import Suspect, is_explanation
from midwatch.diagnosis.traffic.jobs import RefreshJob
from midwatch.diagnosis.traffic.nat_metrics import BACK, OUT, NatMetrics, clock, gb, moment, of, span
from midwatch.diagnosis.traffic.topics import (
    CLIENT,
    JOBS,
    JOBS_BY_VOLUME,
    JOBS_OF_CLIENT,
    NAT_COMPARE,
    NAT_PATTERNS,
    NAT_SPIKE,
    NAT_TRAFFIC,
)
from midwatch.diagnosis.traffic.verdict import TrafficScene, spike_finding
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import CausalRole, Confidence, HealthyCheck
from midwatch.domain.intent import Intent
from midwatch.domain.window import Window


@dataclass(frozen=True)
class TrafficEvidence:
    """Input of all answers. `chosen` are the jobs that the question is about, oldest first."""

    intent: Intent
    window: Window
    scene: TrafficScene
    measured: Sequence[NatMetrics]
    spikes: Sequence[tuple[NatMetrics, Spike]]
    chosen: Sequence[RefreshJob]

    @property
    def what(self) -> str:
        return self.scene.traffic.jobs.what

    def against(self, window: Window) -> Sequence[tuple[NatMetrics, Spike]]:
        return [(m, s) for m in of(self.measured, window) for s in m.spikes(window)]


def answer(known: TrafficEvidence) -> HealthyCheck | None:
    """The answer; None where the findings are the answer."""
    if known.intent.attribute and (found := _attribute(known)):
        return found
    return _ANSWERS[known.intent.topic](known) if known.intent.topic in _ANSWERS else None


def _spike(known: TrafficEvidence) -> HealthyCheck | None:
    if known.spikes:
        return None
    if not known.measured:
        ran = (
            f"{_count(len(known.chosen), known.what)} ran at that time"
            if known.scene.looked
            else f"{known.what}s could not be checked"
        )
        return _sentence(f"NAT traffic from {known.window} could not be measured; {ran}.", _listed(known))
    parts = [_highest(m, known.window) for m in known.measured]
    return _sentence(f"No NAT traffic spike from {known.window}: {'; '.join(parts)}.", _metrics(known))


def _highest(one: NatMetrics, window: Window) -> str:
    top = one.highest(OUT, window)
    return (
        f"{one.label} peaked at {gb(top[1])} in {span(one.period)} at {clock(moment(top[0]), window.since)}"
        if top
        else f"{one.label} reported no traffic"
    )


def _traffic(known: TrafficEvidence) -> HealthyCheck:
    if not known.measured:
        return _sentence(f"NAT traffic from {known.window} could not be measured.", _listed(known))
    parts = [
        f"{m.label} {_gb(m.total(OUT, known.window))} out, {_gb(m.total(BACK, known.window))} in"
        for m in known.measured
    ]
    return _sentence(
        f"NAT traffic from {known.window}: {'; '.join(parts)}; {_count(len(known.spikes), 'spike')}.", _metrics(known)
    )


def _patterns(known: TrafficEvidence) -> HealthyCheck:
    if not known.measured:
        return _traffic(known)
    behind = [next((s for s in known.scene.suspects(m, spike) if is_explanation(s)), None) for m, spike in known.spikes]
    jobs = Counter(s.job.client or s.job.name for s in behind if s)
    hours = Counter(moment(s.onset).hour for _, s in known.spikes)
    text = f"{_count(len(known.spikes), 'spike')} from {known.window}"
    if known.spikes:
        text += (
            f", {gb(sum(s.volume for _, s in known.spikes))} in total, {len([s for s in behind if s])} explained by a "
            f"{known.what}"
        )
    if jobs:
        text += f", most often {jobs.most_common(1)[0][0]}"
    if hours and len(known.spikes) > 1:
        text += (
            f"; most often between {hours.most_common(1)[0][0]:02d}:00 and "
            f"{(hours.most_common(1)[0][0] + 1) % 24:02d}:00 UTC"
        )
    return _sentence(f"{text}.", _metrics(known))


def _compare(known: TrafficEvidence) -> HealthyCheck:
    other = known.intent.against
    if other is None or not known.measured:
        return _traffic(known)
    here, there = (_total(known, OUT, w) for w in (known.window, other))
    if here is None or there is None:
        return _sentence(f"Comparison not possible: {known.window} or {other} could not be measured.", _metrics(known))
    spikes = f"{_count(len(known.spikes), 'spike')} vs {len(known.against(other))}"
    return _sentence(
        f"{gb(here)} out from {known.window}, {gb(there)} from {other}: {_change(here, there)}; {spikes}.",
        _metrics(known),
    )


def _change(here: float, there: float) -> str:
    percent = f" ({(here - there) / there:+.0%})" if there else ""
    return "the same" if here == there else f"{gb(abs(here - there))} {'more' if here > there else 'less'}{percent}"


def _jobs(known: TrafficEvidence) -> HealthyCheck:
    if not known.scene.looked:
        return _sentence(
            f"Not all {known.what}s could be checked; {_count(len(known.chosen), known.what)} found.", _listed(known)
        )
    if not known.chosen:
        client = known.intent.first(CLIENT)
        whose = f" for {client}" if client else ""
        return _sentence(f"No {known.what}s ran{whose} from {known.window}.", _listed(known))
    running = [j for j in known.chosen if j.state == "running"]
    clients = ", ".join(dict.fromkeys(j.client for j in known.chosen if j.client))
    uploads = _uploading(known, running)
    state = f"{len(running)} still running{uploads}" if running else "none still running"
    return _sentence(
        f"{_count(len(known.chosen), known.what)} from {known.window}, "
        f"{state}{f'; clients: {clients}' if clients else ''}.",
        _listed(known),
    )


def _uploading(known: TrafficEvidence, running: Sequence[RefreshJob]) -> str:
    logs = [known.scene.logs.get((j.namespace, j.name)) for j in running]
    busy = sum(1 for log in logs if log and log.uploads)
    return f" ({busy} with uploads in the log)" if busy else ""


def _by_volume(known: TrafficEvidence) -> HealthyCheck:
    if not known.chosen:
        return _jobs(known)
    volumes: Counter[str] = Counter()
    for job in known.chosen:
        if volume := _volume(known, job):
            volumes[job.client or job.name] += round(volume)
    if not volumes:
        return _sentence(
            f"Upload volume unknown, {known.window}: no sizes in the logs of {_count(len(known.chosen), known.what)}.",
            _listed(known),
        )
    ranked = ", ".join(f"{name} {gb(size)}" for name, size in volumes.most_common(5))
    untold = len(known.chosen) - sum(1 for job in known.chosen if _volume(known, job))
    more = f"; volume of {_count(untold, 'more ' + known.what)} unknown" if untold else ""
    return _sentence(
        f"Largest uploads according to job logs, {known.window}: {ranked}{more}.",
        (*_listed(known), *_read(known)),
    )


def _volume(known: TrafficEvidence, job: RefreshJob) -> float | None:
    log = known.scene.logs.get((job.namespace, job.name))
    return log.volume if log else None


def _attribute(known: TrafficEvidence) -> HealthyCheck | None:
    """An attribute of one job: the likeliest behind the largest spike; without a spike the last of the chosen."""
    suspect = _suspect(known)
    last = known.chosen[-1] if known.chosen and not known.spikes else None
    job = suspect.job if suspect else last
    if known.intent.attribute == "volume" and known.spikes:
        one, spike = max(known.spikes, key=lambda p: p[1].volume)
        told = (
            f"; {suspect.job.name} uploaded {gb(suspect.moved)} according to its log"
            if suspect and suspect.moved is not None
            else ""
        )
        return _sentence(
            f"{gb(spike.volume)} sent from {clock(moment(spike.onset))} to {clock(moment(one.complete_at(spike)))} "
            f"UTC{told}.",
            _metrics(known),
        )
    if known.intent.attribute == "expected" and known.spikes:
        return _expected(known)
    if job is None or known.intent.attribute not in _ATTRIBUTES:
        return None
    said = _ATTRIBUTES[known.intent.attribute](job, known)
    return _sentence(said, (job.cite(), *_read(known, job))) if said else None


def _expected(known: TrafficEvidence) -> HealthyCheck:
    one, spike = max(known.spikes, key=lambda p: p[1].volume)
    finding = spike_finding(one, spike, known.scene)
    sure = finding.role is CausalRole.INTENDED and finding.confidence is Confidence.HIGH
    word = "Yes" if sure else "Probably" if finding.role is CausalRole.INTENDED else "Needs investigation"
    return _sentence(f"{word}: {finding.message}.", finding.cites)


def _suspect(known: TrafficEvidence) -> Suspect | None:
    largest = max(known.spikes, key=lambda p: p[1].volume, default=None)
    ranked = known.scene.suspects(*largest) if largest else []
    return next((s for s in ranked if is_explanation(s)), None)


def _duration(job: RefreshJob, _known: TrafficEvidence) -> str:
    if job.began is None:
        return f"{job.name} has not started yet."
    if job.seconds is None or job.ended is None:
        return f"{job.name} started at {clock(job.began)} UTC and has not ended."
    return f"{job.name} took {span(job.seconds)}: from {clock(job.began)} to {clock(job.ended, job.began)} UTC."


def _destination(job: RefreshJob, known: TrafficEvidence) -> str:
    log = known.scene.logs.get((job.namespace, job.name))
    if log is None:
        return f"Destination of {job.name} unknown: its log could not be read."
    where = ", ".join(dict.fromkeys(f"{d.vendor} ({d.host})" if d.vendor else d.host for d in log.destinations))
    return (
        f"Destinations in the log of {job.name}: {where}."
        if where
        else f"No destination outside the cluster and AWS in the log of {job.name}."
    )


_ATTRIBUTES: dict[str, Callable[[RefreshJob, TrafficEvidence], str]] = {
    "duration": _duration,
    "time": _duration,
    "destination": _destination,
    "client": lambda job, _: (
        f"{job.name} ran for client {job.client}." if job.client else f"{job.name} has no client set."
    ),
    "user": lambda job, _: f"{job.user} started {job.name}." if job.user else f"{job.name} has no user set.",
    "job": lambda job, _: f"{job.name} in namespace {job.namespace} ({job.state}).",
}
_ANSWERS: dict[str, Callable[[TrafficEvidence], HealthyCheck | None]] = {
    NAT_SPIKE: _spike,
    NAT_TRAFFIC: _traffic,
    NAT_PATTERNS: _patterns,
    NAT_COMPARE: _compare,
    JOBS: _jobs,
    JOBS_OF_CLIENT: _jobs,
    JOBS_BY_VOLUME: _by_volume,
}


def _total(known: TrafficEvidence, signal: str, window: Window) -> float | None:
    totals = [t for m in of(known.measured, window) if (t := m.total(signal, window)) is not None]
    return sum(totals) if totals else None


def _gb(value: float | None) -> str:
    return "an unknown amount" if value is None else gb(value)


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'s' * (number != 1)}"


def _sentence(text: str, cites: tuple[Citation, ...]) -> HealthyCheck:
    return HealthyCheck(text=f"N{text[1:]}" if text.startswith("no ") else text, cites=tuple(dict.fromkeys(cites)))


def _metrics(known: TrafficEvidence) -> tuple[Citation, ...]:
    return tuple(m.cite(OUT) if OUT in m.signals else Citation(evidence=m.evidence) for m in known.measured)


def _listed(known: TrafficEvidence) -> tuple[Citation, ...]:
    return tuple(Citation(evidence=e.id) for e in known.scene.evidence if e.arguments.get("resource") == "jobs")


def _read(known: TrafficEvidence, job: RefreshJob | None = None) -> tuple[Citation, ...]:
    chosen = [job] if job else known.chosen
    logs = (known.scene.logs.get((j.namespace, j.name)) for j in chosen)
    return tuple(Citation(evidence=log.evidence) for log in logs if log)
