"""`midwatch detect spikes`: a file in, a table, a picture or JSON out; a wrong row is one sentence."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from midwatch.interfaces.cli.app import app
from midwatch.interfaces.cli.ascii_chart import amount, draw
from tests.flows.cluster import midwatch

REFRESH = [3.1e9, 9.8e9, 12.5e9, 8.0e9]  # bytes in five minutes
MIDNIGHT = 1_795_219_200  # 2026-11-21T00:00:00Z


def text(values: Sequence[float | None]) -> str:
    rows = [f"{MIDNIGHT + 300 * n},{'' if v is None else v}" for n, v in enumerate(values)]
    return "\n".join(["timestamp,value", *rows]) + "\n"


@pytest.fixture
def traffic(tmp_path: Path) -> Path:
    file = tmp_path / "traffic.csv"
    file.write_text(text([*[0.42e9] * 24, *REFRESH, *[0.42e9] * 20, None]))
    return file


def test_a_spike_is_a_row_of_a_table(traffic: Path) -> None:
    shown = midwatch("detect", "spikes", str(traffic), environment={"COLUMNS": "78"})
    assert shown.code == 1
    assert shown.head.startswith("1 spike in 49 rows (1 gaps), 2026-11-21 00:00 to 04:00 UTC")
    assert "2026-11-21 02:00 02:10 02:15 12.5G 29.8 33.4G" in shown.head
    assert "…" not in shown.out


def test_json_has_the_same_in_full(traffic: Path) -> None:
    shown = midwatch("detect", "spikes", str(traffic), "--json")
    found = shown.answer
    assert shown.code == 1
    assert (found["schema"], found["rows"], found["gaps"]) == ("midwatch.spikes/1", 49, 1)
    assert found["alarms"] == ["2026-11-21T02:00:00Z"]
    (spike,) = found["spikes"]
    assert (spike["onset"], spike["peak"], spike["end"]) == (
        "2026-11-21T02:00:00Z",
        "2026-11-21T02:10:00Z",
        "2026-11-21T02:15:00Z",
    )
    assert (spike["rows"], spike["top"], spike["volume"]) == ([24, 26, 27], 12.5e9, 33.4e9)


def test_a_quiet_series_is_no_problem(tmp_path: Path) -> None:
    file = tmp_path / "quiet.csv"
    file.write_text(text([0.42e9] * 50))
    shown = midwatch("detect", "spikes", str(file))
    assert (shown.code, shown.head) == (0, "No spikes in 50 rows, 2026-11-21 00:00 to 04:05 UTC")


def test_standard_input_is_read() -> None:
    shown = CliRunner().invoke(app, ["detect", "spikes", "-", "--json"], input=text([*[1.0] * 9, 70.0]))
    (spike,) = json.loads(shown.stdout)["spikes"]
    assert (shown.exit_code, spike["end"]) == (1, None)


def test_what_is_known_beforehand_counts(tmp_path: Path) -> None:
    file = tmp_path / "young.csv"
    file.write_text(text([*REFRESH, *[0.42e9] * 5]))
    assert midwatch("detect", "spikes", str(file)).code == 0
    assert midwatch("detect", "spikes", str(file), "--usual", "0.5e9").code == 1
    assert midwatch("detect", "spikes", str(file), "--threshold", "10e9").code == 1
    assert midwatch("detect", "spikes", str(file), "--usual", "0.5e9", "--factor", "100").code == 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"timestamp,value\n1,2\n2,many\n", "Line 3: 'many' is no number."),
        (b"time;bytes\n", "Line 1 is not the header timestamp,value."),
        (b"timestamp,value\n1,2\n2,\xff\n", "Line 3 is not UTF-8 text."),
        (b"timestamp,value\n", "There are no rows."),
        (b"", "Line 1 is not the header"),
    ],
)
def test_a_wrong_row_is_one_sentence(body: bytes, words: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong.csv"
    file.write_bytes(body)
    for arguments in ([str(file)], [str(file), "--json"], [str(tmp_path / "no-such.csv")]):
        shown = midwatch("detect", "spikes", *arguments)
        assert (shown.code, shown.out) == (3, "")
        assert "Traceback" not in shown.err
        assert (words if arguments[0] == str(file) else "cannot be read") in shown.err


def test_the_picture_fits_a_terminal(traffic: Path) -> None:
    shown = midwatch("detect", "spikes", str(traffic), "--plot")
    assert shown.code == 1
    assert "12.5G" in shown.out and "▲" in shown.out
    assert all(len(line) <= 78 for line in shown.out.splitlines())


def test_a_picture_marks_where_the_spike_is() -> None:
    *picture, marks = draw([1.0] * 33 + [9.0] + [1.0] * 32, [None] * 66, [(33, 33)])
    column = 9 + 33
    assert marks == " " * column + "▲"
    assert all(line[9:].strip() and not line[9:column].strip() for line in picture[:-1])
    assert picture[0].startswith("       9 ") and picture[-1].startswith("       1 ")
    assert draw([None, None], [None, None], []) == []


def test_a_gap_is_left_blank() -> None:
    picture = draw([*[1.0] * 22, *[None] * 22, *[9.0] * 22], [None] * 66, [])
    assert all(line[9 + 23 : 9 + 43].strip() == "" for line in picture)


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0, "0"), (12.5e9, "12.5G"), (999_700.0, "1M"), (-2500.0, "-2.5k"), (0.066, "0.066")]
)
def test_an_amount_has_three_digits(value: float, shown: str) -> None:
    assert amount(value) == shown
