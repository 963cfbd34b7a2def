"""An account for every test that wants one: two gateways, a spike, and flow logs; the clock stands at NOW."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from midwatch.domain.evidence import Evidence, Gap
from midwatch.integrations.aws.client import Aws
from midwatch.integrations.aws.fake import FakeAws, environment, serve
from midwatch.integrations.aws.settings import AwsSettings
from midwatch.integrations.aws.tools import tools
from midwatch.toolbox.guard import guard
from midwatch.toolbox.limit import limit
from midwatch.toolbox.redact import redact
from midwatch.toolbox.toolbox import Toolbox
from tests.integrations.aws.account import PACE, Clock, account


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    made = account()
    with serve(made) as url:
        for name, value in environment(url).items():
            monkeypatch.setenv(name, value)
        yield made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def aws(world: FakeAws, clock: Clock) -> Aws:
    return Aws(AwsSettings(region="us-east-1"), clock, PACE)


@pytest.fixture
def ask(aws: Aws, clock: Clock) -> Callable[..., Any]:
    """Puts a question through the toolbox, as an investigation does."""
    box = Toolbox(tools(aws), (guard, limit(), redact), clock)

    async def put(name: str, **arguments: Any) -> Evidence | Gap:
        return await box.call(name, arguments)

    return put
