"""Label and node selectors, matched as the API server and the scheduler do."""

import re
from collections.abc import Iterable, Mapping

from midwatch.integrations.kubernetes.objects.meta import Expression, LabelSelector
from midwatch.integrations.kubernetes.objects.pod import NodeSelector

_SIGN = re.compile(r"[,()]")


def requirements(text: str) -> list[str]:
    """The parts of a printed selector: a comma between parentheses separates values, not requirements."""
    signs = [(m.start(), m[0]) for m in _SIGN.finditer(text)]
    ends: list[int] = []
    following = ""  # the next parenthesis
    for at, sign in reversed(signs):
        if sign == "," and following != ")":
            ends.append(at)
        elif sign != ",":
            following = sign
    starts = [0, *(at + 1 for at in reversed(ends))]
    return [text[start:end] for start, end in zip(starts, [*reversed(ends), len(text)], strict=True)]


def matches(selector: LabelSelector | None, labels: Mapping[str, str]) -> bool:
    """No selector selects nothing; an empty selector selects everything."""
    if selector is None:
        return False
    return subset(selector.match_labels or {}, labels) and all(
        matches_expression(e, labels) for e in selector.match_expressions or ()
    )


def subset(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return wanted.items() <= labels.items()


def matches_expression(expression: Expression, labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression.key), expression.values or []
    match expression.operator:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt" if (
            value is not None and values and value.lstrip("-").isdigit() and values[0].lstrip("-").isdigit()
        ):
            return int(value) > int(values[0]) if expression.operator == "Gt" else int(value) < int(values[0])
        case _:
            return False


def node_matches(selector: NodeSelector | None, labels: Mapping[str, str], name: str = "") -> bool:
    """Terms are alternatives, expressions within a term must all hold; no selector matches every node."""
    if selector is None:
        return True
    return any(
        all(matches_expression(e, labels) for e in term.match_expressions or ())
        and all(matches_expression(e, {"metadata.name": name}) for e in term.match_fields or ())
        and bool(term.match_expressions or term.match_fields)
        for term in selector.node_selector_terms or ()
    )


def unmatched_labels(wanted: Mapping[str, str], labels: Mapping[str, str]) -> Iterable[str]:
    """The `key=value` pairs of a selector that the labels do not satisfy."""
    return (f"{key}={value}" for key, value in wanted.items() if labels.get(key) != value)
