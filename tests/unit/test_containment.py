"""Calls into code of others: whatever it raises, and however long it takes, its caller goes on."""

import asyncio
import threading
import time

import pytest

from midwatch.kit.containment import LEFT_BEHIND, PluginFault, await_within, call, call_within, holds_threads
from tests.skipping import skipping


class _Unreadable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("worse")


def _raises(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("bad"), "x: ValueError: bad"),
        (SystemExit(3), "x: SystemExit: 3"),
        (KeyError(), "x: KeyError"),
        (_Unreadable(), "x: _Unreadable: its text cannot be read (RuntimeError)"),
        (ValueError("two\nlines \x1b[31m"), "x: ValueError: two lines "),
    ],
)
def test_every_exception_is_a_fault_with_a_name(error: BaseException, reason: str) -> None:
    with pytest.raises(PluginFault) as direct:
        call("x", _raises, error)
    with pytest.raises(PluginFault) as apart:
        call_within("x", 5, _raises, error)
    assert (str(direct.value), str(apart.value)) == (reason, reason)


def test_an_interrupt_is_the_users_only_in_the_thread_of_the_caller() -> None:
    with pytest.raises(KeyboardInterrupt):
        call("x", _raises, KeyboardInterrupt())
    with pytest.raises(PluginFault, match="KeyboardInterrupt"):
        call_within("x", 5, _raises, KeyboardInterrupt())


def test_its_text_is_short_and_without_secrets() -> None:
    with pytest.raises(PluginFault) as fault:
        call("x", _raises, ValueError("ghp_" + "a1B2c3D4e5F6" * 3 + " " + "y" * 100_000))
    assert len(str(fault.value)) < 400 and "a1B2c3" not in str(fault.value)


def test_what_is_passed_comes_through() -> None:
    for contained in (call, lambda who, function, error, passed: call_within(who, 5, function, error, passed=passed)):
        with pytest.raises(LookupError, match="mine"):
            contained("x", _raises, LookupError("mine"), passed=(LookupError,))


def test_one_that_does_not_return_is_left_behind_and_not_called_for_ever() -> None:
    over = threading.Event()
    try:
        for _ in range(LEFT_BEHIND):
            with pytest.raises(PluginFault, match=r"stuck: no answer within 0\.01 s"):
                call_within("stuck", 0.01, over.wait)
        assert holds_threads()
        with pytest.raises(PluginFault, match=f"not called: {LEFT_BEHIND} earlier calls have not returned"):
            call_within("stuck", 5, int)
        assert call_within("another", 5, int) == 0
    finally:
        over.set()
    end = time.monotonic() + 20
    while holds_threads() and time.monotonic() < end:
        time.sleep(0.01)
    assert call_within("stuck", 5, int) == 0


async def _hangs() -> None:
    await asyncio.sleep(9999)


async def _cancels() -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize(("work", "reason"), [(_hangs, "no answer within 20 s"), (_cancels, "it cancelled itself")])
def test_a_coroutine_that_does_not_end(work: object, reason: str) -> None:
    with pytest.raises(PluginFault, match=f"x: {reason}"):
        skipping(await_within("x", 20, work))  # type: ignore[arg-type]


def test_who_waits_can_be_cancelled() -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(9999)
        finally:
            ended.append("work")

    async def main() -> None:
        waiting = asyncio.create_task(await_within("x", 20, work))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.sleep(0)

    skipping(main())
    assert ended == ["work"]
