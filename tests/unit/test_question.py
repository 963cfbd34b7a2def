"""What a question asks for beside names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.domain.question import Question


@pytest.mark.parametrize("text", ["show me the errors of web", "what do the logs of web say", "any exceptions in web?"])
def test_log_lines_are_asked_for(text: str) -> None:
    assert Question(text).wants_logs
    assert not Question("users of web see errors, what is wrong?").wants_logs


@pytest.mark.parametrize(
    "text", ["why is web slow", "high latency in web", "HighLatencyOfBasket", "web takes too long to answer"]
)
def test_slowness_is_asked_about(text: str) -> None:
    assert Question(text).wants_speed
    assert not Question("why is web down").wants_speed


def test_names_are_known_with_and_without_what_stands_before_them() -> None:
    assert {"shop/web-1", "web-1", "pod"} <= Question("Pod shop/WEB-1.").names


def test_topics_are_words_that_choose_among_lines() -> None:
    question = Question("find voucher problems in my-shop-app pods")
    assert question.topics == {"voucher"}
    assert question.speaks_of("ERROR Voucher 17 is void")
    assert not question.speaks_of("ERROR the shop is shut")
    assert not Question("what is wrong here?").speaks_of("ERROR what is wrong")


def test_a_plural_finds_its_singular() -> None:
    assert Question("refused payments").speaks_of("payment 3 was lost")


@given(st.text())
def test_any_words_can_be_asked(text: str) -> None:
    question = Question(text)
    assert question.speaks_of("") is False
    assert isinstance(question.names, frozenset)
