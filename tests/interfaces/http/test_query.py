"""`/query`: what is no question."""

import pytest

from midwatch.domain.access import AccessRole
from tests.interfaces.http.house import House


@pytest.mark.parametrize("prompt", ["", "   ", "\n\t"])
async def test_a_question_without_words_is_refused(here: House, prompt: str) -> None:
    answer = await here.ask("POST", "/query", AccessRole.RESPONDER, json={"prompt": prompt})
    assert answer.status_code == 400
