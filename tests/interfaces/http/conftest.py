from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.interfaces.http.house import House, house


@pytest.fixture
async def here(tmp_path: Path) -> AsyncGenerator[House]:
    """A server that asks for keys."""
    async with house(tmp_path) as made:
        yield made
