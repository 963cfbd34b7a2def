from collections.abc import Iterator
from pathlib import Path

import pytest

from midwatch.wiring.registry import registry
from tests.wiring.forged import Forge, forging


@pytest.fixture
def forge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forge]:
    """A package of somebody else, and a home without settings."""
    for name in ("HOME", "MIDWATCH_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    yield forging(tmp_path, monkeypatch)
    registry.cache_clear()
