"""The time a question about logs speaks of, as a window, counted back from a Saturday."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.analysis.times.spoken_time import span

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)  # a Saturday


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "since", "until"),
    [
        ("in the last 6 hours", "2026-11-20T20:30", "2026-11-21T02:30:01"),
        ("the past week", "2026-11-14T02:30", "2026-11-21T02:30:01"),
        ("what happened last December", "2025-12-01", "2026-01-01"),
        ("errors in March 2025", "2025-03-01", "2025-04-01"),
        ("last november", "2025-11-01", "2025-12-01"),
        ("on June 12", "2026-06-12", "2026-06-13"),
        ("on the 24th of December", "2025-12-24", "2025-12-25"),
        ("on 2026-02-03", "2026-02-03", "2026-02-04"),
        ("between 2026-02-03 and 2026-02-05", "2026-02-03", "2026-02-06"),
        ("around 2026-02-03T10:15", "2026-02-03T09:15", "2026-02-03T11:15"),
        ("since Thursday", "2026-11-19", "2026-11-21T02:30:01"),
        ("on monday", "2026-11-16", "2026-11-17"),
        ("since 3 October", "2026-10-03", "2026-11-21T02:30:01"),
        ("yesterday", "2026-11-20", "2026-11-21"),
        ("last month", "2026-10-01", "2026-11-01"),
        ("at 14:03", "2026-11-20T13:03", "2026-11-20T15:03"),
        ("during June", "2026-06-01", "2026-07-01"),
    ],
)
def test_a_named_time_is_a_window(words: str, since: str, until: str) -> None:
    found = span(f"What were the errors of web {words}?", NOW)
    assert found is not None
    assert (found.since, found.until) == (at(since), at(until))


@pytest.mark.parametrize(
    "words", ["why is web down", "may it be the cache?", "worker-12 fails", "since the last release"]
)
def test_no_time_is_read_where_none_is(words: str) -> None:
    assert span(words, NOW) is None


def test_a_window_holds_what_lies_in_it() -> None:
    found = span("yesterday", NOW)
    assert found is not None
    assert found.contains(NOW - timedelta(hours=3))
    assert not found.contains(NOW)
    assert not found.contains(None)


@given(st.text(), st.datetimes(min_value=datetime(2001, 1, 1), max_value=datetime(2099, 1, 1), timezones=st.just(UTC)))
def test_a_window_ends_after_it_begins(text: str, now: datetime) -> None:
    found = span(text, now)
    assert found is None or found.since < found.until
