"""A worker as `midwatch worker` is, with a schedule: every second it asks what time it is."""

import asyncio
import signal
import sys
from datetime import datetime

from midwatch.domain.capabilities import Scheduled
from midwatch.domain.investigation import Request
from midwatch.kit.logging import to_standard_error
from midwatch.settings import Settings
from midwatch.wiring import worker


def asked(at: datetime) -> Request:
    return Request(question=at.isoformat())


async def work() -> None:
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    async with worker.working(Settings(), schedules=(Scheduled("every-second", "* * * * * *", asked),)):
        sys.stderr.write("worker started\n")
        sys.stderr.flush()
        await over.wait()


if __name__ == "__main__":
    to_standard_error()
    asyncio.run(work())
