"""Alert text as an area."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from midwatch.domain.alert_source import Envelope
from midwatch.domain.capabilities import Area
from midwatch.domain.evidence import Evidence
from midwatch.domain.finding import Analysis, Code
from midwatch.domain.question import Question


def _analyse(envelope: Envelope, evidence: Sequence[Evidence], question: Question) -> Analysis:
    from midwatch.diagnosis.alerts.analyse import analyse

    return analyse(evidence, question, envelope)


def _for_envelope(area: Area, envelope: Envelope) -> Area:
    return replace(area, analyse=partial(_analyse, envelope))


def _codes() -> Mapping[str, Code]:
    from midwatch.diagnosis.alerts.situations import catalogue

    return catalogue()


AREA = _for_envelope(
    Area(name="alerts", title="Alert text", alerts=True, codes=_codes, for_envelope=_for_envelope), Envelope()
)
