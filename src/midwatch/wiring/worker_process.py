"""A server's workers are a process of their own: an investigation computes, and who computes does not answer in
time."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog

AGAIN_S = 1.0  # before another is started; twice as long each time one ends before it is SETTLED_S old
AGAIN_AT_MOST_S = 60.0
SETTLED_S = 60.0
PATIENCE_S = 10.0

log = structlog.get_logger()


class Attached:
    """Keeps a working process beside this one, and starts another when it ends.

    Its standard input is held open: a line wakes it, and when it closes, because this process ends, however it ends, so
    does the other.
    """

    def __init__(self, workers: int, kubeconfig: str) -> None:
        self._workers, self._flags = workers, ["--kubeconfig", kubeconfig] if kubeconfig else []
        self._loop = asyncio.get_running_loop()
        self._child: Process | None = None

    def wake(self) -> None:
        """From any thread."""
        self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        if self._child and self._child.stdin and not self._child.stdin.is_closing():
            self._child.stdin.write(b"\n")

    async def keep(self) -> None:
        command = (sys.executable, "-m", "midwatch", "worker", "--attached", *self._flags)
        environment = {**os.environ, "MIDWATCH_SERVER__WORKERS": str(self._workers)}
        pause = AGAIN_S
        while True:
            started = self._loop.time()
            # A process group of its own: an interrupt at the terminal is for this process, which then lets the worker
            # end. Not a session: Linux shares processors fairly between sessions first (autogroup), and the worker's
            # nice value would be ignored.
            self._child = child = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, env=environment, process_group=0
            )
            try:
                code = await child.wait()
            finally:
                await _end(child)
            if self._loop.time() - started > SETTLED_S:
                pause = AGAIN_S
            log.warning("the working process ended; another is started", code=code, in_s=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, AGAIN_AT_MOST_S)


@asynccontextmanager
async def attached(workers: int, kubeconfig: str) -> AsyncGenerator[Attached]:
    """A working process while the block lasts; none where `workers` is 0, since others work then."""
    beside = Attached(workers, kubeconfig)
    task = asyncio.create_task(beside.keep()) if workers else None
    try:
        yield beside
    finally:
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _end(child: Process) -> None:
    if child.returncode is not None or child.stdin is None:
        return
    child.stdin.close()
    try:
        async with asyncio.timeout(PATIENCE_S):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()
