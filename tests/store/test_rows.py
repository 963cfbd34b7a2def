from contextlib import suppress
from functools import partial

import pytest

from midwatch.store.database import Database
from midwatch.store.rows import next_number
from tests.together import together


def test_numbers_have_no_gaps_under_twenty_at_once(db: Database) -> None:
    def take(fail: bool) -> int | None:
        with suppress(LookupError), db.write() as tx:
            number = next_number(tx, "incident")
            if fail:
                raise LookupError
            return number

    results = together(*(partial(take, fail=i % 4 == 0) for i in range(40)))
    assert sorted(n for n in results if isinstance(n, int)) == list(range(1, 31))


def test_every_name_counts_for_itself(db: Database) -> None:
    with db.write() as tx:
        assert [next_number(tx, name) for name in ("incident", "audit", "incident")] == [1, 1, 2]


def test_a_block_that_fails_leaves_nothing(db: Database) -> None:
    with pytest.raises(LookupError), db.write() as tx:
        next_number(tx, "incident")
        raise LookupError
    with db.write() as tx:
        assert next_number(tx, "incident") == 1
