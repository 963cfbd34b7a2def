"""Types of setting values, and the environment variables that set them. Messages never repeat the value: it may hold a
password."""

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

_DATABASES = ("postgresql", "postgresql+psycopg", "postgres")
_FILES = ("sqlite", "sqlite+pysqlite")
_LEVELS = {"trace": "debug", "notice": "info", "warn": "warning", "critical": "error", "fatal": "error"}


@dataclass(frozen=True)
class Also:
    """Annotation of a setting: environment variables of other programs that set it as well, the first non-empty one;
    MIDWATCH_* win over them. `elsewhere` are those that the system's own rules read where it is not set."""

    variables: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, brackets that do not close
        right = False
    if value and not (right and value.isprintable() and " " not in value):
        raise ValueError("an address begins with https:// (or http://) and names a host")
    return value


def _database_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port  # a port that is no number raises here
    except ValueError:
        raise ValueError(
            "the port of a database's address is a number, and the signs : / @ of a password are written %3A %2F %40"
        ) from None
    if value and "://" in value and parts.scheme in _FILES and not parts.netloc:
        return value
    if value and ("://" not in value or parts.scheme not in _DATABASES):
        raise ValueError("a database is postgresql://USER:PASSWORD@HOST/NAME, or sqlite:///PATH")
    if value and (parts.netloc.count("@") > 1 or not (host or "host=" in parts.query or parts.path.strip("/"))):
        raise ValueError("postgresql:// needs a host and a database; an @ in a password is written %40")
    return value


def _origin(value: str) -> str:
    parts = urlsplit(_web_address(value)) if value != "*" else None
    if not value or (parts and (parts.path not in ("", "/") or parts.query or parts.fragment or parts.username)):
        raise ValueError("an origin is a scheme, a host and a port: https://app.example.com")
    return value.rstrip("/").lower()


def _level(value: object) -> object:
    """Reads a log level in the spelling of other programs, too."""
    name = value.strip().lower() if isinstance(value, str) else value
    return _LEVELS.get(name, name) if isinstance(name, str) else name


def _not_empty(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().strip():
        raise ValueError("an empty text is no secret; leave it out, or check the variable that it comes from")
    return value


# Of a browser's page: https://app.example.com, or "*" for every one.
Origin = Annotated[str, AfterValidator(_origin)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_level)]
# "" for none.
WebAddress = Annotated[str, AfterValidator(_web_address)]
# PostgreSQL or a SQLite file; "" for the default.
DatabaseAddress = Annotated[str, AfterValidator(_database_address)]
Secret = Annotated[SecretStr, AfterValidator(_not_empty)]
# How long one request may take, in seconds; ten minutes is longer than any proxy waits.
RequestSeconds = Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)]
# Above every realistic count, and within the integer range of every store.
Count = Annotated[int, Field(gt=0, le=1_000_000_000)]
