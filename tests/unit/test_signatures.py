from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.kit.signatures import credential, fresh, same_any, sign, signed

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_the_second_example_of_rfc_4231() -> None:
    assert sign("Jefe", b"what do ya want ", b"for nothing?") == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


@given(body=st.binary(), secret=st.text(min_size=1, alphabet=st.characters(codec="utf-8")), at=st.integers(0, 100))
def test_a_changed_body_or_secret_is_not_signed(body: bytes, secret: str, at: int) -> None:
    given_ = [sign(secret, body)]
    assert signed(given_, ["other" + secret, secret], body)
    assert not signed(given_, ["other" + secret], body)
    assert not signed(given_, [secret], body + b" ")


@given(st.lists(st.text()))
def test_nothing_proves_nothing(given_: list[str]) -> None:
    assert not same_any(given_, [""])
    assert not signed(given_, ["", ""], b"x")
    assert not same_any(["", *given_], [])


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Bearer a.b-c", "a.b-c"),
        ("bearer  padded ", "padded"),
        ("Basic bWU6aGFyOmJvdXI=", "har:bour"),
        ("Basic bWU=", ""),
        ("Basic %%%", ""),
        ("Basic /////w==", ""),
        ("Token x", ""),
        ("", ""),
    ],
)
def test_where_a_token_stands(header: str, found: str) -> None:
    assert credential(header) == found


@pytest.mark.parametrize(("ago", "good"), [(0, True), (300, True), (301, False), (-300, True), (-301, False)])
def test_five_minutes_either_way(ago: int, good: bool) -> None:
    assert fresh(str(int(NOW.timestamp()) - ago), NOW) is good


@given(st.text())
def test_no_text_is_a_time_by_accident(text: str) -> None:
    assert not fresh(text, NOW)
