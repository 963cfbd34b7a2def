"""The night of the demonstration, told at different hours of the day."""

from datetime import timedelta

import pytest

from midwatch.interfaces.cli.demo_traffic import demo_traffic
from midwatch.kit.clock import utc_now


@pytest.mark.parametrize(("hour", "minute"), [(0, 5), (2, 0), (2, 30), (3, 0)])
async def test_the_spike_of_two_is_explained_at_any_hour(
    hour: int, minute: int, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = (utc_now() - timedelta(days=1)).replace(hour=hour, minute=minute, second=0, microsecond=0)
    await demo_traffic(lambda: asked)
    told = capsys.readouterr().out
    assert "expected" in told and "12.5 GB in 5 min at 02:05" in told and "took 3 h 21 min" in told
