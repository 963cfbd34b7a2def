from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from midwatch.domain.diagnosis import Verdict
from midwatch.domain.markdown import markdown
from midwatch.engine.compose import compose
from midwatch.integrations.traffic import fake
from tests.flows.traffic import TWO, Night, night


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    with night(tmp_path, monkeypatch) as made:
        yield made


async def test_what_caused_the_spike_at_two(here: Night) -> None:
    here.sends(fake.burst(TWO))
    here.runs(*fake.night(TWO))
    found = await here.ask("What caused the NAT spike at 2am?")
    print(markdown(compose(found)))
    assert found.diagnosis.verdict is Verdict.EXPECTED
    assert 0
