from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.analysis.degradation import rise
from midwatch.analysis.series import Series

START = 1_700_000_000.0


def series(values: Sequence[float | None], signal: str = "latency_p95", unit: str = "ms") -> Series:
    return Series("web", signal, unit, [START + 5 * n for n in range(len(values))], list(values))


@given(st.lists(st.floats(0.9, 1.1), min_size=1, max_size=80), st.floats(0.001, 1e6))
def test_noise_is_no_rise(noise: list[float], level: float) -> None:
    assert rise(series([level * n for n in noise]), factor=2) is None


@given(
    st.lists(st.floats(0.9, 1.1), min_size=60, max_size=60),
    st.integers(20, 50),
    st.integers(4, 40),
    st.floats(4, 1000),
    st.floats(0.001, 1e4),
)
def test_a_step_is_found_where_it_begins(noise: list[float], at: int, lasts: int, factor: float, level: float) -> None:
    values = [level * n * (factor if at <= i < at + lasts else 1) for i, n in enumerate(noise)]
    found = rise(series(values), factor=2)
    assert found is not None
    assert (found.first, found.onset) == (at, START + 5 * at)
    assert found.last == min(at + lasts, 60) - 1
    assert found.before == pytest.approx(level, rel=0.1)
    assert found.factor == pytest.approx(factor, rel=0.25)


@given(st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), max_size=40), st.booleans())
def test_any_values_are_safe(values: list[float | None], positive: bool) -> None:
    found = rise(series(values), factor=2, positive=positive)
    assert found is None or found.after > found.before


def test_one_bad_scrape_is_no_incident() -> None:
    assert rise(series([5.0] * 30 + [900.0, 900.0] + [5.0] * 30), factor=2) is None


def test_a_lull_does_not_end_a_rise() -> None:
    found = rise(series([5.0] * 20 + [900.0, 900.0, None, 5.0, 900.0, 900.0] + [5.0] * 10), factor=2)
    assert found is not None
    assert (found.first, found.last) == (20, 25)


def test_a_small_rise_stays_below_the_floor() -> None:
    values = [0.4] * 20 + [1.6] * 20
    assert rise(series(values), factor=2) is not None
    assert rise(series(values), factor=2, floor=10) is None


def test_no_requests_are_no_latency() -> None:
    values = [0.0] * 20 + [5.0] * 40
    assert rise(series(values), factor=2) is not None
    assert rise(series(values), factor=2, positive=True) is None


def test_a_known_onset_bounds_what_is_normal() -> None:
    values = [5.0] * 4 + [900.0] * 40
    assert rise(series(values), factor=2) is None
    found = rise(series(values), factor=2, until=START + 20)
    assert found is not None
    assert found.before == 5.0
