"""No text, whoever wrote it, makes an expression of the product take time that grows faster than the text."""

import re

import pytest

from midwatch.integrations.alert_sources.vocabulary import vocabulary
from midwatch.questions.fragments import merge_grammars
from tests.expressions import Expression, held, inventory
from tests.growth import UNITS, superlinear
from tests.plugged import AREAS

_PARTS = 4
_QUICK, _LONG = 2_000, 8_000  # characters; `superlinear` compares them with a sixteenth
_FEW = ("a", "7", "/", " ", "\n", "a.", "A b_c-1.")  # beside those that are made from each expression
# What sees no longer text than so many characters, because what calls it makes sure; and how it is used where no name
# tells.
_BOUNDED = {
    "midwatch.integrations.kubernetes.text.units._COMMAND": 300,
    "midwatch.integrations.kubernetes.objects.signals._rules": 200,
    "midwatch.integrations.kubernetes.objects.signals._units": 200,
}
_WHOLE = frozenset(
    [
        "midwatch.integrations.kubernetes.objects.signals._rules",
        "midwatch.integrations.kubernetes.objects.signals._units",
    ]
)
# Made at run time. From the product's own tables, that the inventory finds compiled where they are kept:
_FROM_TABLES = {
    "midwatch.analysis.classify: start(str(word))",
    "midwatch.analysis.facts: before",
    "midwatch.analysis.facts: behind",
    "midwatch.analysis.facts: s['pattern']",
    "midwatch.analysis.quantities: "
    "f\"(?:(?<=\\\\W)|^)(?:{'|'.join(words)}){gap}(?:(?:{between})[\\\\s:=]{{1,2}}){{0,3}}~?$\"",
    "midwatch.analysis.quantities: number",
    "midwatch.analysis.patterns: e['pattern']",
    "midwatch.analysis.name_positions: _PART.sub(lambda m: parts[m[0]], pattern)",
    "midwatch.reasoning.symptoms: p",
    "midwatch.integrations.kubernetes.dump.bundles: f'(?:^|/){pattern}$'",
    "midwatch.diagnosis.kubernetes.view.conditions: '|'.join(_table()[name])",
    'midwatch.integrations.kubernetes.dump.clock: f"""{name}[\\\\"\']?{_STAMP.pattern}"""',
    "midwatch.analysis.times.days: pattern",
    "midwatch.analysis.prompt_injection: pattern",
    "midwatch.diagnosis.alerts.match: '|'.join((start(word.strip()) for word in part.split('|')))",
    "midwatch.diagnosis.kubernetes.analyzers.peers: pattern",
    "midwatch.diagnosis.kubernetes.analyzers.startup: pattern",
    "midwatch.integrations.kubernetes.objects.signals: e['name']",
    "midwatch.integrations.kubernetes.objects.signals: patterns[name]",
    "midwatch.diagnosis.kubernetes.view.image_pull_errors: pattern",
    "midwatch.integrations.alert_sources.vocabulary: shape",
    "midwatch.kit.redaction: f\"{_branches(sorted(signs | within | {'private key'}))}|\\\\b(?:{_branches(first)})\"",
    "midwatch.kit.redaction: self.expression",
    "midwatch.kit.redaction: start",
    "midwatch.kit.secretcommands: pattern",
    "midwatch.questions.fragments: core['asking']",
    "midwatch.questions.fragments: _folded(core['noise'])",
    "midwatch.questions.fragments: core['chained_orders']",
    "midwatch.questions.fragments: core['ends']",
    "midwatch.questions.fragments: core['joints'].replace('{opening}', opening)",
    "midwatch.questions.fragments: core['leaning']",
    "midwatch.questions.fragments: core['pronouns']",
    "midwatch.questions.fragments: opening",
    "midwatch.questions.fragments: orders",
    "midwatch.questions.fragments: text",
}
# From a name, quoted letter by letter, with nothing beside it that repeats but what stands behind a dot:
_FROM_NAMES = {
    "midwatch.diagnosis.kubernetes.analyzers.addresses: f'(?<![\\\\w.-]){re.escape(setting.host)}(?![\\\\w-])'",
    "midwatch.diagnosis.kubernetes.analyzers.ingresses: f'(?<![\\\\w.-]){re.escape(name)}(?![\\\\w-])'",
    "midwatch.integrations.kubernetes.dump.yamls: '^' + first[1] + '- '",
    "midwatch.integrations.kubernetes.dump.jsonlists: b'\\\\}(?<=' + indent[0] + b'\\\\})'",
    "midwatch.diagnosis.kubernetes.view.failed_connections: f'(?<![\\\\d.]){re.escape(address)}(?![\\\\d.])'",
    "midwatch.diagnosis.kubernetes.view.failed_connections: "
    "f'(?<![\\\\w.-]){re.escape(service.name)}(?P<rest>\\\\.[\\\\w-]+)?(?![\\\\w-])'",
    "midwatch.questions.entities: f'{before}{re.escape(word)}{after}'",
    "midwatch.reasoning.symptoms: f'(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])'",
}
# Written by the person who set Midwatch up:
_FROM_SETTINGS = {
    "midwatch.diagnosis.traffic.config: text",
    "midwatch.diagnosis.traffic.joblogs: p",
    "midwatch.diagnosis.traffic.jobs: search.locator",
}
# Of an outside package: compiled to find out whether it is an expression, and matched with nothing:
_FROM_PLUGINS = {"midwatch.wiring.manifests: text"}


