"""A worker as `midwatch worker` is, with one more integration: an alert can make it compute for ever."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

from midwatch.domain.investigation import Request
from midwatch.engine.context import Context
from midwatch.kit.journal import to_standard_error
from midwatch.settings import Settings
from midwatch.wiring import worker
from midwatch.wiring.questions import Surroundings
from tests.unit.hostile import hostile_alerts


@asynccontextmanager
async def opened(around: Surroundings, request: Request) -> AsyncGenerator[Context]:
    async with worker.investigating(around, request) as ctx:
        yield replace(ctx, integrations=(*ctx.integrations, hostile_alerts()))


async def work() -> None:
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    async with worker.working(Settings(), opened):
        sys.stderr.write("working\n")
        sys.stderr.flush()
        await over.wait()


if __name__ == "__main__":
    to_standard_error()
    asyncio.run(work())
