import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.analysis.csv_series import read_points
from midwatch.domain.refusal import Refusal


def _by_time(rows: list[tuple[int, float | None]]) -> list[tuple[int, float | None]]:
    return sorted(rows, key=lambda row: row[0])


ROWS = st.lists(
    st.tuples(st.integers(0, 4_000_000_000), st.none() | st.floats(allow_nan=False, allow_infinity=False)), min_size=1
).map(_by_time)


@given(ROWS, st.booleans(), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_what_was_written_is_read(rows: list[tuple[int, float | None]], iso: bool, end: str) -> None:
    lines = [
        f"{datetime.fromtimestamp(t, UTC).isoformat() if iso else t},{'' if v is None else repr(v)}" for t, v in rows
    ]
    found = read_points(end.join(["timestamp,value", *lines]))
    assert found.times == [t for t, _ in rows]
    assert found.values == [v for _, v in rows]


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for body in (text, f"timestamp,value\n{text}"):
        try:
            found = read_points(body)
        except Refusal as refusal:
            assert refusal.reason.startswith(("Line ", "There are no rows"))
            assert len(refusal.reason) < 400
        else:
            assert len(found.times) == len(found.values) > 0
            assert all(v is None or math.isfinite(v) for v in found.values)


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-21 02:00:00",
        "2026-11-21T02:00:00Z",
        "2026-11-21T03:00:00+01:00",
        "1795226400",
        "1795226400.0",
        '"2026-11-21T02:00"',
    ],
)
def test_times_come_in_many_forms(time: str) -> None:
    assert read_points(f"Timestamp, Value\n{time},1").times == [1795226400.0]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("", "There are no rows."),
        ("1,2\n3", "Line 3 has 1 cells instead of 2."),
        ("1,2\n\n3,x", "Line 4: 'x' is no number."),
        ("1,2\n3,1e999", "Line 3: '1e999' is no finite number."),
        ("soon,2", "Line 2: 'soon' is no time."),
        (",2", "Line 2: nothing is no time."),
        ("1795226400000,2", "Line 2: '1795226400000' is no time between 1970 and 3000."),
        ("nan,2", "Line 2: 'nan' is no time between 1970 and 3000."),
        ("9,1\n8,1", "Line 3 is earlier than the row before it."),
        ("1,\x1b[31m", "Line 2: '\\x1b[31m' is no number."),
    ],
)
def test_a_wrong_row_is_named(rows: str, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_points(f"timestamp,value\n{rows}")
    assert refused.value.reason == reason


def test_a_missing_header_is_named() -> None:
    with pytest.raises(Refusal, match=r"Line 1 is not the header timestamp,value\."):
        read_points("1795226400,5\n1795226700,6")


def test_what_was_not_measured_is_a_gap() -> None:
    assert read_points("timestamp,value\n1,\n2,NaN\n3,0").values == [None, None, 0.0]
