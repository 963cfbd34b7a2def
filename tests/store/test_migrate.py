import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from midwatch.store.database import Database
from midwatch.store.errors import StoreError
from midwatch.store.migrate import head, migrate
from midwatch.store.tables import metadata

MIGRATE = "import sys; from midwatch.store.migrate import migrate; migrate(sys.argv[1])"


def spelled(url: str) -> str:
    return url.replace("postgresql:", "postgresql+psycopg:")


def test_the_migrated_schema_is_the_declared_one(url: str) -> None:
    engine = create_engine(spelled(url))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_several_processes_may_migrate_at_once(empty_url: str) -> None:
    started = [subprocess.Popen([sys.executable, "-c", MIGRATE, empty_url], stderr=subprocess.PIPE) for _ in range(4)]
    said = [process.communicate(timeout=60)[1] for process in started]
    assert [(p.returncode, s) for p, s in zip(started, said, strict=True)] == [(0, b"")] * 4


def test_a_migration_that_fails_leaves_nothing(empty_url: str) -> None:
    """A table that is in the way stops the first migration in its middle; afterwards it runs through."""
    engine = create_engine(spelled(empty_url))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE runs (x INTEGER)"))
    with pytest.raises(Exception, match="runs"):
        migrate(empty_url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE runs"))
    engine.dispose()
    migrate(empty_url)


def test_a_newer_database_is_refused_in_one_sentence(url: str) -> None:
    engine = create_engine(spelled(url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError) as refused, Database.open(url):
        pass
    assert refused.value.reason == (
        f"This database was made by a newer version of Midwatch (schema 9999; this version knows up to {head()})."
    )
    assert refused.value.hint
