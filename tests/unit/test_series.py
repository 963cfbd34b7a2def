from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from midwatch.analysis.series import Series, decode, encode, quote
from midwatch.domain.evidence import Citation, Evidence
from midwatch.domain.observation import Measurements
from midwatch.domain.subject import Subject
from midwatch.reasoning.citations import Library

NAMES = st.text(alphabet="abcxyz-é\"'", min_size=1, max_size=8)
VALUES = st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=12)


@st.composite
def one(draw: st.DrawFn) -> Series:
    values = draw(VALUES)
    times = [1_700_000_000.0 + 5 * n for n in range(len(values))]
    unit = draw(st.sampled_from(["ms", "s", ""]))
    return Series(
        draw(NAMES),
        draw(st.sampled_from(["cpu", "latency_p95"])),
        unit,
        times,
        values,
        draw(NAMES),
        zoned=draw(st.booleans()),
    )


def fields(series: Series) -> tuple[object, ...]:
    where = (series.namespace, series.entity, series.signal, series.role, series.unit, series.zoned)
    return (*where, list(series.times), list(series.values))


@given(st.lists(one(), max_size=6, unique_by=lambda s: (s.namespace, s.entity, s.signal)))
def test_what_is_stored_is_what_was_measured(found: list[Series]) -> None:
    body = encode(found)
    assert body == encode(reversed(found))
    assert sorted(map(str, map(fields, decode(body)))) == sorted(map(str, map(fields, found)))


@given(one(), st.data())
def test_any_run_of_values_can_be_cited(series: Series, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(series.values) - 1))
    last = data.draw(st.integers(first, len(series.values) - 1))
    now = datetime(2026, 11, 21, tzinfo=UTC)
    seen = Measurements(body=encode([series]), count=1, signals=(series.signal,))
    item = Evidence(id="E1", tool="t", arguments={}, query="q", observation=seen, taken_at=now, took_ms=1, sha256="")
    about = Subject(kind="Series", name=series.name, namespace=series.namespace)
    library = Library([item])
    assert item.size == "1 series"
    assert library.proves(Citation(evidence="E1", subject=about, quote=quote(series.values[first : last + 1])))
    assert not library.proves(Citation(evidence="E1", subject=about, quote="123456789.5,987654321.5"))
    assert not library.proves(Citation(evidence="E1", subject=about.model_copy(update={"name": "nobody/cpu"})))
    assert not library.proves(
        Citation(evidence="E1", subject=about.model_copy(update={"name": "nobody/cpu"}), absent=True)
    )