def test_every_expression_is_in_the_inventory() -> None:
    assert len(inventory().expressions) > 900
    assert inventory().unread == _FROM_TABLES | _FROM_NAMES | _FROM_SETTINGS | _FROM_PLUGINS


def _all() -> list[Expression]:
    ids = (
        Expression(f"words.yaml {ours}", re.compile(shape), frozenset(["fullmatch"]))
        for ours, shape in vocabulary()["ids"].items()
    )
    return [*inventory().expressions, *ids, *held("the merged grammar", merge_grammars(AREAS))]


def _slow(part: int, size: int, common: tuple[str, ...], *, thorough: bool) -> list[str]:
    found: list[str] = []
    for one in _all()[part::_PARTS]:
        used = Expression(one.where, one.pattern, frozenset(["fullmatch"])) if one.where in _WHOLE else one
        texts = superlinear(used, min(size, _BOUNDED.get(one.where, size)), common, thorough=thorough)
        found += [f"{one.where}: {one.pattern.pattern!r}: {text}" for text in (next(texts, None),) if text]
    return found


@pytest.mark.parametrize("part", range(_PARTS))
def test_time_of_an_expression_grows_no_faster_than_its_text(part: int) -> None:
    assert _slow(part, _QUICK, _FEW, thorough=False) == []


@pytest.mark.long
@pytest.mark.parametrize("part", range(_PARTS))
def test_time_of_an_expression_grows_no_faster_than_a_long_text(part: int) -> None:
    assert _slow(part, _LONG, UNITS, thorough=True) == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?):(?P<port>\d{2,5})",
        r"(?i)['\"]?(?P<file>/[\w./-]+)['\"]?: (?:permission denied|operation not permitted)",
        r"mount (/(?:[\w.-]{1,60}/?){0,8})(?!\w)",
        r"(?:ignore|forget)[\s_-]+(?:all )?[\s_-]*rules",
        r"(\S+) max limit",
        r"\s*(?:UTC|GMT)$",
    ],
)
def test_an_expression_that_reads_the_same_text_again_and_again_is_found(pattern: str) -> None:
    assert next(superlinear(Expression("", re.compile(pattern)), _QUICK, _FEW, thorough=False), "")


@pytest.mark.parametrize(
    "pattern", [r"(?<!\w)[\w.-]{0,60}=\w+", r"error[^\n]{0,80}failed", r"(?<![ab])(?:a|b)+c", r"^\s+at (\S+)$"]
)
def test_an_expression_that_reads_each_text_once_is_not(pattern: str) -> None:
    assert list(superlinear(Expression("", re.compile(pattern)), _QUICK, _FEW, thorough=False)) == []
