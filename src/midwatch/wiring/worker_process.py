"""A server's worker as a process of its own: an investigation computes, and who computes does not answer in time.

Between the two go lines: an empty one to its standard input wakes the worker, and one from its standard output says
which investigation has new events.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager, suppress

import structlog

AGAIN_S = 1.0  # before another is started; twice as long each time one ends before it is SETTLED_S old
AGAIN_AT_MOST_S = 60.0
SETTLED_S = 60.0
PATIENCE_S = 10.0
_EVENTS = b"events "  # what else a program may print is no message

log = structlog.get_logger()


def announce_on(output: int) -> Callable[[Collection[str]], None]:
    """For the worker, whose standard output is the pipe `output`. Never waits: what a server does not read in time it
    finds in the store."""
    os.set_blocking(output, False)

    def announce(run_ids: Collection[str]) -> None:
        for run_id in run_ids:
            with suppress(BlockingIOError, BrokenPipeError):
                os.write(output, _EVENTS + run_id.encode() + b"\n")

    return announce


def announced_ids(line: bytes) -> tuple[str, ...]:
    """For the server; nothing, for a line that says something else."""
    return (line.removeprefix(_EVENTS).strip().decode(errors="replace"),) if line.startswith(_EVENTS) else ()


class WorkerProcess:
    """Keeps a working process beside this one, and starts another when it ends.

    Its standard input is held open: a line wakes it, and when it closes, because this process ends, however it ends, so
    does the other. `heard` is called with the investigations that have new events.
    """

    def __init__(self, workers: int, kubeconfig: str) -> None:
        self._workers, self._flags = workers, ["--kubeconfig", kubeconfig] if kubeconfig else []
        self._loop = asyncio.get_running_loop()
        self._child: Process | None = None
        self.heard: Callable[[Collection[str]], None] = lambda _: None

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
                *command, stdin=PIPE, stdout=PIPE, env=environment, process_group=0
            )
            reading = asyncio.create_task(self._read(child))
            try:
                code = await child.wait()
            finally:
                await _end(child)
                reading.cancel()
            if self._loop.time() - started > SETTLED_S:
                pause = AGAIN_S
            log.warning("worker process ended", code=code, restart_in_s=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, AGAIN_AT_MOST_S)

    async def _read(self, child: Process) -> None:
        """To the end of what it says: a pipe that nobody reads fills up."""
        while child.stdout and not child.stdout.at_eof():
            with suppress(ValueError):  # a line that has no end is none of ours
                if run_ids := announced_ids(await child.stdout.readline()):
                    self.heard(run_ids)


@asynccontextmanager
async def worker_process(workers: int, kubeconfig: str) -> AsyncGenerator[WorkerProcess]:
    """A working process while the block lasts; none where `workers` is 0, since others work then."""
    beside = WorkerProcess(workers, kubeconfig)
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
