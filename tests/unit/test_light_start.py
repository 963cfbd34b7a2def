"""A command that only diagnoses loads nothing of the server, and a help text nothing at all."""

import json
import subprocess
import sys

import pytest

SERVER_PARTS = {"dbos", "fastapi", "uvicorn", "sqlalchemy", "alembic", "psycopg"}


@pytest.mark.parametrize("module", ["midwatch.interfaces.cli.app", "midwatch.interfaces.cli.diagnose"])
def test_no_server_part_is_loaded(module: str) -> None:
    show = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True).stdout)
    assert module in loaded and SERVER_PARTS.isdisjoint(loaded)
    assert not [name for name in loaded if name.startswith(("midwatch.store", "midwatch.engine.durable"))]
