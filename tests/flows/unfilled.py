"""No report shows a placeholder: what every flow of the tests looks for in what a person gets to see."""

import re

from midwatch.analysis.codes import Catalogue
from midwatch.diagnosis.alerts.situations import catalogue
from midwatch.domain.investigation import CaseFile
from midwatch.reports.compose import compose
from midwatch.reports.plain import plain

_FACT = re.compile(r"\{([a-z_]+)\}")
_PLACEHOLDER = re.compile(r"<([a-z_]+)>")
_CODES = [
    *(
        c
        for name in ("kubernetes", "traffic", "websites")
        for c in Catalogue.load(f"midwatch.diagnosis.{name}.codes").values()
    ),
    *catalogue().values(),
]
FACTS = frozenset(
    name
    for c in _CODES
    for text in (c.message, c.meaning, *c.check, *c.fix, c.prevent, c.monitor)
    for name in _FACT.findall(text)
)


def unfilled(text: str, evidence: str = "") -> list[str]:
    """Placeholders of ours in a text, save those that stand in the evidence."""
    return [m[0] for m in _PLACEHOLDER.finditer(text) if m[1] in FACTS and m[0] not in evidence]


def whole(run: CaseFile) -> CaseFile:
    """The same investigation, once its report was looked through."""
    seen = "\n".join([run.request.question, *(e.text for e in run.evidence)])
    assert [m for m in _PLACEHOLDER.findall(plain(compose(run))) if f"<{m}>" not in seen] == []
    return run
