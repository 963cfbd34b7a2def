"""Pool of analyst processes: kept warm, one for each investigation at a time, and killed when a computation exceeds its
limit."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog

from midwatch.domain.evidence import Evidence, Gap, ToolRequest
from midwatch.engine.analyst import AnalystProcessDied, Case, Conclusion, TookTooLong
from midwatch.engine.analystwire import HEAD, Begin, Conclude, End, Message, Wanted, encode, load

START_S = 30.0  # for a process to start and load its modules: half a second on an idle machine
LATE_S = 0.5  # a computation that takes longer is not waited for by the next investigation
_NEEDED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")  # of the environment; credentials are none of it

log = structlog.get_logger()


def ignore_late() -> None:
    """A callback that does nothing."""


class Pool:
    """At most `most` processes at a time, of which `at_once` compute; `keep` of them stay while idle."""

    def __init__(self, most: int, keep: int, at_once: int) -> None:
        self._room, self._keep = asyncio.Semaphore(most), keep
        self._turns = asyncio.Semaphore(at_once)
        self._idle: list[_Child] = []
        self._all: set[_Child] = set()

    @asynccontextmanager
    async def open(self, case: Case, late: Callable[[], None] = ignore_late) -> AsyncGenerator["ProcessAnalyst"]:
        """An analyst for one case. `late` is called when a computation takes longer than LATE_S."""
        analyst = ProcessAnalyst(self, case, late)
        async with self._room:
            try:
                await analyst.begin()
                yield analyst
            finally:
                await analyst.close()

    @asynccontextmanager
    async def slot(self, late: Callable[[], None]) -> AsyncGenerator[None]:
        """One of the slots for concurrent computations. Released early after LATE_S: a hanging computation blocks no
        other."""
        await self._turns.acquire()
        holding = True

        def release() -> None:
            nonlocal holding
            if holding:
                holding = False
                self._turns.release()

        def overrun() -> None:
            release()
            late()

        timer = asyncio.get_running_loop().call_later(LATE_S, overrun)
        try:
            yield
        finally:
            timer.cancel()
            release()

    async def process(self) -> "_Child":
        """Starts or reuses a process. Raises AnalystProcessDied when none can be started."""
        self._all = {child for child in self._all if child.is_alive}
        while self._idle:
            child = self._idle.pop()
            if child.is_alive:
                return child
        child = await _start_child()
        self._all.add(child)
        return child

    def give_back(self, child: "_Child", *, fit: bool) -> None:
        if fit and child.is_alive and len(self._idle) < self._keep:
            self._idle.append(child)
        else:
            child.kill()

    async def close(self) -> None:
        """Kills all processes: their cases are computed again by the process that resumes them."""
        self._idle.clear()
        for child in self._all:
            child.kill()
        await asyncio.gather(*(child.gone() for child in self._all))


class ProcessAnalyst:
    """Computes for one case in a process of the pool; in another one when that has ended."""

    def __init__(self, pool: Pool, case: Case, late: Callable[[], None]) -> None:
        self._pool, self._case, self._late = pool, case, late
        self._child: _Child | None = None
        self._sent = 0
        self.spent = 0.0

    async def begin(self) -> None:
        """Starts the process ahead of time, outside the time limit. A failure here occurs again, and is reported, at
        the first computation."""
        with suppress(AnalystProcessDied):
            await self._begin_case()

    async def next_requests(self, evidence: Sequence[Evidence], seconds: float) -> Sequence[ToolRequest]:
        return await self._compute(evidence, seconds, Wanted)

    async def conclude(self, evidence: Sequence[Evidence], gaps: Sequence[Gap], seconds: float) -> Conclusion:
        return await self._compute(evidence, seconds, lambda fresh: Conclude(fresh, tuple(gaps)))

    async def _compute(
        self, evidence: Sequence[Evidence], seconds: float, message: Callable[[tuple[Evidence, ...]], Message]
    ) -> Any:
        size, now = len(evidence), asyncio.get_running_loop().time
        await self._begin_case()
        async with self._pool.slot(self._late):
            started = now()
            try:
                answer = await self._ask(message(tuple(evidence[self._sent : size])), seconds)
            finally:
                self.spent += now() - started
        self._sent = size
        return answer

    async def _begin_case(self) -> None:
        if self._child is None:
            self._child, self._sent = await self._pool.process(), 0
            try:
                await self._ask(Begin(self._case), START_S)
            except TookTooLong as error:
                raise AnalystProcessDied(f"did not start within {START_S:g} s") from error

    async def _ask(self, message: Message, seconds: float) -> Any:
        """Sends a request to the process and returns the answer; a process without one, or with an abandoned one, is
        discarded."""
        child, answered = self._child, False
        if child is None:
            raise AnalystProcessDied("had ended before")
        try:
            answer = await child.ask(message, seconds)
            answered = True
            return answer
        finally:
            if not answered:
                self._child = None
                child.kill()

    async def close(self) -> None:
        if self._child:
            with suppress(AnalystProcessDied, TookTooLong):
                fit = await self._ask(End(), START_S)
                self._pool.give_back(self._child, fit=fit)
        self._child = None


class _Child:
    """A child process. `lifeline` is open as long as this process lives; its end is the child's end."""

    def __init__(self, process: Process, lifeline: int) -> None:
        self._process, self._lifeline = process, lifeline

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, message: Message, seconds: float) -> Any:
        """Sends a message and returns the answer; raises TookTooLong and AnalystProcessDied."""
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(message)
        except TimeoutError as error:
            log.warning("analysis timed out", pid=self._process.pid, after_s=round(seconds, 3))
            raise TookTooLong from error
        except (OSError, asyncio.IncompleteReadError) as error:
            code = await self._process.wait()
            log.warning("analysis process died", pid=self._process.pid, code=code)
            raise AnalystProcessDied(_end(code)) from error

    async def _exchange(self, message: Message) -> Any:
        to, back = self._process.stdin, self._process.stdout
        if to is None or back is None:
            raise BrokenPipeError
        to.write(encode(message))
        await to.drain()
        size: int = HEAD.unpack(await back.readexactly(HEAD.size))[0]
        return load(await back.readexactly(size))

    def kill(self) -> None:
        """Sends SIGKILL: the process may ignore any other signal."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        if self.is_alive:
            self._process.kill()

    async def gone(self) -> None:
        await self._process.wait()


async def _start_child() -> _Child:
    theirs, ours = os.pipe()
    # The same modules as here, without the working directory before them.
    environment = {name: value for name, value in os.environ.items() if name in _NEEDED or name.startswith("PYTHON")}
    environment["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
    command = (sys.executable, "-P", "-m", "midwatch.engine.analystprocess", str(theirs))
    started = False
    try:
        # A process group of its own: an interrupt at the terminal is for the worker to act on. A session of its own
        # would be scheduled as an equal of the whole server (autogroup), and its nice value would count for nothing.
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, env=environment, pass_fds=(theirs,), process_group=0
        )
        started = True
    except OSError as error:
        raise AnalystProcessDied(f"could not be started ({error.strerror})") from error
    finally:
        os.close(theirs)
        if not started:
            os.close(ours)
    return _Child(process, ours)


def _end(code: int) -> str:
    if code < 0:
        return f"was ended from outside by signal {-code}, for lack of memory perhaps"
    return f"ended by a fault of Midwatch, which the worker's log tells (exit code {code})"
