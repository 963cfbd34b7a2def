"""Migrates a database to the schema of this version, completely or not at all. Processes that start at the same time
wait for each other."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, make_url, text

from midwatch.store import sqlite
from midwatch.store.errors import StoreError, plain
from midwatch.store.private import file_of

_LOCK = 7318349394477056  # an arbitrary id of the advisory lock
_FOLDER = Path(__file__).parent / "migrations"


def migrate(url: str, revision: str = "head") -> None:
    """Migrates the schema. Raises StoreError when the database cannot be used, or was made by a newer version. Another
    `revision` than the newest is for reading saved data of an older version."""
    with plain(url), _migration_lock(url) as connection:
        _check_schema(connection)
        command.upgrade(config(connection), revision)


def has_schema(url: str) -> bool:
    """Whether a database holds a store, of any version; creates nothing. Raises StoreError where the database cannot be
    queried."""
    if (path := file_of(url)) is not None and not path.is_file():
        return False
    with plain(url), _migration_lock(url) as connection:
        return bool(MigrationContext.configure(connection).get_current_heads())


def head() -> str:
    """The newest schema known to this version."""
    return _scripts().get_current_head() or ""


def revisions() -> frozenset[str]:
    """All schemas known to this version, from the first to the newest."""
    return frozenset(script.revision for script in _scripts().walk_revisions())


def config(connection: Connection | None = None) -> Config:
    made = Config()
    made.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(config())


def _check_schema(connection: Connection) -> None:
    there = MigrationContext.configure(connection).get_current_heads()
    if strange := sorted(set(there) - revisions()):
        raise StoreError(
            f"This database was made by a newer version of Midwatch (schema {strange[0]}; this version knows up to "
            f"{head()}).",
            "Run that version or a newer one, or give the address of another database",
        )


@contextmanager
def _migration_lock(url: str) -> Generator[Connection]:
    """A transaction with an exclusive migration lock."""
    engine = _engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            yield connection
    finally:
        engine.dispose()


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed.set(drivername="postgresql+psycopg"))
    engine = create_engine(parsed, connect_args=sqlite.arguments(parsed))
    sqlite.prepare(engine, "BEGIN IMMEDIATE")
    return engine
