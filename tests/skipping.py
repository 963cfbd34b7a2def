"""An event loop that waits for nobody: where nothing is ready its clock jumps to the next timer, so that a limit of
twenty seconds is tested in none."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
_GLANCE_S = 0.02  # for a thread to come back before a timer is believed to be next


class _Glance(selectors.DefaultSelector):
    skipped = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(timeout if timeout is None else min(timeout, _GLANCE_S))
        if not ready and timeout is not None:
            self.skipped += timeout
        return ready


class _SkippingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._glance = _Glance()
        super().__init__(self._glance)

    def time(self) -> float:
        return super().time() + self._glance.skipped


def skipping(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=_SkippingLoop) as runner:
        return runner.run(work)
