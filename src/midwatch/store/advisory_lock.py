from zlib import crc32

from sqlalchemy import Connection, text


def advisory_lock(tx: Connection, name: str) -> None:
    """Blocks others with the same name until the transaction ends. On SQLite there is no other writer anyway."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": crc32(name.encode())})
