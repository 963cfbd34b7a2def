import base64
import hmac
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.domain.alert_source import WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.integrations.alert_sources.authentication import holds_token
from midwatch.kit.signatures import credential, fresh, is_signed, same_any, sign

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_the_second_example_of_rfc_4231() -> None:
    assert (
        sign("Jefe", b"what do ya want ", b"for nothing?")
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


@given(
    body=st.binary(), secret=st.text(alphabet=st.characters(codec="utf-8")).filter(str.strip), at=st.integers(0, 100)
)
def test_a_changed_body_or_secret_is_not_signed(body: bytes, secret: str, at: int) -> None:
    given_ = [sign(secret, body)]
    assert is_signed(given_, ["other" + secret, secret], body)
    assert not is_signed(given_, ["other" + secret], body)
    assert not is_signed(given_, [secret], body + b" ")


@given(st.lists(st.text()))
def test_nothing_proves_nothing(given_: list[str]) -> None:
    assert not same_any([*given_, "", "  "], ["", "  "])
    assert not is_signed([*given_, sign("", b"x"), sign(" \t", b"x")], ["", " \t"], b"x")
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


@pytest.mark.parametrize("field", ["secrets", "tokens", "topics"])
@pytest.mark.parametrize("values", [[""], ["  "], ["\t\n"], ["right", ""]])
def test_a_sender_without_a_secret_is_not_configured(field: str, values: list[str]) -> None:
    """A variable that is not set would otherwise look as if the sender had to prove something."""
    with pytest.raises(ValueError, match="an empty text proves nothing"):
        SenderSettings.model_validate({field: values})


def test_every_pair_is_compared_whatever_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    compared, compare = list[tuple[bytes, bytes]](), hmac.compare_digest

    def counted(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    assert same_any(["right", "wrong"], ["right", "older"]) and len(compared) == 4
    compared.clear()
    assert is_signed([sign("new", b"x"), "0"], ["new", "old"], b"x") and len(compared) == 4
    sender = SenderSettings.model_validate({"tokens": ["harbour"]})
    for header in ("Bearer harbour", "Basic " + base64.b64encode(b"me:harbour").decode()):
        compared.clear()
        assert holds_token(WebhookRequest(b"", NOW, {"authorization": header}), sender)
        assert (b"harbour", b"harbour") in compared
