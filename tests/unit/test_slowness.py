"""Services as letters: a calls b, b calls c."""

from collections.abc import Sequence

from midwatch.analysis.series import Series
from midwatch.analysis.slowness import Slowness, slowness

CALM = 20


def latency(signal: str, calm: float, slow: float, *, at: int = CALM, lasts: int = 20, unit: str = "ms") -> Series:
    values = [calm] * at + [slow] * lasts + [calm] * 10
    return Series("", signal, unit, [5.0 * n for n in range(len(values))], values)


def whole(slow: float, at: int = CALM, lasts: int = 20) -> Sequence[Series]:
    """All answers became slow."""
    return [
        latency("latency_p50", 5, slow, at=at, lasts=lasts),
        latency("latency_p95", 9, slow * 1.5, at=at, lasts=lasts),
    ]


def tail(slow: float) -> Sequence[Series]:
    return [latency("latency_p50", 5, 6), latency("latency_p95", 9, slow)]


CHAIN = {"a": {"b"}, "b": {"c"}}


def test_who_waits_for_a_slow_one_is_no_origin() -> None:
    assert slowness({"a": whole(900), "b": whole(700), "c": whole(500), "d": whole(6)}).origins(CHAIN) == ["c"]


def test_an_echo_in_the_tail_of_a_callee_is_no_origin() -> None:
    found = slowness({"a": whole(900), "b": whole(700), "c": tail(300)})
    assert set(found.slow) == {"a", "b", "c"}
    assert found.origins(CHAIN) == ["b"]


def test_the_tail_counts_where_no_median_rose() -> None:
    assert slowness({"a": tail(300), "b": tail(200), "c": whole(5)}).origins(CHAIN) == ["b"]


def test_calls_lead_through_what_nobody_measured() -> None:
    found = slowness({"a": whole(900), "c": whole(500)})
    assert found.origins(CHAIN) == ["c"]
    assert slowness({"a": whole(900), "b": whole(5), "c": whole(500)}).origins(CHAIN) == ["a", "c"]


def test_in_a_circle_the_first_is_the_origin() -> None:
    found = slowness({"a": whole(900, at=24), "b": whole(700, at=20)})
    assert found.origins({"a": {"b"}, "b": {"a"}}) == ["b"]


def test_what_is_short_of_cpu_and_not_measured_explains_its_callers() -> None:
    found: Slowness[str] = slowness({"a": whole(900), "b": tail(200)})
    assert found.origins(CHAIN, ["c"]) == ["c"]
    assert found.origins(CHAIN, ["z"]) == ["a"]
    assert slowness({"a": whole(900), "c": whole(5)}).origins({"a": {"c"}}, ["c"]) == ["a"]


def test_small_and_short_rises_are_left_out() -> None:
    assert set(slowness({"a": whole(5000), "b": whole(50), "c": whole(4000, lasts=4)}).slow) == {"a"}


def test_units_are_compared_in_seconds() -> None:
    seconds = [latency("latency_p50", 0.005, 3.0, unit="s")]
    assert set(slowness({"a": seconds, "b": [latency("latency_p50", 5, 40)]}).slow) == {"a"}
