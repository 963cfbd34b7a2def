"""Which jobs can be behind a spike: by how they lie to it in time, then by what their logs say they moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from midwatch.analysis.overlap import ENDED, Overlap, overlap
from midwatch.integrations.traffic.config import Traffic
from midwatch.integrations.traffic.joblogs import JobLog
from midwatch.integrations.traffic.jobs import Job


@dataclass(frozen=True)
class Suspect:
    """`moved`: bytes that its log tells of within the spike, None where it tells no sizes."""

    job: Job
    overlap: Overlap
    log: JobLog | None
    moved: float | None
    uploads: int

    @property
    def rank(self) -> tuple[float, float, int, str]:
        return (-self.overlap.score, -(self.moved or 0.0), -self.uploads, self.job.name)


def suspects(
    since: float, until: float, period: float, found: Sequence[Job], logs: Mapping[tuple[str, str], JobLog], traffic: Traffic
) -> list[Suspect]:
    """Best first; those that cannot have been are left out. `logs` by namespace and name of the job."""
    near = traffic.jobs.nearby_minutes * 60
    made: list[Suspect] = []
    for job in found:
        began, ended = job.began and job.began.timestamp(), job.ended and job.ended.timestamp()
        lies = overlap(since, until, began, ended, near, slack=period)
        if lies.score:
            log = logs.get((job.namespace, job.name))
            inside = [u for u in log.uploads if u.at is None or since - period <= u.at.timestamp() <= until + period] if log else []
            sizes = [u.size for u in inside if u.size is not None]
            made.append(Suspect(job, lies, log, sum(sizes) if sizes else None, len(inside)))
    return sorted(made, key=lambda s: s.rank)


def explained(suspect: Suspect) -> bool:
    """It was there while it happened, and not only near."""
    return suspect.overlap.score >= ENDED
