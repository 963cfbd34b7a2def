"""What a question speaks of beside names: symptoms, and words that only the messages of findings have."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import yaml

from midwatch.domain.diagnosis import Cause
from midwatch.domain.finding import CausalRole, Code, Finding
from midwatch.domain.question import Question
from midwatch.reasoning.scope import Scope


@cache
def _symptoms() -> Mapping[str, re.Pattern[str]]:
    text = files("midwatch.reasoning").joinpath("symptoms.yaml").read_text("utf-8")
    return {name: re.compile(p, re.IGNORECASE) for name, p in yaml.load(text, Loader=yaml.CSafeLoader).items()}


def symptoms(question: Question) -> frozenset[str]:
    """The symptoms that the question speaks of, by the names that codes declare."""
    if not question.text:
        return frozenset()
    return frozenset(name for name, pattern in _symptoms().items() if pattern.search(question.text))


def answers(finding: Finding, codes: Mapping[str, Code], spoken_of: frozenset[str]) -> bool:
    """Whether the finding is about a symptom that was asked about."""
    return not spoken_of.isdisjoint(codes[finding.code].symptoms)


def symptom_first(causes: Sequence[Cause], codes: Mapping[str, Code], spoken_of: frozenset[str]) -> list[Cause]:
    """Causes of what was asked about before others, else in their order."""

    def fits(cause: Cause) -> bool:
        return any(answers(f, codes, spoken_of) for f in (cause.finding, *cause.explains))

    return sorted(causes, key=lambda cause: not fits(cause)) if spoken_of else list(causes)


def risks_asked_about(
    findings: Sequence[Finding], codes: Mapping[str, Code], spoken_of: frozenset[str]
) -> list[Finding]:
    """Risks that are what the question asks about: a PodDisruptionBudget that allows nothing, for a failed drain."""
    return [f for f in findings if f.role is CausalRole.RISK and answers(f, codes, spoken_of)]


def mentioned(causes: Sequence[Cause], about: Scope) -> tuple[list[Cause], Scope]:
    """Words that no object has, but a cause: those causes are the answer, and the words no missing names
    (`Multi-Attach`). A question that is a misspelt name and nothing else is about that name only."""
    found: list[Cause] = []
    unknown = list(about.unknown)
    for word, near in about.unknown:
        if about.whole and near:
            continue
        speaking = [c for c in causes if _speaks_of(c, word)]
        if speaking:
            unknown.remove((word, near))
            found += [c for c in speaking if c not in found]
    return found, Scope(about.named, tuple(unknown), about.matches, about.whole)


def _speaks_of(cause: Cause, word: str) -> bool:
    texts = (t for f in (cause.finding, *cause.explains) for t in (f.message, *(c.quote for c in f.cites)))
    return any(word in text.lower() for text in texts)
