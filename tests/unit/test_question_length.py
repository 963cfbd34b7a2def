"""A text that nobody asks as a question is refused, in one sentence, before anything is opened."""

from datetime import UTC, datetime

import pytest

from midwatch.domain.intent import Entities
from midwatch.domain.limits import LONGEST_QUESTION, short_enough
from midwatch.services.errors import Refusal
from midwatch.services.understanding import understand_question


def test_a_question_as_long_as_is_allowed_is_read() -> None:
    short_enough("a" * LONGEST_QUESTION)


def test_a_longer_one_is_refused() -> None:
    with pytest.raises(Refusal, match=r"^The question has 100,000 characters; at most 10,000 are read\.$"):
        understand_question("why " * 25_000, Entities(), datetime(2026, 11, 27, tzinfo=UTC), ())
