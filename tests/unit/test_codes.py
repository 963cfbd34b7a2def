"""Sentences and commands of every code of every integration, with facts that say nothing or are not known."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from midwatch.analysis.codes import Catalogue, fill
from midwatch.analysis.commands import FITTING, command
from midwatch.diagnosis.alerts.situations import catalogue
from midwatch.domain.finding import Code

PACKAGES = [f"midwatch.diagnosis.{name}.codes" for name in ("kubernetes", "traffic", "websites")]
CATALOGUES = [Catalogue.load(package) for package in PACKAGES]
CODES = [code for one in (*CATALOGUES, catalogue()) for code in one.values()]
FACT = re.compile(r"(?<![%$])\{([a-z_]+)\}")
PLACEHOLDER = re.compile(r"<[a-z][a-z _'-]*>")
DANGLING = re.compile(
    r"\S {2,}\S|\( |[ (,;:]\)|[,;:] ?[,;:.]|\s[,.;:)](?!\w)|[,;:(]$|^[\s,.;:)]|\(\)|''|(?<=\s)/(?=\s|\w+ )|\0"
)


def sentences(code: Code) -> Iterator[str]:
    yield from (text for text in (code.message, code.meaning, code.prevent, code.monitor) if text)


def emptied(text: str) -> Iterator[dict[str, str]]:
    """All facts known but one, then none at all."""
    names = set(FACT.findall(text))
    for name in sorted(names):
        yield {n: "" if n == name else f"a{n}" for n in names}
    if names and FACT.sub("", text).strip(" ,.:;()/'"):
        yield dict.fromkeys(names, "")


@pytest.mark.parametrize("code", CODES, ids=lambda c: c.code)
def test_facts_that_say_nothing_leave_nothing_in_a_sentence(code: Code) -> None:
    for text in sentences(code):
        for facts in emptied(text):
            said = fill(text, facts)
            assert not FACT.search(said) and not PLACEHOLDER.search(said)
            left = DANGLING.search(said)
            assert not left or left[0] in text, f"{said!r} of {text!r}"


@pytest.mark.parametrize("code", CODES, ids=lambda c: c.code)
def test_facts_that_are_not_known_are_words_in_sentences_and_capitals_in_commands(code: Code) -> None:
    for text in sentences(code):
        assert not PLACEHOLDER.search(fill(text, {})) and not FACT.search(fill(text, {}))
    for text in (*code.check, *code.fix):
        said = command(text, {})
        if FITTING.intersection(FACT.findall(text)):  # for kinds of objects that nothing is known to be of
            assert said == "" and command(text, dict.fromkeys(FACT.findall(text), "a"))
            continue
        text = re.sub(r"\[\[.*?\]\]", "", text)
        assert not PLACEHOLDER.search(said) and not FACT.search(said)
        assert all(
            name.upper() in said or re.search(r"\b(?:NAME|HOST|NAMESPACE)\b", said) for name in FACT.findall(text)
        )
        assert command(text, dict.fromkeys(FACT.findall(text), "")) == said, "an empty name is no name"


@pytest.mark.parametrize(
    ("template", "facts", "said"),
    [
        ("could not be looked at{talker}", {"talker": ""}, "could not be looked at"),
        ("{job}{whose} {how}{moved} (correlation {score}){others}, but {doubt}",
         {"job": "load-1", "whose": "", "how": "ran", "moved": "", "score": "1.0", "others": "", "doubt": "it failed"},
         "load-1 ran (correlation 1.0), but it failed"),
        ("sent {volume} out ({top}{factor}).", {"volume": "1 GB", "top": "1 GB", "factor": ""},
         "sent 1 GB out (1 GB)."),
        ("pod {namespace}/{name}: {said}", {"namespace": "", "name": "web", "said": ""}, "pod web"),
        ("{who} says '{said}', twice", {"who": "web", "said": ""}, "web says, twice"),
        ("log says  {said}", {"said": "a  b ( c"}, "log says  a  b ( c"),  # what was quoted stays as it was written
        ("errors of {service}", {}, "errors of the service"),
        ("not present[[ on node {node}]] and Never", {"node": "n1"}, "not present on node n1 and Never"),
        ("not present[[ on node {node}]] and Never", {"node": ""}, "not present and Never"),
        ("not present[[ on node {node}]] and Never", {}, "not present and Never"),
        ("sum(rate({job=\"x\"}[5m])) of {job}", {"job": "etl"}, "sum(rate({job=\"x\"}[5m])) of etl"),
    ],
)  # fmt: skip
def test_a_sentence(template: str, facts: dict[str, str], said: str) -> None:
    assert fill(template, facts) == said


@pytest.mark.parametrize(
    ("template", "facts", "said"),
    [
        ("curl -so /dev/null -w '%{http_code} %{time_total}\\n' {url}", {"url": "https://a.example/"},
         "curl -so /dev/null -w '%{http_code} %{time_total}\\n' https://a.example/"),
        ("curl -w '%{http_code}' {url}", {"http_code": "200"}, "curl -w '%{http_code}' URL"),
        ("kubectl get {owner} -n {namespace}", {"namespace": ""}, "kubectl get OWNER -n NAMESPACE"),
        ("echo ${name} {owner_name}", {}, "echo ${name} OWNER_NAME"),
        ("kubectl logs {pod}[[ -c {container}]]", {"pod": "a"}, "kubectl logs a"),
        ("kubectl logs {pod}[[ -c {container}]]", {"pod": "a", "container": "$(id)"}, "kubectl logs a -c CONTAINER"),
        ("kubectl rollout undo {rollout}", {"owner": "pod/a"}, ""),
    ],
)  # fmt: skip
def test_a_command(template: str, facts: dict[str, str], said: str) -> None:
    assert command(template, facts) == said


@pytest.mark.parametrize("package", PACKAGES)
def test_entries_that_are_read_when_they_are_asked_for_are_the_same(package: str) -> None:
    late, whole = Catalogue.load(package, at_once=False), Catalogue.load(package)
    assert list(late.items()) == list(whole.items()) and len(late) == len(whole) > 0


ENTRY = "title: T\n  severity: info\n  role: risk\n  directness: 1\n  message: m\n  meaning: n\n"


def package(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> str:
    (folder / "catalogued").mkdir()
    for name, text in {"__init__.py": "", **{f"{name}.yaml": text for name, text in files.items()}}.items():
        (folder / "catalogued" / name).write_text(text)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "catalogued", raising=False)
    return "catalogued"


def test_what_is_wrong_with_an_entry_is_told_at_once_unless_each_is_read_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = package(tmp_path, monkeypatch, one=f"A-1:\n  {ENTRY}A-2:\n  title: only\n")
    with pytest.raises(ValidationError):
        Catalogue.load(name)
    late = Catalogue.load(name, at_once=False)
    assert late["A-1"].title == "T" and late["A-1"] is late["A-1"]
    with pytest.raises(ValidationError):
        late["A-2"]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_code_that_is_declared_twice_is_refused(
    at_once: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = package(tmp_path, monkeypatch, one=f"A-1:\n  {ENTRY}", two=f"A-1:\n  {ENTRY}")
    with pytest.raises(ValueError, match=r"two\.yaml: A-1 is declared twice"):
        Catalogue.load(name, at_once=at_once)
