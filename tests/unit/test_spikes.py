import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midwatch.analysis.alarms import alarms
from midwatch.analysis.spikes import Spike, SpikeLimits, spikes

START = 1_793_000_000.0
STEP = 300.0
DAY = 288  # rows


def times(count: int) -> list[float]:
    return [START + STEP * n for n in range(count)]


def found(values: Sequence[float | None], limits: SpikeLimits | None = None) -> tuple[Spike, ...]:
    return spikes(times(len(values)), values, limits)


def called(values: Sequence[float | None]) -> list[int]:
    return alarms(times(len(values)), values)


def noise(count: int, seed: int, level: float = 0.42e9, spread: float = 0.05) -> list[float]:
    chance = random.Random(seed)
    return [level * (1 + chance.gauss(0, spread)) for _ in range(count)]


REFRESH = [3.1e9, 9.8e9, 12.5e9, 8.0e9]  # bytes in five minutes


@pytest.mark.parametrize(("rows", "at"), [(12, 4), (12, 8), (288, 100), (2016, 1500)])
def test_a_transfer_is_one_spike_from_its_first_to_its_last_row(rows: int, at: int) -> None:
    flat = [0.42e9] * rows
    values = [*flat[:at], *REFRESH, *flat[at + 4 :]]
    (spike,) = found(values)
    assert (spike.first, spike.peak, spike.last) == (at, at + 2, at + 3)
    assert (spike.onset, spike.at) == (START + STEP * at, START + STEP * (at + 2))
    assert spike.end == (None if at + 4 == rows else START + STEP * (at + 3))
    assert spike.top == 12.5e9
    assert spike.usual == pytest.approx(0.42e9)
    assert spike.volume == pytest.approx(33.4e9)
    assert spike.excess == pytest.approx(33.4e9 - 4 * 0.42e9)
    assert spike.factor == pytest.approx(12.5 / 0.42)


@pytest.mark.parametrize("seed", range(6))
def test_noise_hides_no_transfer_and_is_none(seed: int) -> None:
    values = noise(600, seed)
    assert found(values) == ()
    values[400:404] = REFRESH
    (spike,) = found(values)
    assert (spike.first, spike.last) == (400, 403)
    assert 400 in called(values) or 401 in called(values) or 402 in called(values)


@pytest.mark.parametrize("seed", range(6))
def test_noise_with_a_long_tail_is_no_spike(seed: int) -> None:
    chance = random.Random(seed)
    assert found([chance.expovariate(1e-9) for _ in range(2016)]) == ()


@pytest.mark.parametrize(
    "values",
    [
        [0.42e9] * 2016,
        [0.0] * 600,
        [0.42e9 * 1.001**n for n in range(2016)],
        [0.42e9 + 1e6 * n for n in range(2016)],
        [1e9 * (1 + 0.8 * math.sin(2 * math.pi * n / DAY)) for n in range(7 * DAY)],
    ],
    ids=["flat", "nothing", "compound growth", "growth", "a daily cycle"],
)
def test_what_goes_its_usual_way_is_no_spike(values: list[float]) -> None:
    assert found(values) == ()


