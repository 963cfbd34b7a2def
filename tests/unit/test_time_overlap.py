import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.analysis.time_overlap import TimeOverlap, overlap

MINUTE = 60.0
TIMES = st.floats(-1e6, 1e6)


@pytest.mark.parametrize(
    ("began", "ended", "score", "how"),
    [
        (-180, 16, 1.0, "ran throughout the spike"),
        (-180, None, 1.0, "ran throughout the spike"),
        (0, 15, 1.0, "ran throughout the spike"),
        (4, 15, 1.0, "ran throughout the spike"),  # within the five minutes that one point adds up
        (6, None, 0.8, "started during the spike"),
        (6, 9, 0.8, "started during the spike"),
        (-180, 9, 0.6, "ended during the spike"),
        (-180, 0, 0.6, "ended during the spike"),
        (-180, -29, 0.4, "ended shortly before the spike"),
        (40, 60, 0.4, "started shortly after the spike"),
        (-180, -31, 0.0, "ended before"),
        (46, None, 0.0, "started later"),
        (None, None, 0.0, "has not started"),
    ],
)
def test_how_work_lies_to_what_happened(began: float | None, ended: float | None, score: float, how: str) -> None:
    """What happened lasts from minute 0 to minute 15; half an hour is near."""
    times = [None if t is None else t * MINUTE for t in (began, ended)]
    assert overlap(0, 15 * MINUTE, *times, near=30 * MINUTE, slack=5 * MINUTE) == TimeOverlap(score, how)


@given(since=TIMES, long=st.floats(0, 1e5), began=TIMES, lasts=st.none() | st.floats(0, 1e5), near=st.floats(0, 1e4))
def test_only_what_shares_time_counts_more_than_what_is_near(
    since: float, long: float, began: float, lasts: float | None, near: float
) -> None:
    until, ended = since + long, None if lasts is None else began + lasts
    shares = began <= until and (ended is None or ended >= since)
    assert (overlap(since, until, began, ended, near).score > 0.4) == shares
