"""Times as people type them, asked on a Saturday morning."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from midwatch.analysis.times.periods import periods
from midwatch.analysis.times.spoken_time import timestamp, when
from midwatch.analysis.times.words import Moment
from midwatch.domain.window import Window

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)  # a Saturday
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def read(text: str, now: datetime = NOW, zone: ZoneInfo | None = None) -> str:
    """`2026-11-21T02:00` for a moment, two with a slash between for a span; "" for none."""
    said = when(text, now, zone or UTC)
    if said is None:
        return ""
    ends = (said.time.at,) if isinstance(said.time, Moment) else (said.time.since, said.time.until)
    return "/".join(end.astimezone(UTC).strftime("%Y-%m-%dT%H:%M") for end in ends)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("2am", "2026-11-21T02:00"),
        ("at 02:15", "2026-11-21T02:15"),
        ("2:15 pm", "2026-11-20T14:15"),
        ("2.30 p.m.", "2026-11-20T14:30"),
        ("14h", "2026-11-20T14:00"),
        ("at 14h30", "2026-11-20T14:30"),
        ("noon", "2026-11-20T12:00"),
        ("midnight", "2026-11-21T00:00"),
        ("half past two", "2026-11-21T02:30"),
        ("around 3?", "2026-11-21T03:00"),
        ("3 o'clock", "2026-11-21T03:00"),
        ("2 in the morning", "2026-11-21T02:00"),
        ("0200Z", "2026-11-21T02:00"),
        ("yesterday at 2am", "2026-11-20T02:00"),
        ("yesterday 14:00", "2026-11-20T14:00"),
        ("yesterday evening at 8", "2026-11-20T20:00"),
        ("last night at 11", "2026-11-20T23:00"),
        ("last night at 2", "2026-11-21T02:00"),
        ("3 days ago at 2am", "2026-11-18T02:00"),
        ("2 hours ago", "2026-11-21T07:30"),
        ("half an hour ago", "2026-11-21T09:00"),
        ("an hour and a half ago", "2026-11-21T08:00"),
        ("90m ago", "2026-11-21T08:00"),
        ("1h30m ago", "2026-11-21T08:00"),
        ("a couple of hours ago", "2026-11-21T07:30"),
        ("right now", "2026-11-21T09:30"),
        ("on Monday at 9", "2026-11-16T09:00"),
        ("at 9 on monday", "2026-11-16T09:00"),
        ("saturday at 9", "2026-11-21T09:00"),
        ("saturday at 11", "2026-11-14T11:00"),
        ("Oct 16 2am", "2026-10-16T02:00"),
        ("2am on the 16th of October", "2026-10-16T02:00"),
        ("24 December 14:00", "2025-12-24T14:00"),
        ("16.10. 02:00", "2026-10-16T02:00"),
        ("16.10.2025 02:00", "2025-10-16T02:00"),
        ("21/11/2026 02:00", "2026-11-21T02:00"),
        ("2025-10-16T02:00:00Z", "2025-10-16T02:00"),
        ("2025-10-16t02:00z", "2025-10-16T02:00"),
        ("2025-10-16T02:00:00.5+02:00", "2025-10-16T00:00"),
        ("2025-10-16 02:00", "2025-10-16T02:00"),
        ("20251016T020000Z", "2025-10-16T02:00"),
        ("1760580000", "2025-10-16T02:00"),
        ("1760580000123", "2025-10-16T02:00"),
        ("2am ET", "2026-11-21T07:00"),
        ("10pm EDT yesterday", "2026-11-21T02:00"),
        ("2am PT", "2026-11-20T10:00"),
        ("02:00 CET", "2026-11-21T01:00"),
        ("02:00 Europe/Berlin", "2026-11-21T01:00"),
        ("02:00+02:00", "2026-11-21T00:00"),
        ("3pm UTC+2 on May 5", "2026-05-05T13:00"),
        ("tomorrow at 5", "2026-11-22T05:00"),
    ],
)
def test_a_point_in_time_is_a_moment(words: str, meant: str) -> None:
    assert read(f"what happened {words}") == meant if words != "14h" else read(words) == meant


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("today", "2026-11-21T00:00/2026-11-21T09:30"),
        ("yesterday", "2026-11-20T00:00/2026-11-21T00:00"),
        ("the day before yesterday", "2026-11-19T00:00/2026-11-20T00:00"),
        ("this morning", "2026-11-21T05:00/2026-11-21T09:30"),
        ("last night", "2026-11-20T18:00/2026-11-21T06:00"),
        ("tonight", "2026-11-20T18:00/2026-11-21T06:00"),
        ("monday morning", "2026-11-16T05:00/2026-11-16T12:00"),
        ("last 24 hours", "2026-11-20T09:30/2026-11-21T09:30"),
        ("the last hour", "2026-11-21T08:30/2026-11-21T09:30"),
        ("last half hour", "2026-11-21T09:00/2026-11-21T09:30"),
        ("past week", "2026-11-14T09:30/2026-11-21T09:30"),
        ("the last week", "2026-11-14T09:30/2026-11-21T09:30"),
        ("last 7 days", "2026-11-14T09:30/2026-11-21T09:30"),
        ("last week", "2026-11-09T00:00/2026-11-16T00:00"),
        ("this week", "2026-11-16T00:00/2026-11-21T09:30"),
        ("the week before last", "2026-11-02T00:00/2026-11-09T00:00"),
        ("last weekend", "2026-11-14T00:00/2026-11-16T00:00"),
        ("last month", "2026-10-01T00:00/2026-11-01T00:00"),
        ("since 3am", "2026-11-21T03:00/2026-11-21T09:30"),
        ("since yesterday", "2026-11-20T00:00/2026-11-21T09:30"),
        ("between 1 and 3 am", "2026-11-21T01:00/2026-11-21T03:00"),
        ("between 1 and 3", "2026-11-21T01:00/2026-11-21T03:00"),
        ("1-3am", "2026-11-21T01:00/2026-11-21T03:00"),
        ("between 11 and 1 pm yesterday", "2026-11-20T11:00/2026-11-20T13:00"),
        ("from 01:00 to 03:30", "2026-11-21T01:00/2026-11-21T03:30"),
        ("from 10pm to 2am", "2026-11-20T22:00/2026-11-21T02:00"),
        ("yesterday between 2 and 4 pm", "2026-11-20T14:00/2026-11-20T16:00"),
        ("from 9pm yesterday until now", "2026-11-20T21:00/2026-11-21T09:30"),
        ("from monday to wednesday", "2026-11-16T00:00/2026-11-19T00:00"),
        ("2am-4am ET on 2026-11-19", "2026-11-19T07:00/2026-11-19T09:00"),
        ("between 2026-02-03 and 2026-02-05", "2026-02-03T00:00/2026-02-06T00:00"),
        ("on 29 February", "2024-02-29T00:00/2024-03-01T00:00"),
    ],
)
def test_a_stretch_of_time_is_a_window(words: str, meant: str) -> None:
    assert read(f"show the traffic {words} please") == meant


@pytest.mark.parametrize(
    "words",
    [
        "why is web down",
        "12.5 GB in 5 minutes",
        "at 5 GB/s",
        "nat-07eb006676096fcd3",
        "10.0.0.1:8080",
        "good morning",
        "version 2.15.3",
        "worker-12",
        "",
    ],
)
def test_no_time_is_read_where_none_is(words: str) -> None:
    assert read(words) == ""


@pytest.mark.parametrize(
    ("now", "words", "meant"),
    [
        ("2026-11-21T01:00", "2am", "2026-11-20T02:00"),
        ("2026-11-21T02:00", "2am", "2026-11-21T02:00"),
        ("2026-01-01T00:30", "yesterday", "2025-12-31T00:00/2026-01-01T00:00"),
        ("2026-01-01T00:30", "11pm", "2025-12-31T23:00"),
        ("2026-01-02T12:00", "Dec 31 at 23:30", "2025-12-31T23:30"),
        ("2026-01-03T12:00", "last week", "2025-12-22T00:00/2025-12-29T00:00"),
        ("2026-01-03T12:00", "last month", "2025-12-01T00:00/2026-01-01T00:00"),
        ("2028-03-01T00:10", "yesterday", "2028-02-29T00:00/2028-03-01T00:00"),
        ("2028-03-01T00:10", "February 29 at noon", "2028-02-29T12:00"),
        ("2026-03-31T12:00", "the 31st of june", ""),
        ("2026-11-21T00:00", "today", "2026-11-21T00:00/2026-11-21T00:00"),
        ("2026-11-21T03:00", "this morning", "2026-11-21T00:00/2026-11-21T03:00"),
        ("2026-11-21T23:00", "tonight", "2026-11-21T18:00/2026-11-21T23:00"),
        ("2026-11-21T01:00", "tonight", "2026-11-20T18:00/2026-11-21T01:00"),
        ("2026-11-21T08:00", "this afternoon", "2026-11-20T12:00/2026-11-20T18:00"),
    ],
)
def test_times_at_the_edges_of_days_and_years(now: str, words: str, meant: str) -> None:
    assert read(words, datetime.fromisoformat(now).replace(tzinfo=UTC)) == meant


@pytest.mark.parametrize(
    ("now", "zone", "words", "meant"),
    [
        ("2026-03-29T12:00", BERLIN, "at 02:30", "2026-03-29T01:30"),  # skipped: an hour later by the new clock
        ("2026-10-25T12:00", BERLIN, "at 02:30", "2026-10-25T00:30"),  # there twice: the first
        ("2026-03-29T12:00", BERLIN, "today", "2026-03-28T23:00/2026-03-29T12:00"),
        ("2026-03-30T12:00", BERLIN, "yesterday", "2026-03-28T23:00/2026-03-29T22:00"),  # of 23 hours
        ("2026-10-26T12:00", BERLIN, "yesterday", "2026-10-24T22:00/2026-10-25T23:00"),  # of 25 hours
        ("2026-11-01T12:00", NEW_YORK, "yesterday at 2am", "2026-10-31T06:00"),
        ("2026-11-01T12:00", NEW_YORK, "2am", "2026-11-01T07:00"),
        ("2026-07-01T12:00", NEW_YORK, "2am UTC", "2026-07-01T02:00"),
        ("2026-11-21T02:00", NEW_YORK, "today", "2026-11-20T05:00/2026-11-21T02:00"),
    ],
)
def test_days_and_clocks_are_those_of_the_zone(now: str, zone: ZoneInfo, words: str, meant: str) -> None:
    assert read(words, datetime.fromisoformat(now).replace(tzinfo=UTC), zone) == meant


def test_the_words_of_a_time_are_kept() -> None:
    said = when("what caused the NAT spike Yesterday at  2am?", NOW)
    assert said is not None
    assert said.words == "Yesterday at 2am"


def test_an_end_before_the_beginning_stays_so() -> None:
    said = when("from 2026-11-20T10:00Z to 2026-11-20T08:00Z", NOW)
    assert said is not None
    assert isinstance(said.time, Window)
    assert said.time.since > said.time.until


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2025-10-16T02:00:00Z", "2025-10-16T02:00:00"),
        ("2025-10-16", "2025-10-16T00:00:00"),
        ("1760580000", "2025-10-16T02:00:00"),
        (" 2am ", "2026-11-21T02:00:00"),
        ("2 hours ago", "2026-11-21T07:30:00"),
        ("2 days ago", "2026-11-19T09:30:00"),
        ("-15m", "2026-11-21T09:15:00"),
        ("last 24 hours", "2026-11-20T09:30:00"),
        ("now", "2026-11-21T09:30:00"),
    ],
)
def test_a_parameter_is_one_moment(text: str, meant: str) -> None:
    assert timestamp(text, NOW) == datetime.fromisoformat(meant).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whenever",
        "2025-13-45",
        "2025-10-16T25:00:00Z",
        "25:00",
        "2am or so",
        "99999 months ago",
        "the spike at 2am",
    ],
)
def test_what_is_no_time_is_told_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"Invalid timestamp\. Use ISO 8601 format: 2025-10-16T02:00:00Z"):
        timestamp(text, NOW)


@pytest.mark.parametrize(
    ("words", "first", "second"),
    [
        ("today vs yesterday", "2026-11-21T00:00/2026-11-21T09:30", "2026-11-20T00:00/2026-11-20T09:30"),
        ("yesterday against today", "2026-11-20T00:00/2026-11-20T09:30", "2026-11-21T00:00/2026-11-21T09:30"),
        ("this week against last week", "2026-11-16T00:00/2026-11-21T09:30", "2026-11-09T00:00/2026-11-14T09:30"),
        ("compare Monday with Tuesday", "2026-11-16T00:00/2026-11-17T00:00", "2026-11-17T00:00/2026-11-18T00:00"),
        (
            "compare the last hour to the same hour yesterday",
            "2026-11-21T08:30/2026-11-21T09:30",
            "2026-11-20T08:30/2026-11-20T09:30",
        ),
        (
            "compare yesterday to the same day last week",
            "2026-11-20T00:00/2026-11-21T00:00",
            "2026-11-13T00:00/2026-11-14T00:00",
        ),
        (
            "compare the last 24 hours with the day before",
            "2026-11-20T09:30/2026-11-21T09:30",
            "2026-11-19T09:30/2026-11-20T09:30",
        ),
        ("is it more than yesterday", "2026-11-21T00:00/2026-11-21T09:30", "2026-11-20T00:00/2026-11-20T09:30"),
        ("compare yesterday", "2026-11-20T00:00/2026-11-21T00:00", "2026-11-19T00:00/2026-11-20T00:00"),
        ("compare", "2026-11-21T00:00/2026-11-21T09:30", "2026-11-20T00:00/2026-11-20T09:30"),
        ("2am today vs 2am yesterday", "2026-11-21T01:30/2026-11-21T02:30", "2026-11-20T01:30/2026-11-20T02:30"),
    ],
)
def test_two_periods_are_held_against_each_other(words: str, first: str, second: str) -> None:
    found = periods(words, NOW)
    assert found is not None
    assert [f"{w.since:%Y-%m-%dT%H:%M}/{w.until:%Y-%m-%dT%H:%M}" for w in (found.first, found.second)] == [
        first,
        second,
    ]


def test_a_period_that_was_cut_is_said() -> None:
    cut, whole = periods("today vs yesterday", NOW), periods("monday vs tuesday", NOW)
    assert cut is not None
    assert whole is not None
    assert "same length" in cut.note
    assert whole.note == ""


def test_nothing_is_compared_where_no_word_says_so() -> None:
    assert periods("the traffic of yesterday and today", NOW) is None


NOWS = st.datetimes(min_value=datetime(2001, 1, 1), max_value=datetime(2099, 1, 1), timezones=st.just(UTC))
ZONES = st.sampled_from([UTC, BERLIN, NEW_YORK, ZoneInfo("Asia/Kolkata"), ZoneInfo("Australia/Lord_Howe")])
PAST = [
    "2am",
    "at 02:15",
    "2:15 pm",
    "noon",
    "midnight",
    "yesterday",
    "this morning",
    "last night",
    "tonight",
    "2 hours ago",
    "half an hour ago",
    "last 24 hours",
    "past week",
    "last 7 days",
    "since 3am",
    "between 1 and 3 am",
    "from 10pm to 2am",
    "on monday",
    "monday at 9",
    "oct 16",
    "feb 29 at 14:00",
    "16.10. 02:00",
    "now",
    "this week",
    "last week",
    "last month",
    "this afternoon",
    "a week ago",
    "in october",
    "the weekend",
    "sunday evening",
    "at 5 in the afternoon",
]
PIECES = st.sampled_from(
    [
        *PAST,
        *[
            "from",
            "to",
            "and",
            "-",
            "between",
            "at",
            "on",
            ".",
            ":",
            "/",
            "0",
            "9",
            "99",
            "24:00",
            "2026-02-30",
            "31.06.",
            "am",
            "pm",
            "z",
            "ET",
            "+99:99",
            "vs",
            "since",
            "last",
            "the",
            "a",
        ],
    ]
)


@example(text="99999 months ago", now=NOW, zone=UTC)
@example(text="on 0.0. 0:00", now=NOW, zone=UTC)
@example(text="2pm GMT+99", now=NOW, zone=UTC)
@given(text=st.one_of(st.text(), st.lists(PIECES, max_size=8).map(" ".join)), now=NOWS, zone=ZONES)
def test_any_text_is_read_without_an_error(text: str, now: datetime, zone: ZoneInfo) -> None:
    said = when(text, now, zone)
    assert said is None or text[said.start : said.end].split() == said.words.split()
    periods(text, now, zone)
    try:
        assert timestamp(text, now, zone).tzinfo is UTC
    except ValueError as invalid:
        assert "Use ISO 8601 format" in str(invalid)


@given(st.sampled_from(PAST), NOWS, ZONES)
def test_words_that_do_not_name_the_future_never_mean_it(words: str, now: datetime, zone: ZoneInfo) -> None:
    said = when(words, now, zone)
    assert said is not None
    if isinstance(said.time, Moment):
        assert said.time.at <= now
    else:
        assert said.time.since < said.time.until <= now + timedelta(seconds=1)


@given(NOWS, ZONES)
def test_what_is_written_in_iso_comes_back(at: datetime, zone: ZoneInfo) -> None:
    assert timestamp(at.astimezone(zone).isoformat(), NOW) == at
    assert timestamp(str(int(at.timestamp())), NOW) == at.replace(microsecond=0)
