import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Batching(Generic[Item, Outcome]):
    """Runs `do`, in a thread, with several items at once: items that arrive while it is busy form the next batch.

    `await together(item)` returns the result of `do` for the batch of this item, or raises its exception. From one
    event loop.
    """

    def __init__(self, do: Callable[[Sequence[Item]], Outcome]) -> None:
        self._do = do
        self._free = asyncio.Lock()
        self._waiting: list[Item] = []
        self._next: asyncio.Task[Outcome] | None = None

    async def __call__(self, item: Item) -> Outcome:
        self._waiting.append(item)
        if self._next is None:
            self._next = asyncio.create_task(self._go())
        return await asyncio.shield(self._next)  # a cancelled caller must not cancel the others' write

    async def _go(self) -> Outcome:
        async with self._free:
            items, self._waiting, self._next = self._waiting, [], None
            return await asyncio.to_thread(self._do, items)
