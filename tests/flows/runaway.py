"""A worker as `midwatch worker` is, with one more integration: an alert can make it compute for ever."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

from midwatch.domain.investigation import Request
from midwatch.engine.investigation_context import InvestigationContext
from midwatch.kit.logging import to_standard_error
from midwatch.wiring import worker
from midwatch.wiring.connections import Connections
from tests.plugged import settings as composed
from tests.unit.hostile import hostile_alerts


@asynccontextmanager
async def opened(connections: Connections, request: Request) -> AsyncGenerator[InvestigationContext]:
    async with worker.investigating(connections, request) as ctx:
        yield replace(ctx, areas=(*ctx.areas, hostile_alerts()))


async def work() -> None:
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    async with worker.working(composed(), opened):
        sys.stderr.write("worker started\n")
        sys.stderr.flush()
        await over.wait()


if __name__ == "__main__":
    to_standard_error()
    asyncio.run(work())
