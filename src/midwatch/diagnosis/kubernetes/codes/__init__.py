"""The findings about Kubernetes: K8S-1xx start-up, 2xx running, 3xx scheduling, 4xx storage, 5xx network, 6xx
workloads, 7xx policy, 8xx nodes, 9xx logs and peers."""

from datetime import datetime

from midwatch.analysis.codes import Catalogue
from midwatch.diagnosis.kubernetes.kubectl import owner_facts
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.subject import Subject

CODES = Catalogue.load(__name__, at_once=False, nouns=False)


def finding(
    code: str,
    subject: Subject,
    *,
    owner: Subject | None = None,
    cites: tuple[Citation, ...],
    confidence: Confidence = Confidence.HIGH,
    onset: datetime | None = None,
    peers: tuple[Subject, ...] = (),
    **facts: str,
) -> Finding:
    """The catalogue's finding, with the facts that decide which commands fit the owner's kind."""
    known = owner_facts(subject, owner or subject) | facts
    return CODES.finding(
        code, subject, owner=owner, cites=cites, confidence=confidence, onset=onset, peers=peers, **known
    )
