from hypothesis import given
from hypothesis import strategies as st

from midwatch.kit.rates import Allowance


def test_all_at_once_then_evenly() -> None:
    allowed = Allowance(4, 60.0)
    assert [allowed.take_token("a", 0.0) for _ in range(6)] == [0, 0, 0, 0, 15.0, 15.0]
    assert allowed.take_token("b", 0.0) == 0
    assert allowed.take_token("a", 15.0) == 0 and allowed.take_token("a", 15.0) == 15.0


@given(st.lists(st.floats(0, 100), min_size=1), st.integers(1, 10), st.floats(1, 1000))
def test_never_more_than_twice_the_amount_in_a_period(gaps: list[float], amount: int, period: float) -> None:
    """What was saved up, and what came back meanwhile; whoever waits as long as was said gets one."""
    allowed, now, taken = Allowance(amount, period), 0.0, list[float]()
    for gap in gaps:
        now += gap
        if wait := allowed.take_token("a", now):
            assert 0 < wait <= period / amount + 1e-6
            now += wait
            assert allowed.take_token("a", now) == 0
        taken.append(now)
    assert all(sum(start <= at < start + period for at in taken) <= 2 * amount for start in taken)


def test_strangers_do_not_fill_the_memory() -> None:
    allowed = Allowance(10, 1.0)
    for number in range(50_000):
        allowed.take_token(str(number), float(number))
    assert len(vars(allowed)["_full_at"]) <= 10_001


def test_a_crowd_neither_fills_the_memory_nor_costs_more_for_each() -> None:
    """None of its names can be forgotten yet; going through all of them for each request would take minutes."""
    allowed, cleared, last = Allowance(10, 1e9), 0, None
    for number in range(250_000):
        allowed.take_token(str(number), 0.0)
        names = vars(allowed)["_full_at"]
        cleared, last = cleared + (names is not last), names
        assert len(names) <= 100_000 and cleared <= 12
