"""Whether the text or value of an alert contradicts its playbook: already resolved, or usage far below the limit."""

import re

from midwatch.analysis.measure import Measure
from midwatch.domain.finding import CausalRole

_SEARCHED = 300  # characters of a title
_OVER = re.compile(
    r"^\W{0,3}(?:ok|okay|recovered|resolved|recovery|cleared|closed)\s?[\]:)]|(?<!not )(?<!yet )\bback to normal\b|"
    r"(?<!not )\b(?:has|have) recovered\b|\bcertificates? (?:was |is |has been )?renewed\b|\brenewed (?:for|until)\b",
    re.IGNORECASE,
)
_NOT_OVER = re.compile(r"\b(?:not|never|cannot|fail\w{0,4}|until|unless|must be|could)\b", re.IGNORECASE)
# A usage figure: more of it is worse. Free, remaining or too low values read the other way round, and are not
# judged here.
_USED = re.compile(r"\b(?:usage|used|utili[sz]ation)\b")
_REMAINING = re.compile(r"\b(?:free|available|left|remaining|low|idle|unused|headroom)\b")
_LIMIT_PART = 0.8  # of a limit: below it the resource is not exhausted
_LEAST_PERCENT = 50.0  # of the whole, where no limit is given: half empty is not nearly full


def is_contradicted(title: str, measured: Measure | None, role: CausalRole) -> bool:
    """Whether the alert contradicts a cause: `title` reports it as resolved, or `measured` is a usage far from any
    limit.

    Without a limit only a cause is doubted: 30% of swap or of waiting for a disk can well be trouble.
    """
    said = title[:_SEARCHED]
    if _OVER.search(said) and not _NOT_OVER.search(said):
        return True
    if measured is None or measured.value.role != "value" or measured.value.dimension != "ratio":
        return False
    around = f"{measured.value.name} {measured.value.near} {said.lower()}"
    if not _USED.search(around) or _REMAINING.search(around):
        return False
    if measured.limit is not None:
        return measured.factor is not None and measured.factor < _LIMIT_PART
    return role is CausalRole.CAUSE and measured.usual is None and measured.value.amount < _LEAST_PERCENT
