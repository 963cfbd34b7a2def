"""Backup of the whole store: one zip with a file of JSON lines per table, the same for SQLite and PostgreSQL.

`midwatch.json`, written last, holds the format's and the schema's version and the row count of each table. Rows go
through a few hundred at a time, however large the store is.
"""

import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from sqlalchemy import Connection, DateTime, MetaData, Table, create_engine, event, func, insert, select, text

from midwatch.domain.base import Model
from midwatch.store import advisory_lock
from midwatch.store.database import Database
from midwatch.store.errors import StoreError
from midwatch.store.migrate import head, migrate, revisions
from midwatch.store.private import OWN
from midwatch.store.tables import Utc, metadata

VERSION = 1
_ABOUT = "midwatch.json"
_ROWS = 500
_LINE = 64 * 1024 * 1024  # bytes; no row comes near it


class BackupContents(Model, frozen=True):
    """Contents of a backup: rows by table."""

    version: int = VERSION
    schema_revision: str
    rows: dict[str, int]


def backup(db: Database, path: Path) -> BackupContents:
    """Writes a consistent backup while others go on writing. The file appears when it is complete; only its owner may
    read it."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=OWN)
        part.chmod(OWN)
        with ZipFile(part, "w", ZIP_DEFLATED) as pack:
            with db.snapshot() as tx:
                rows = {table.name: _pack(tx, pack, table) for table in metadata.sorted_tables}
            contents = BackupContents(schema_revision=head(), rows=rows)
            pack.writestr(_ABOUT, contents.model_dump_json(indent=2))
        part.replace(path)
    except OSError as error:
        raise StoreError(
            f"The backup {path} cannot be written: {error.strerror or error}.", "Give a folder with room in it"
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return contents


def restore(db: Database, path: Path) -> BackupContents:
    """Restores a backup into an empty store: all of it, or nothing and a StoreError. One of an older schema is
    migrated."""
    try:
        with ZipFile(path) as pack:
            contents = _contents(pack, path)
            if contents.schema_revision == head():
                _fill(db, pack, contents)
                return contents
        with TemporaryDirectory(prefix="midwatch-restore-") as folder:  # readable by its owner only
            newer = Path(folder) / "backup.zip"
            _migrate(path, contents, Path(folder) / "midwatch.db", newer)
            return restore(db, newer)
    except (BadZipFile, zlib.error, EOFError) as error:
        raise StoreError(
            f"{path} is not a backup of midwatch, or is damaged.", "Take another backup; nothing was restored"
        ) from error
    except OSError as error:
        raise StoreError(f"The backup {path} cannot be read: {error.strerror or error}.") from error


def _fill(db: Database, pack: ZipFile, contents: BackupContents) -> None:
    with db.write() as tx:
        advisory_lock.advisory_lock(tx, "restore")
        _refuse_unless_empty(tx)
        _unpack_all(tx, pack, contents, metadata)
        _count_on(tx)


def _migrate(path: Path, contents: BackupContents, file: Path, newer: Path) -> None:
    """A backup of the newest schema made from an older one, through a store of that older schema in `file`."""
    url = f"sqlite:///{file}"
    migrate(url, contents.schema_revision)
    engine, old = create_engine(url), MetaData()
    event.listen(old, "column_reflect", _times_are_utc)
    try:
        old.reflect(engine)
        old.remove(old.tables["alembic_version"])
        with ZipFile(path) as pack, engine.begin() as tx:
            _unpack_all(tx, pack, contents, old)
    finally:
        engine.dispose()
    migrate(url)
    with Database.open(url) as db:
        backup(db, newer)


def _times_are_utc(_inspector: object, _table: Table, column: dict[str, Any]) -> None:
    if isinstance(column["type"], DateTime):
        column["type"] = Utc()


def _pack(tx: Connection, pack: ZipFile, table: Table) -> int:
    count = 0
    ordered = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_ROWS)
    with pack.open(f"{table.name}.jsonl", "w", force_zip64=True) as out:
        for some in tx.execute(ordered).mappings().partitions(_ROWS):
            count += len(some)
            _write(out, [dict(row) for row in some])
    return count


def _write(out: IO[bytes], rows: list[dict[str, Any]]) -> None:
    out.write("".join(json.dumps(row, ensure_ascii=False, default=datetime.isoformat) + "\n" for row in rows).encode())


def _contents(pack: ZipFile, path: Path) -> BackupContents:
    try:
        said = json.loads(pack.read(_ABOUT))
        version = said["version"]
        contents = BackupContents.model_validate(said) if version == VERSION else None
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{path} is no backup of Midwatch.", "Give a file that `midwatch` backed up") from error
    if contents is None:
        raise StoreError(
            f"{path} has form {version}; this version of Midwatch reads form {VERSION}.",
            "Restore it with a newer version",
        )
    if contents.schema_revision not in revisions():
        raise StoreError(
            f"{path} was made by a newer version of Midwatch (schema {contents.schema_revision}; this version knows up "
            f"to {head()}).",
            "Restore it with that version or a newer one; nothing was restored",
        )
    return contents


def _unpack_all(tx: Connection, pack: ZipFile, contents: BackupContents, schema: MetaData) -> None:
    if strange := sorted(set(contents.rows) ^ set(schema.tables)):
        raise StoreError(
            f"The backup does not hold the tables of its schema ({', '.join(strange)}).", "Take another backup"
        )
    for table in schema.sorted_tables:
        _unpack(tx, pack, table, contents.rows.get(table.name, 0))


def _refuse_unless_empty(tx: Connection) -> None:
    for table in metadata.sorted_tables:
        if tx.execute(select(table).limit(1)).first() is not None:
            raise StoreError(
                f"The store is not empty: there is something in {table.name}.",
                "Restore into a new database; nothing was changed",
            )


def _unpack(tx: Connection, pack: ZipFile, table: Table, promised: int) -> None:
    try:
        member = pack.open(f"{table.name}.jsonl")
    except KeyError as error:
        raise StoreError(f"The backup lacks {table.name}.", "Take another backup; nothing was restored") from error
    count = 0
    with member as lines:
        rows = _read(lines, table)
        while some := list(islice(rows, _ROWS)):
            count += len(some)
            tx.execute(insert(table), some)
    if count != promised:
        raise StoreError(
            f"The backup has {count} rows of {table.name} and should have {promised}.", "Take another backup"
        )


def _read(lines: IO[bytes], table: Table) -> Iterator[dict[str, Any]]:
    names = {column.name for column in table.columns}
    moments = [column.name for column in table.columns if isinstance(column.type, Utc)]
    number = 0
    while line := lines.readline(_LINE):
        number += 1
        try:
            row = json.loads(line)
            if set(row) != names:
                raise ValueError("other columns")
            row |= {name: datetime.fromisoformat(row[name]) for name in moments if row[name] is not None}
        except (ValueError, TypeError) as error:
            raise StoreError(
                f"Line {number} of {table.name} is not a row of it: {error}.",
                "Take another backup; nothing was restored",
            ) from error
        yield row


def _count_on(tx: Connection) -> None:
    """Moves PostgreSQL's serial numbers, kept beside the table, past the restored rows; SQLite continues from the
    highest."""
    if tx.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        if (column := table.autoincrement_column) is not None:
            last = tx.execute(select(func.coalesce(func.max(column), 0))).scalar_one()
            if last:
                sequence = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
                tx.execute(sequence, {"table": table.name, "column": column.name, "last": last})
