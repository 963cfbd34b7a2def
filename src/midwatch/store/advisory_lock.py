from zlib import crc32

from sqlalchemy import Connection, text


def advisory_lock(tx: Connection, name: str) -> None:
    """Nobody else is past this line with the same name until the transaction ends. On SQLite no other writer is,
    anyway."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": crc32(name.encode())})
