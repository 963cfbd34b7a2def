"""Tables of a traffic report."""

from collections.abc import Sequence

from midwatch.analysis.spikes import Spike
from midwatch.diagnosis.traffic.job_candidates import Suspect
from midwatch.diagnosis.traffic.joblogs import Elsewhere, JobLog
from midwatch.diagnosis.traffic.jobs import RefreshJob
from midwatch.diagnosis.traffic.nat_metrics import (
    BACK,
    CONNECTIONS,
    OUT,
    PEAK,
    NatMetrics,
    clock,
    gb,
    mbps,
    moment,
    span,
)
from midwatch.diagnosis.traffic.verdict import TrafficScene
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import Table
from midwatch.domain.window import Window

_ROWS, _RUNS = 20, 2


def traffic_table(measured: Sequence[NatMetrics], window: Window, title: str = "Traffic") -> Table | None:
    rows = tuple(_traffic(m, window) for m in measured if OUT in m.signals)
    if not rows:
        return None
    return Table(
        title=f"{title}, {window}",
        columns=("gateway", "out", "in", "peak rate", "max connections", "peak volume"),
        rows=rows,
        cites=tuple(m.cite(OUT) for m in measured if OUT in m.signals),
        note="; ".join(dict.fromkeys(m.partial for m in measured if m.partial)),
    )


def _traffic(one: NatMetrics, window: Window) -> tuple[str, ...]:
    top, peak, many = one.highest(OUT, window), one.highest(PEAK, window), one.highest(CONNECTIONS, window)
    return (
        one.gateway.name or one.gateway.id,
        _gb(one.total(OUT, window)),
        _gb(one.total(BACK, window)),
        mbps(peak[1]) if peak else "not measured",
        f"{many[1]:,.0f}" if many else "not measured",
        f"{gb(top[1])} in {span(one.period)} at {clock(moment(top[0]), window.since)}" if top else "not measured",
    )


def _gb(value: float | None) -> str:
    return "not measured" if value is None else gb(value)


def spikes_table(found: Sequence[tuple[NatMetrics, Spike]], scene: TrafficScene) -> Table | None:
    if not found:
        return None
    rows = [_spike(one, spike, scene.suspects(one, spike)) for one, spike in found[:_ROWS]]
    more = f"and {len(found) - _ROWS} more" if len(found) > _ROWS else ""
    cites = tuple(
        one.cite(OUT) for one in dict.fromkeys(one.evidence for one, _ in found) for one in [_first(found, one)]
    )
    return Table(
        title="Spikes",
        columns=("start", "end", "volume", "peak volume", "× baseline", "likely job"),
        rows=tuple(rows),
        cites=cites,
        note=more,
    )


def _first(found: Sequence[tuple[NatMetrics, Spike]], evidence: str) -> NatMetrics:
    return next(one for one, _ in found if one.evidence == evidence)


def _spike(one: NatMetrics, spike: Spike, ranked: Sequence[Suspect]) -> tuple[str, ...]:
    since = moment(spike.onset)
    best = next((s for s in ranked if not s.little), None)
    likely = f"{best.job.client or best.job.name} ({best.overlap.score:.1f})" if best else "no job"
    factor = f"{spike.factor:.3g}" if spike.factor else "unknown"
    return clock(since), clock(moment(one.complete_at(spike)), since), gb(spike.volume), gb(spike.top), factor, likely


def suspects_table(ranked: Sequence[Suspect]) -> Table | None:
    """Candidate jobs of a spike, most likely first."""
    rows = tuple(_suspect(s) for s in ranked[:_ROWS])
    cites = tuple(
        dict.fromkeys(
            Citation(evidence=e) for s in ranked for e in (s.job.evidence, s.log.evidence if s.log else s.job.evidence)
        )
    )
    columns = ("score", "client", "ran", "job")
    return Table(title="Jobs by correlation with the spike", columns=columns, rows=rows, cites=cites) if rows else None


def _suspect(one: Suspect) -> tuple[str, ...]:
    uploads = f"{one.uploads} upload{'s' * (one.uploads != 1)} at that time" if one.log else "log not available"
    moved = f", {gb(one.moved)}" if one.moved is not None else ""
    told = _job_text(one.job, f"{one.overlap.how}, {uploads}{moved}", one.log)
    return f"{one.overlap.score:.1f}", one.job.client or "unknown", _run_time(one.job), told


def jobs_table(found: Sequence[RefreshJob], scene: TrafficScene) -> Table | None:
    if not found:
        return None
    rows: list[tuple[str, ...]] = []
    for job in found[-_ROWS:]:
        log = scene.logs.get((job.namespace, job.name))
        moved = (
            "log not available"
            if log is None
            else f"uploaded {gb(log.volume)}"
            if log.volume is not None
            else "no upload sizes in log"
        )
        rows.append((job.client or "unknown", job.state, _run_time(job), _job_text(job, moved, log)))
    logs = [log.evidence for job in found if (log := scene.logs.get((job.namespace, job.name)))]
    cites = tuple(Citation(evidence=e) for e in dict.fromkeys([*(j.evidence for j in found), *logs]))
    more = f"and {len(found) - _ROWS} earlier" if len(found) > _ROWS else ""
    return Table(title="Jobs", columns=("client", "state", "ran", "job"), rows=tuple(rows), cites=cites, note=more)


def _run_time(job: RefreshJob) -> str:
    if job.began is None:
        return "not started"
    ended = clock(job.ended, job.began) if job.ended else "now" if job.state == "running" else "unknown"
    return f"{clock(job.began)} to {ended}"


def _job_text(job: RefreshJob, what: str, log: JobLog | None) -> str:
    where = ", ".join(dict.fromkeys(d.name for d in log.destinations)) if log else ""
    runs = [_elsewhere(run) for run in log.runs[:_RUNS]] if log else []
    more = f" and {len(log.runs) - _RUNS} more" if log and len(log.runs) > _RUNS else ""
    parts = (job.type, what, f"to {where}" if where else "", f"{' and '.join(runs)}{more}" if runs else "")
    return f"{job.name}: {', '.join(part for part in parts if part)}"


def _elsewhere(run: Elsewhere) -> str:
    named = " ".join(
        part for part in (f"run {run.run}" if run.run else "", f"of job {run.job}" if run.job else "") if part
    )
    told = ", ".join(part for part in (run.state, run.url) if part)
    return f"{named} ({told})" if told else named