def test_what_comes_every_night_is_usual_after_three() -> None:
    values = [8e9 if 24 <= n % DAY < 36 else 0.42e9 for n in range(7 * DAY)]
    assert [s.first // DAY for s in found(values)] == [0, 1, 2]


def test_a_second_spike_is_found_soon_after_the_first() -> None:
    values = [*[0.42e9] * 20, *REFRESH, *[0.42e9] * 6, *REFRESH, *[0.42e9] * 6]
    assert [(s.first, s.last) for s in found(values)] == [(20, 23), (30, 33)]


def test_a_lull_does_not_cut_a_spike_in_two() -> None:
    values = [*[0.42e9] * 20, 9e9, 0.42e9, None, 9e9, *[0.42e9] * 6]
    (spike,) = found(values)
    assert (spike.first, spike.last, spike.volume) == (20, 23, pytest.approx(18.42e9))


def test_a_spike_goes_on_until_a_row_says_otherwise() -> None:
    (spike,) = found([*[0.42e9] * 20, *REFRESH])
    assert spike.end is None
    (spike,) = found([*[0.42e9] * 20, *REFRESH, None])
    assert spike.end is None
    (spike,) = found([*[0.42e9] * 20, *REFRESH, 0.42e9])
    assert spike.end == spike.onset + 3 * STEP


def test_a_higher_level_is_usual_in_the_end() -> None:
    (spike,) = found([*noise(300, 1), *noise(600, 2, level=5e9)])
    assert (spike.first, spike.last) == (300, 300 + SpikeLimits().settles - 1)
    assert spike.end is not None
    assert len(called([*noise(300, 1), *noise(600, 2, level=5e9)])) <= 2


def test_a_fall_is_an_alarm_and_no_spike() -> None:
    values = [*noise(600, 1), *noise(200, 2, level=0.1e9)]
    assert found(values) == ()
    first = next(row for row in called(values) if row >= 600)
    assert first < 612
    assert [row for row in alarms(times(800), values, drops=False) if row >= 600] == []


def test_a_fixed_threshold_holds_whatever_is_usual() -> None:
    values = [*[6e9] * 30, *[4e9] * 30]
    assert found(values) == ()
    (spike,) = found(values, SpikeLimits(threshold=5e9, settles=10))
    assert (spike.first, spike.last) == (0, 29)
    assert alarms(times(60), values, SpikeLimits(threshold=5e9)) == [0]


def test_a_configured_normal_value_stands_in_for_a_missing_past() -> None:
    values = [*REFRESH, *[0.42e9] * 8]
    assert found(values) == ()
    (spike,) = found(values, SpikeLimits(usual=0.5e9))
    assert (spike.first, spike.last, spike.usual) == (0, 3, 0.5e9)


def test_small_change_of_next_to_nothing_can_be_left_out() -> None:
    values = [*[0.0] * 30, 1200.0, *[0.0] * 5]
    (spike,) = found(values)
    assert spike.factor is None
    assert found(values, SpikeLimits(floor=1e6)) == ()


def test_gaps_are_not_zeros() -> None:
    values = noise(600, 3)
    values[400:404] = REFRESH
    gaps: list[float | None] = [None if n % 7 == 3 or 200 <= n < 250 else v for n, v in enumerate(values)]
    kept = [n for n, v in enumerate(gaps) if v is not None]
    (whole,) = found(gaps)
    (short,) = spikes([times(600)[n] for n in kept], [gaps[n] for n in kept])
    assert (whole.onset, whole.end, whole.volume) == (short.onset, short.end, short.volume)
    assert called(gaps) == [kept[row] for row in alarms([times(600)[n] for n in kept], [gaps[n] for n in kept])]


VALUES = st.lists(st.none() | st.integers(-50, 50) | st.integers(0, 100_000), min_size=1, max_size=60)


@st.composite
def series(draw: st.DrawFn) -> list[float | None]:
    """Long enough that tails are believed: noise with drawn pieces put into it."""
    chance = random.Random(draw(st.integers(0, 9)))
    values: list[float | None] = [chance.randint(90, 110) for _ in range(draw(st.integers(0, 250)))]
    for _ in range(draw(st.integers(1, 3))):
        piece = draw(VALUES)
        at = draw(st.integers(0, len(values)))
        values[at : at + len(piece)] = piece
    return values


@settings(max_examples=25, deadline=None)
@given(series(), st.data())
def test_nothing_is_known_before_it_happens(values: list[float | None], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(values)))
    assert called(values[:cut]) == [row for row in called(values) if row < cut]
    before = {s.first for s in found(values) if s.first < cut}
    assert {s.first for s in found(values[:cut])} == before


@settings(max_examples=25, deadline=None)
@given(series(), st.integers(-20, 30))
def test_the_unit_does_not_matter(values: list[float | None], power: int) -> None:
    scaled = [v if v is None else v * 2.0**power for v in values]
    assert called(scaled) == called(values)
    assert [(s.first, s.peak, s.last) for s in found(scaled)] == [(s.first, s.peak, s.last) for s in found(values)]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 9), st.integers(1, 10_000))
def test_alarms_after_the_first_do_not_depend_on_where_zero_is(seed: int, shift: int) -> None:
    chance = random.Random(seed)
    values: list[float | None] = [chance.randint(90, 110) for _ in range(500)]
    values[400:420] = [300] * 20
    assert called([None if v is None else v + shift for v in values]) == called(values)


@given(st.lists(st.none() | st.floats(-1e300, 1e300) | st.sampled_from([math.nan, math.inf, -math.inf]), max_size=40))
def test_any_values_are_safe(values: list[float | None]) -> None:
    assert all(0 <= s.first <= s.peak <= s.last < len(values) for s in found(values))
    assert all(0 <= row < len(values) for row in called(values))
