"""Root causes in a Kubernetes cluster as an area."""

from collections.abc import Mapping, Sequence

from midwatch.domain.capabilities import Area
from midwatch.domain.evidence import Ask, Evidence, Lead
from midwatch.domain.finding import Analysis, Code
from midwatch.domain.investigation import Request
from midwatch.domain.question import Question


def _opening(question: Question, request: Request) -> tuple[Ask, ...]:
    """Everything that may be wrong, where nothing in particular was asked."""
    from midwatch.playbooks import playbook

    return playbook("kubernetes").questions(request) if str(question.intent.topic) in AREA.topics else ()


def _open_namespace(name: str) -> tuple[Ask, ...]:
    from midwatch.playbooks import playbook

    return playbook("kubernetes").questions(Request(namespace=name))


def _wanted(evidence: Sequence[Evidence], question: Question) -> tuple[Ask | Lead, ...]:
    from midwatch.diagnosis.kubernetes.analyse import wanted

    return wanted(evidence, question)


def _analyse(evidence: Sequence[Evidence], question: Question) -> Analysis:
    from midwatch.diagnosis.kubernetes.analyse import analyse

    return analyse(evidence, question)


def _codes() -> Mapping[str, Code]:
    from midwatch.diagnosis.kubernetes.codes import CODES

    return CODES


AREA = Area(
    name="kubernetes",
    title="Kubernetes",
    topics=("cluster",),
    joins=("website", "websites"),
    systems=("kubernetes",),
    essential=("kubernetes",),
    opening=_opening,
    wanted=_wanted,
    analyse=_analyse,
    codes=_codes,
    opens={"namespace": _open_namespace},
)
