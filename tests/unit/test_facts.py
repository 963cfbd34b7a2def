"""Facts in texts: what is planted is found, wherever it stands; nothing that is written makes it fail or slow."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midwatch.analysis.facts import LONGEST, facts
from midwatch.analysis.measure import measure

WORDS = st.lists(
    st.sampled_from(
        ["the", "alert", "fired", "again", "please", "look", "at", "it", "since", "tonight", "and", "then"]
    ),
    max_size=12,
)
PLANTED = [
    ("host", "host db-prod-7.internal", "db-prod-7.internal"),
    ("address", "192.0.2.17", "192.0.2.17"),
    ("address", "2001:db8::17", "2001:db8::17"),
    ("user", "user 'mallory'", "mallory"),
    ("user", "bob.smith@example.com", "bob.smith@example.com"),
    ("database", "database orders_db", "orders_db"),
    ("table", 'table "public.items"', "public.items"),
    ("queue", "the mail-out queue", "mail-out"),
    ("service", "service=checkout", "checkout"),
    ("url", "https://shop.example.com/cart?id=1", "https://shop.example.com/cart?id=1"),
    ("region", "eu-central-1", "eu-central-1"),
    ("port", "port 5432", "5432"),
    ("error_code", "HTTP status 503", "503"),
    ("error_code", "exit code 137", "137"),
    ("error_code", "ECONNREFUSED", "ECONNREFUSED"),
    ("disk", "/dev/nvme1n1", "/dev/nvme1n1"),
    ("disk", "mounted on /var/lib/data", "/var/lib/data"),
]


@settings(deadline=None)
@given(st.text(max_size=4000))
def test_whatever_is_written_is_read(text: str) -> None:
    found = facts(text)
    assert all(text[n.start : n.start + len(n.quote)] == n.quote for n in found.names)
    assert all(n.text in text for n in found.numbers)
    assert all(n.quote in text for n in found.numbers)


@pytest.mark.parametrize(("kind", "text", "value"), PLANTED, ids=[v for _, _, v in PLANTED])
@settings(deadline=None)
@given(before=WORDS, after=WORDS)
def test_a_planted_name_is_found(kind: str, text: str, value: str, before: list[str], after: list[str]) -> None:
    whole = f"{' '.join(before)}, {text}, {' '.join(after)}"
    assert value in facts(whole).of(kind)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("%", 1),
        ("ms", 0.001),
        (" s", 1),
        ("GB", 1e9),
        (" MiB", 2**20),
        (" MB/s", 1e6),
        (" req/s", 1),
        (" Gbps", 1.25e8),
    ],
)
@settings(deadline=None)
@given(number=st.integers(0, 999_999), before=WORDS, after=WORDS)
def test_a_planted_number_is_found_in_its_unit(
    unit: str, factor: float, number: int, before: list[str], after: list[str]
) -> None:
    found = facts(f"{' '.join(before)}: {number:,}{unit}, {' '.join(after)}").numbers
    assert [n.amount for n in found] == [pytest.approx(number * factor)]


@settings(deadline=None)
@given(used=st.integers(1, 10**6), most=st.integers(1, 10**6), word=st.sampled_from(["/", " of ", " out of "]))
def test_a_pair_is_a_value_and_its_limit(used: int, most: int, word: str) -> None:
    (found,) = facts(f"pool has {used}{word}{most} connections open").numbers
    assert (found.amount, found.of and found.of.amount) == (used, most)


@pytest.mark.parametrize(
    ("text", "words", "units", "said"),
    [
        ("CPU is at 97.5% (threshold: 80%) for 10m", ["cpu"], ["ratio"], "97.5%, limit 80%"),
        (
            "p99 latency 2,300 ms exceeds 500ms",
            ["latency"],
            ["time"],
            "2,300 ms, limit 500ms (4.6×)",
        ),
        ("95/100 connections in use", ["connection"], ["count"], "95 of 100 connections"),
        (
            "detail connection_count: 150\ndetail max_connections: 150",
            ["connection"],
            ["count"],
            "connection count 150, limit 150",
        ),
        ("detail maxCpu: 80%\ndetail cpuUsage: 91%", ["cpu"], ["ratio"], "cpu usage 91%, limit 80%"),
        (
            "45k req/s, normally 4000 req/s",
            ["req"],
            ["rate"],
            "45k req/s, baseline 4000 req/s (11.2×)",
        ),
        ("disk above 90%", ["disk"], ["ratio"], "threshold 90%"),
        ("error rate 45% in the last 5 minutes", ["error"], ["ratio"], "45%"),
        ("the broker 3 is away since 2026-11-03T02:15:00Z", ["broker"], ["count"], ""),
        ("latency of 3 days", ["cpu"], ["ratio"], ""),
    ],
)
def test_the_measured_number_is_told_with_its_limit(text: str, words: list[str], units: list[str], said: str) -> None:
    found = measure(facts(text).numbers, words, units)
    assert (found.text if found else "") == said


HOSTILE = [
    "1",
    "1,",
    "a-",
    "1.1.1.1.",
    "host ",
    "a.b.",
    ":",
    "user a",
    "1 of ",
    "x: ",
    "1%/",
    " ",
    "'\"=:(",
    "http://",
    "1 aaaa ",
    "-",
    "/a",
    "on a-",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_long_text_costs_twice_what_half_of_it_costs(piece: str) -> None:
    def cost(length: int) -> float:
        text = (piece * length)[:length]
        started = time.process_time()
        facts(text)
        return time.process_time() - started

    assert cost(LONGEST) < 0.05 + 5 * cost(LONGEST // 2), "quadratic would be far more at the whole length"
    assert cost(20 * LONGEST) < 3.0
