"""Which jobs can be behind a spike: by how they lie to it in time, and by what their own logs say they moved within
it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from midwatch.analysis.time_overlap import ENDED, TimeOverlap, overlap
from midwatch.diagnosis.traffic.config import Traffic
from midwatch.diagnosis.traffic.joblogs import JobLog
from midwatch.diagnosis.traffic.jobs import RefreshJob
from midwatch.diagnosis.traffic.nat_metrics import TrafficBurst

MOST, LITTLE = 0.5, 0.05  # of a spike: what accounts for it, and what is too little to be why it was one


@dataclass(frozen=True)
class Suspect:
    """`moved`: bytes that its own log tells of within the spike, None where it tells no sizes or was not read;
    `volume`: of the spike."""

    job: RefreshJob
    overlap: TimeOverlap
    log: JobLog | None
    moved: float | None
    uploads: int
    volume: float

    @property
    def there(self) -> bool:
        """It ran while it happened, and not only near."""
        return self.overlap.score >= ENDED

    @property
    def little(self) -> bool:
        """Its log tells that it sent next to nothing of it."""
        return self.moved is not None and self.moved < LITTLE * self.volume

    @property
    def rank(self) -> tuple[bool, int, float, float, int, str]:
        """There before near; of those, whose log accounts for most of it first and whose log tells of next to nothing
        last."""
        accounts = 2 if self.little else 0 if self.moved is not None and self.moved >= MOST * self.volume else 1
        return (not self.there, accounts, -self.overlap.score, -(self.moved or 0.0), -self.uploads, self.job.name)


def job_candidates(
    burst: TrafficBurst, found: Sequence[RefreshJob], logs: Mapping[tuple[str, str], JobLog], traffic: Traffic
) -> list[Suspect]:
    """Best first; those that cannot have been are left out. `logs` by namespace and name of the job."""
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
    """It was there while it happened, and its log does not say that it was not it."""
    return suspect.there and not suspect.little
