"""The times of log lines."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.analysis.log_timestamps import headless, moment

NOON = datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-21T12:00:05Z no stock",
        "2026-11-21 12:00:05,123 ERROR no stock",
        "[2026-11-21T13:00:05.000+01:00] no stock",
        "Sat Nov 21 12:00:05 UTC 2026 no stock",
        '10.0.0.1 - - [21/Nov/2026:14:00:05 +0200] "GET / HTTP/1.1" 500 3',
        '{"level":50,"time":1795262405000,"msg":"no stock"}',
        "no stock. " + "x" * 400 + " at 2026-11-21 12:00:05",
    ],
)
def test_every_form_is_the_same_moment(line: str) -> None:
    assert moment(line) == NOON


@pytest.mark.parametrize("line", ["no stock", "12:00:05 no stock", "2026-02-31T12:00:05Z no stock", "version 2026-11"])
def test_half_a_date_is_none(line: str) -> None:
    assert moment(line) is None


def test_a_message_without_its_time() -> None:
    assert headless("Sat Nov 21 12:00:05 UTC 2026 ERROR: no stock") == "ERROR: no stock"
    assert headless("ts=2026-11-21T12:00:05Z caller=a.go:1 said=no") == "caller=a.go:1 said=no"
    assert headless("no stock at 2026-11-21 12:00:05") == "no stock at 2026-11-21 12:00:05"


@given(st.text())
def test_any_line_can_be_read(text: str) -> None:
    found = moment(text)
    assert found is None or found.tzinfo is not None
    assert len(headless(text)) <= len(text)
