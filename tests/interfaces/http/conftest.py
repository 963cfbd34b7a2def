from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
import structlog

from midwatch.kit.logging import to_standard_error
from tests.interfaces.http.house import House, house


@pytest.fixture(autouse=True)
def journal() -> Generator[None]:
    """Logs as the server does."""
    to_standard_error()
    yield
    structlog.reset_defaults()


@pytest.fixture
async def here(tmp_path: Path) -> AsyncGenerator[House]:
    """A server that asks for keys."""
    async with house(tmp_path) as made:
        yield made
