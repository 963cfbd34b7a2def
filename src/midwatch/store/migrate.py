"""Brings a database to the schema this version expects. Two processes that start at once wait for each other."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, make_url, text

_LOCK = 7318349394477056  # any number that nobody else takes for an advisory lock
_FOLDER = Path(__file__).parent / "migrations"


def migrate(url: str) -> None:
    with _alone(url) as connection:
        command.upgrade(config(connection), "head")


def config(connection: Connection) -> Config:
    made = Config()
    made.set_main_option("script_location", str(_FOLDER))
    made.attributes["connection"] = connection
    return made


@contextmanager
def _alone(url: str) -> Generator[Connection]:
    """A connection that no other process migrates beside."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed)
        with Path(f"{parsed.database}.lock").open("w") as lock, engine.connect() as connection:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield connection
            connection.commit()
    else:
        engine = create_engine(parsed.set(drivername="postgresql+psycopg"))
        with engine.connect() as connection:
            connection.execute(text(f"SELECT pg_advisory_lock({_LOCK})"))
            connection.commit()
            try:
                yield connection
                connection.commit()
            finally:
                connection.rollback()
                connection.execute(text(f"SELECT pg_advisory_unlock({_LOCK})"))
                connection.commit()
    engine.dispose()
