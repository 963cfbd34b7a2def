import asyncio
import threading
from collections.abc import Sequence

import pytest

from midwatch.kit.batching import Batching


class Writer:
    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go_on = threading.Event()

    def write(self, items: Sequence[int]) -> int:
        self.batches.append(list(items))
        assert self.go_on.wait(10)
        if 13 in items:
            raise ValueError("thirteen")
        return len(items)


async def test_what_comes_meanwhile_goes_together():
    writer = Writer()
    together = Batching(writer.write)
    first = asyncio.create_task(together(1))
    while not writer.batches:
        await asyncio.sleep(0)
    others = [asyncio.create_task(together(n)) for n in (2, 3, 4)]
    await asyncio.sleep(0)
    writer.go_on.set()
    assert await asyncio.gather(first, *others) == [1, 3, 3, 3]
    assert writer.batches == [[1], [2, 3, 4]]


async def test_a_failure_is_that_of_all_who_went_together_and_of_nobody_else():
    writer = Writer()
    writer.go_on.set()
    together = Batching(writer.write)
    failed = await asyncio.gather(together(12), together(13), return_exceptions=True)
    assert [type(item) for item in failed] == [ValueError, ValueError]
    assert await together(14) == 1


async def test_who_stops_waiting_takes_nothing_from_the_others():
    writer = Writer()
    together = Batching(writer.write)
    leaving, staying = asyncio.create_task(together(1)), asyncio.create_task(together(2))
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    writer.go_on.set()
    assert await staying == 2
    assert writer.batches == [[1, 2]]
