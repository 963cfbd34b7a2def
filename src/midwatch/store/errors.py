"""Database errors as one sentence each, with the next step."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import yaml
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError

from midwatch.domain.refusal import Refusal

_SENTENCES = Path(__file__).parent / "errors.yaml"


class StoreError(Refusal):
    """The store cannot be used in its current state."""


# Errors of a store that is away, busy or full: the query itself is valid.
AWAY = (StoreError, OperationalError, InterfaceError, TimeoutError)


@contextmanager
def plain(url: str) -> Generator[None]:
    """Raises StoreError for errors of the database itself; all others pass unchanged."""
    try:
        yield
    except TimeoutError as error:
        raise StoreError(
            f"The database {_place(url)} is too busy: nothing became free in time.", "Try again a little later"
        ) from error
    except DBAPIError as error:
        if (found := database_error(error)) is None:
            raise
        raise StoreError(found["reason"].format(place=_place(url), said=_first_line(error)), found["hint"]) from error


@cache
def _sentences() -> dict[str, dict[str, str]]:
    return yaml.safe_load(_SENTENCES.read_text("utf-8"))


def database_error(error: DBAPIError) -> dict[str, str] | None:
    """The message for an error of the database itself; None for an error of the query.

    SQLite's error names are words, the first two of them the kind; PostgreSQL's codes have five characters, the first
    two of them the class.
    """
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    names = ["_".join(name.split("_")[:2])]
    if not name and hasattr(error.orig, "sqlstate"):
        state = str(getattr(error.orig, "sqlstate", None) or "")
        unreached = error.connection_invalidated or (not state and isinstance(error, OperationalError | InterfaceError))
        names = ["POSTGRES"] if unreached else [f"POSTGRES_{state}", f"POSTGRES_{state[:2]}"]
    known = _sentences()
    return next((known[n] for n in names if n in known), None)


def _place(url: str) -> str:
    """The address without its password."""
    parsed = make_url(url)
    return (
        parsed.database or "" if parsed.get_backend_name() == "sqlite" else parsed.render_as_string(hide_password=True)
    )


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]
