"""The schema. Each domain object is a row with its search columns, and the whole of it as the domain's own JSON in
`body`."""

from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

from midwatch.kit.storable import storable

metadata = MetaData()
_SERIAL = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up by itself only in an INTEGER primary key
ACTOR, OBJECT = 200, 200  # bytes


class Utc(TypeDecorator[datetime]):
    """Column type for aware times: aware in, aware in UTC out; SQLite stores no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def short_text(value: str, most: int) -> str:
    """Column type for a short storable text of at most so many bytes.

    Senders choose names: one that is too long is cut and told apart by its hash, so that it is still found.
    """
    value = storable(value)
    encoded = value.encode()
    if len(encoded) <= most:
        return value
    mark = "~" + sha256(encoded).hexdigest()[:32]
    return encoded[: most - len(mark)].decode(errors="ignore") + mark


class ColumnName(TypeDecorator[str]):
    """Column type for a key or search text of at most so many bytes; the body has the whole."""

    impl = String
    cache_ok = True

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else short_text(value, self.most)


class EnumText(TypeDecorator[str]):
    """Column type for a storable text of any length."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return storable(value) if value else value


# One request of a monitoring system: stored to recognise retries, and to inspect unparsed ones.
deliveries = Table(
    "deliveries",
    metadata,
    Column("source", ColumnName(64), primary_key=True),
    Column("id", ColumnName(200), primary_key=True),
    Column("received_at", Utc, nullable=False, index=True),
    Column("outcome", ColumnName(16), nullable=False, index=True),
    Column("note", EnumText, nullable=False),
    Column("body", EnumText, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", ColumnName(40), primary_key=True),
    Column("source", ColumnName(64), nullable=False),
    Column("fingerprint", ColumnName(300), nullable=False),
    Column("incident_id", ColumnName(40), nullable=False, index=True),
    Column("status", ColumnName(16), nullable=False),
    Column("last_seen", Utc, nullable=False),
    Column("body", EnumText, nullable=False),
    Column("external_id", ColumnName(200), nullable=False, server_default=""),
    UniqueConstraint("source", "fingerprint", name="uq_alerts_source_fingerprint"),
    Index("ix_alerts_source_external", "source", "external_id"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", ColumnName(40), primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("status", ColumnName(16), nullable=False),
    Column("severity", ColumnName(16), nullable=False),
    Column("service", ColumnName(300), nullable=False, index=True),
    Column("source", ColumnName(64), nullable=False),
    Column("created_at", Utc, nullable=False, index=True),
    Column("updated_at", Utc, nullable=False),
    Column("version", Integer, nullable=False),
    Column("words", EnumText, nullable=False),
    Column("body", EnumText, nullable=False),
    Index("ix_incidents_status_created", "status", "created_at"),
)

incident_keys = Table(
    "incident_keys",
    metadata,
    Column("key", ColumnName(700), primary_key=True),
    Column("incident_id", ColumnName(40), primary_key=True, index=True),
)

timeline = Table(
    "timeline",
    metadata,
    Column("seq", _SERIAL, primary_key=True, autoincrement=True),
    Column("incident_id", ColumnName(40), nullable=False),
    Column("at", Utc, nullable=False),
    Column("kind", ColumnName(32), nullable=False),
    Column("body", EnumText, nullable=False),
    Index("ix_timeline_incident_seq", "incident_id", "seq"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", ColumnName(40), primary_key=True),
    Column("incident_id", ColumnName(40), nullable=False, index=True),
    Column("state", ColumnName(16), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", EnumText, nullable=False),
    Index("ix_runs_state_created", "state", "created_at"),
)

# Tool results of a run by request; `number` is set once the evidence has its final place.
calls = Table(
    "calls",
    metadata,
    Column("run_id", ColumnName(40), primary_key=True),
    Column("key", ColumnName(200), primary_key=True),
    Column("number", Integer),
    Column("kind", ColumnName(16), nullable=False),
    Column("body", EnumText, nullable=False),
)

run_events = Table(
    "run_events",
    metadata,
    Column("run_id", ColumnName(40), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("body", EnumText, nullable=False),
)

effects = Table(
    "effects",
    metadata,
    Column("key", ColumnName(200), primary_key=True),
    Column("state", ColumnName(16), nullable=False),
    Column("next_at", Utc, nullable=False),
    Column("body", EnumText, nullable=False),
    Index("ix_effects_state_next", "state", "next_at"),
)

# The latest context of a conversation; `id` is a hash of the caller and of the conversation's name.
conversations = Table(
    "conversations",
    metadata,
    Column("id", ColumnName(64), primary_key=True),
    Column("said_at", Utc, nullable=False, index=True),
    Column("body", EnumText, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("id", ColumnName(100), primary_key=True),
    Column("started_at", Utc, nullable=False),
    Column("beat_at", Utc, nullable=False),
    Column("cache", EnumText, nullable=False, server_default=""),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", ColumnName(40), primary_key=True),
    Column("digest", ColumnName(64), nullable=False, unique=True),
    Column("body", EnumText, nullable=False),
)

invites = Table(
    "invites",
    metadata,
    Column("digest", ColumnName(64), primary_key=True),
    Column("role", ColumnName(16), nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("used_at", Utc),
)

# Each row's hash covers the one before it: a later deletion or change is detected.
audit = Table(
    "audit",
    metadata,
    Column("seq", _SERIAL, primary_key=True, autoincrement=True),
    Column("at", Utc, nullable=False, index=True),
    Column("actor", ColumnName(ACTOR), nullable=False, index=True),
    Column("action", ColumnName(64), nullable=False, index=True),
    Column("object", ColumnName(OBJECT), nullable=False),
    Column("detail", EnumText, nullable=False),
    Column("hash", ColumnName(64), nullable=False),
)

counters = Table(
    "counters", metadata, Column("name", ColumnName(32), primary_key=True), Column("value", Integer, nullable=False)
)
