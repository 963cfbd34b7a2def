"""The figures of an answer, laid out."""

from collections.abc import Sequence
from datetime import datetime

from midwatch.analysis.spikes import Spike
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import Table
from midwatch.domain.window import Window
from midwatch.integrations.traffic.jobs import Job
from midwatch.integrations.traffic.measured import BACK, CONNECTIONS, OUT, PEAK, Measured, clock, gb, mbps, moment, span
from midwatch.integrations.traffic.suspects import Suspect
from midwatch.integrations.traffic.verdict import Scene

_ROWS = 20


def traffic_table(measured: Sequence[Measured], window: Window, title: str = "Traffic") -> Table | None:
    rows = tuple(_traffic(m, window) for m in measured if OUT in m.signals)
    if not rows:
        return None
    return Table(
        title=f"{title}, {window}",
        columns=("gateway", "out", "in", "at most", "peak", "connections"),
        rows=rows,
        cites=tuple(m.cite(OUT) for m in measured if OUT in m.signals),
        note="; ".join(dict.fromkeys(m.partial for m in measured if m.partial)),
    )


def _traffic(one: Measured, window: Window) -> tuple[str, ...]:
    top, peak, many = one.highest(OUT, window), one.highest(PEAK, window), one.highest(CONNECTIONS, window)
    return (
        one.gateway.name or one.gateway.id,
        _gb(one.total(OUT, window)),
        _gb(one.total(BACK, window)),
        f"{gb(top[1])} in {span(one.period)} at {clock(moment(top[0]), window.since)}" if top else "not measured",
        mbps(peak[1]) if peak else "not measured",
        f"{many[1]:,.0f}" if many else "not measured",
    )


def _gb(value: float | None) -> str:
    return "not measured" if value is None else gb(value)


def spikes_table(found: Sequence[tuple[Measured, Spike]], scene: Scene) -> Table | None:
    if not found:
        return None
    rows = [_spike(one, spike, scene.suspects(one, spike)) for one, spike in found[:_ROWS]]
    more = f"and {len(found) - _ROWS} more" if len(found) > _ROWS else ""
    cites = tuple(one.cite(OUT) for one in dict.fromkeys(one.evidence for one, _ in found) for one in [_first(found, one)])
    return Table(
        title="Spikes", columns=("began", "ended", "volume", "at most", "times usual", "likely"), rows=tuple(rows), cites=cites, note=more
    )


def _first(found: Sequence[tuple[Measured, Spike]], evidence: str) -> Measured:
    return next(one for one, _ in found if one.evidence == evidence)


def _spike(one: Measured, spike: Spike, ranked: Sequence[Suspect]) -> tuple[str, ...]:
    since = moment(spike.onset)
    best = ranked[0] if ranked else None
    likely = f"{best.job.client or best.job.name} ({best.overlap.score:.1f})" if best else "no job"
    factor = f"{spike.factor:.3g}" if spike.factor else "unknown"
    return clock(since), clock(moment(one.over(spike)), since), gb(spike.volume), gb(spike.top), factor, likely


def suspects_table(ranked: Sequence[Suspect]) -> Table | None:
    """The jobs that can be behind a spike, most likely first."""
    rows = tuple(_suspect(s) for s in ranked[:_ROWS])
    cites = tuple(
        dict.fromkeys(Citation(evidence=e) for s in ranked for e in (s.job.evidence, s.log.evidence if s.log else s.job.evidence))
    )
    columns = ("correlation", "job", "client", "type", "began", "ended", "in its log", "to")
    return Table(title="Jobs, most likely first", columns=columns, rows=rows, cites=cites) if rows else None


def _suspect(one: Suspect) -> tuple[str, ...]:
    job = one.job
    return (
        f"{one.overlap.score:.1f} {one.overlap.how}",
        job.name,
        job.client or "unknown",
        job.type,
        *_times(job),
        _moved(one),
        _where(one),
    )


def jobs_table(found: Sequence[Job], scene: Scene) -> Table | None:
    if not found:
        return None
    rows: list[tuple[str, ...]] = []
    for job in found[-_ROWS:]:
        log = scene.logs.get((job.namespace, job.name))
        moved = gb(log.volume) if log and log.volume is not None else "not told"
        where = ", ".join(dict.fromkeys(d.name for d in log.destinations)) if log else ""
        rows.append((job.name, job.client or "unknown", job.type, job.state, *_times(job), moved, where))
    logs = [log.evidence for job in found if (log := scene.logs.get((job.namespace, job.name)))]
    cites = tuple(Citation(evidence=e) for e in dict.fromkeys([*(j.evidence for j in found), *logs]))
    more = f"and {len(found) - _ROWS} earlier ones" if len(found) > _ROWS else ""
    columns = ("job", "client", "type", "state", "began", "ended", "uploaded by its log", "to")
    return Table(title="Jobs", columns=columns, rows=tuple(rows), cites=cites, note=more)


def _times(job: Job) -> tuple[str, str]:
    ended = clock(job.ended, job.began) if job.ended else "still runs" if job.state == "running" else "not known"
    return _clock(job.began), ended


def _clock(at: datetime | None) -> str:
    return clock(at) if at else "not begun"


def _moved(one: Suspect) -> str:
    if one.log is None:
        return "not read"
    uploads = f"{one.uploads} upload{'s' * (one.uploads != 1)}"
    return f"{uploads}, {gb(one.moved)}" if one.moved is not None else uploads


def _where(one: Suspect) -> str:
    return ", ".join(dict.fromkeys(d.name for d in one.log.destinations)) if one.log else ""
