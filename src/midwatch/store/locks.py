from zlib import crc32

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def alone(tx: AsyncConnection, name: str) -> None:
    """Nobody else is past this line with the same name until the transaction ends. On SQLite no other writer is, anyway."""
    if tx.dialect.name == "postgresql":
        await tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": crc32(name.encode())})
