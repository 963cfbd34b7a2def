import asyncio

import pytest

from midwatch.store.database import Database
from midwatch.store.rows import next_number


async def test_numbers_have_no_gaps_under_twenty_at_once(db: Database) -> None:
    async def take(fail: bool) -> int:
        async with db.write() as tx:
            number = await next_number(tx, "incident")
            if fail:
                raise LookupError
        return number

    results = await asyncio.gather(*(take(fail=i % 4 == 0) for i in range(40)), return_exceptions=True)
    assert sorted(n for n in results if isinstance(n, int)) == list(range(1, 31))


async def test_every_name_counts_for_itself(db: Database) -> None:
    async with db.write() as tx:
        assert [await next_number(tx, name) for name in ("incident", "audit", "incident")] == [1, 1, 2]


async def test_a_block_that_fails_leaves_nothing(db: Database) -> None:
    with pytest.raises(LookupError):
        async with db.write() as tx:
            await next_number(tx, "incident")
            raise LookupError
    async with db.write() as tx:
        assert await next_number(tx, "incident") == 1
