"""Candidate jobs behind a spike, by their overlap in time and by the upload sizes in their own logs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from midwatch.analysis.time_overlap import ENDED, TimeOverlap, overlap
from midwatch.diagnosis.traffic.config import Traffic
from midwatch.diagnosis.traffic.joblogs import JobLog
from midwatch.diagnosis.traffic.jobs import RefreshJob
from midwatch.diagnosis.traffic.nat_metrics import TrafficBurst

MOST, LITTLE = 0.5, 0.05  # shares of a spike's volume: enough to account for it, and too little to be its cause


@dataclass(frozen=True)
class Suspect:
    """One candidate. `moved`: bytes uploaded within the spike according to its own log, None without sizes or log;
    `volume`: of the spike."""

    job: RefreshJob
    overlap: TimeOverlap
    log: JobLog | None
    moved: float | None
    uploads: int
    volume: float

    @property
    def there(self) -> bool:
        """Whether it ran during the spike, and not only near it."""
        return self.overlap.score >= ENDED

    @property
    def little(self) -> bool:
        """Whether its log has next to no uploads within the spike."""
        return self.moved is not None and self.moved < LITTLE * self.volume

    @property
    def rank(self) -> tuple[bool, int, float, float, int, str]:
        """Sort key: overlapping before near; among those, first the log that accounts for most of the volume, last the
        one with next to nothing."""
        accounts = 2 if self.little else 0 if self.moved is not None and self.moved >= MOST * self.volume else 1
        return (not self.there, accounts, -self.overlap.score, -(self.moved or 0.0), -self.uploads, self.job.name)


def job_candidates(
    burst: TrafficBurst, found: Sequence[RefreshJob], logs: Mapping[tuple[str, str], JobLog], traffic: Traffic
) -> list[Suspect]:
    """Candidates, best first; impossible ones are left out. `logs` by namespace and name of the job."""
    since, until, period = burst.since, burst.until, burst.period
    near = traffic.jobs.nearby_minutes * 60
    made: list[Suspect] = []
    for job in found:
        began, ended = job.began and job.began.timestamp(), job.ended and job.ended.timestamp()
        lies = overlap(since, until, began, ended, near, slack=period)
        if lies.score:
            log = logs.get((job.namespace, job.name))
            inside = (
                [u for u in log.uploads if u.at is None or since - period <= u.at.timestamp() <= until + period]
                if log
                else []
            )
            sizes = [u.size for u in inside if u.size is not None]
            made.append(Suspect(job, lies, log, sum(sizes) if sizes else None, len(inside), burst.volume))
    return sorted(made, key=lambda s: s.rank)


def is_explanation(suspect: Suspect) -> bool:
    """Whether the job ran during the spike and its log does not exclude it."""
    return suspect.there and not suspect.little
