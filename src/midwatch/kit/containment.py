"""Contained calls into outside packages: exceptions and timeouts of their code end nothing else.

The one place that catches every exception of such code. What comes back is its result, or a PluginFault whose text
names the plug-in, is redacted and short. A function that does not return in time is left behind in a daemon thread, a
coroutine is cancelled and not waited for: neither holds up its caller. A coroutine that blocks its thread cannot be
left behind; an outside package has to await what it waits for.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from typing import Any, TypeVar

from midwatch.kit.printable import one_line
from midwatch.kit.redaction import redact_text

LONGEST = 300  # characters that an exception's own text may have
LEFT_BEHIND = 3  # calls of one plug-in that have not returned: then it is not called any more until one has

T = TypeVar("T")
Passed = tuple[type[Exception], ...]

_left_behind: Counter[str] = Counter()
_tasks: set[asyncio.Future[Any]] = (
    set()
)  # cancelled ones that have not ended: a task without a reference may be collected
_lock = threading.Lock()


class PluginFault(Exception):
    """A failure of an outside package's code: `who` names the plug-in, `reason` is the failure."""

    def __init__(self, who: str, reason: str) -> None:
        super().__init__(f"{who}: {reason}")
        self.who, self.reason = who, reason


def holds_threads() -> bool:
    """Whether a call that did not return in time is still running in this process."""
    return _left_behind.total() > 0


def describe_error(error: BaseException) -> str:
    """One line about an exception of outside code: its type and the beginning of its text, without secrets."""
    try:
        text = str(error)
    except Exception as worse:
        text = f"its text cannot be read ({type(worse).__name__})"
    text = one_line(redact_text(text[: 10 * LONGEST]))
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return f"{type(error).__name__}: {short}" if short else type(error).__name__


def call(who: str, function: Callable[..., T], *arguments: Any, passed: Passed = ()) -> T:
    """Calls a function and returns its result. Raises PluginFault, and the exceptions in `passed`. For calls known to
    be quick."""
    try:
        return function(*arguments)
    except passed:
        raise
    except (Exception, SystemExit) as error:
        raise PluginFault(who, describe_error(error)) from error


def call_within(who: str, seconds: float, function: Callable[..., T], *arguments: Any, passed: Passed = ()) -> T:
    """As `call`, in a thread, for at most so many seconds."""
    if _left_behind[who] >= LEFT_BEHIND:
        raise PluginFault(who, f"not called: {LEFT_BEHIND} earlier calls have not returned")
    results: list[T] = []
    errors: list[BaseException] = []
    late = over = False

    def work() -> None:
        nonlocal over
        try:
            results.append(function(*arguments))
        except BaseException as error:  # an interrupt of the user's comes to the main thread, never here
            errors.append(error)
        with _lock:
            over = True
            if late:
                _left_behind[who] -= 1

    thread = threading.Thread(target=copy_context().run, args=(work,), name=who, daemon=True)
    thread.start()
    thread.join(seconds)
    with _lock:
        if not over:
            late = True
            _left_behind[who] += 1
            raise PluginFault(who, f"no answer within {seconds:g} s")
    if not errors:
        return results[0]
    if isinstance(errors[0], passed):
        raise errors[0]
    raise PluginFault(who, describe_error(errors[0])) from errors[0]


async def await_within(
    who: str, seconds: float, function: Callable[..., Awaitable[T]], *arguments: Any, passed: Passed = ()
) -> T:
    """The result of a coroutine function, after at most so many seconds. Raises PluginFault, and the exceptions in
    `passed`."""

    async def work() -> T:
        try:
            return await function(*arguments)
        except passed:
            raise
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            raise PluginFault(who, describe_error(error)) from error

    task = asyncio.create_task(work())
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            _leave(task)
    if not task.done():
        raise PluginFault(who, f"no answer within {seconds:g} s")
    if task.cancelled():
        raise PluginFault(who, "it cancelled itself")
    return task.result()


def _leave(task: asyncio.Future[Any]) -> None:
    task.cancel()
    _tasks.add(task)
    task.add_done_callback(_forget)


def _forget(task: asyncio.Future[Any]) -> None:
    _tasks.discard(task)
    if not task.cancelled():
        task.exception()  # looked at, so that asyncio does not complain of it
