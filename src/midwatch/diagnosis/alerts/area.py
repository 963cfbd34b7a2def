"""Alert text as an area."""

from collections.abc import Mapping, Sequence

from midwatch.domain.capabilities import Area
from midwatch.domain.evidence import Evidence
from midwatch.domain.finding import Analysis, Code
from midwatch.domain.question import Question


def _analyse(evidence: Sequence[Evidence], question: Question) -> Analysis:
    from midwatch.diagnosis.alerts.analyse import analyse

    return analyse(evidence, question)


def _codes() -> Mapping[str, Code]:
    from midwatch.diagnosis.alerts.situations import catalogue

    return catalogue()


AREA = Area(name="alerts", title="Alert text", alerts=True, analyse=_analyse, codes=_codes)
