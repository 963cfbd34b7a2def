"""Entry point of an analyst process: `python -m midwatch.engine.analystprocess LIFELINE`, with messages on standard
input and output.

It holds no settings and no connections, and can be killed at any moment. LIFELINE is a pipe's end on which nothing ever
comes: when the other end closes, because the worker ended, however it ended, the operating system ends this process,
whatever it computes.
"""

import fcntl
import gc
import json
import os
import resource
import select
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from traceback import format_tb
from types import TracebackType
from typing import Any, BinaryIO

from midwatch.domain.evidence import Evidence
from midwatch.engine.analyst import Case
from midwatch.engine.analystwire import Begin, End, Message, Wanted, decode, encode
from midwatch.kit.containment import holds_threads

NICE_STEPS = 5  # steps of nice(2) by which it gives way to its worker
OOM_SCORE = "1000"  # when memory is short: the worker loses one computation instead of everything
# Peak memory, in KB: above the first the caches of a case are cleared at its end, above the second the process
# is not kept. Its programs alone need 60 MB, 5,000 pods 150 MB.
LARGE_KB, LARGEST_KB = 100 * 1024, 300 * 1024
_OBJECTS_BETWEEN_LOOKS = 200_000  # of the garbage collector, as in the command line


class AnalystSession:
    """Session of one case: keeps the evidence, so that each piece is sent once."""

    def __init__(self) -> None:
        self._case: Case | None = None
        self._evidence: list[Evidence] = []

    def answer(self, message: Message) -> Any:
        if isinstance(message, Begin):
            self._case, self._evidence = message.case, []
            return None
        if isinstance(message, End) or self._case is None:
            self._case, self._evidence = None, []
            return _clear_caches()
        self._evidence += message.fresh
        if isinstance(message, Wanted):
            return self._case.next_requests(self._evidence)
        return self._case.conclude(self._evidence, message.gaps)


def _clear_caches() -> bool:
    """Clears per-case state; returns whether the process is fit for another case. The bounded caches hold words of the
    last cases; the unbounded ones, catalogues."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if peak > LARGE_KB:
        for name, module in list(sys.modules.items()):
            if name.startswith("midwatch."):
                for value in vars(module).values():
                    if hasattr(value, "cache_parameters") and value.cache_parameters()["maxsize"]:
                        value.cache_clear()
        gc.collect()
    return peak < LARGEST_KB and not holds_threads()


def main() -> None:
    _die_with_the_worker(int(sys.argv[1]))
    sys.excepthook = _log_failure
    answers = _answers()
    os.nice(NICE_STEPS)
    with suppress(OSError):  # not Linux
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS, 50, 50)
    ctx, read = AnalystSession(), _reader()
    with suppress(EOFError, BrokenPipeError):
        while True:
            answers.write(encode(ctx.answer(decode(read))))
            answers.flush()


def _reader() -> Callable[[int], bytes]:
    return sys.stdin.buffer.read


def _answers() -> BinaryIO:
    """Standard output as the message stream; all other printed output goes to the log."""
    own = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return own


def _die_with_the_worker(lifeline: int) -> None:
    """Ends this process with SIGIO, whose default action terminates, when the worker closes its end of the pipe."""
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    watch = select.poll()
    watch.register(lifeline, select.POLLIN)
    if watch.poll(0):
        sys.exit(0)  # it closed before the poll


def _log_failure(kind: type[BaseException], _error: BaseException, trace: TracebackType | None) -> None:
    """Logs one JSON line in the worker's format: the location and type of an error. Its message may quote evidence."""
    entry = {"level": "error", "event": "analysis failed", "fault": kind.__name__, "at": "".join(format_tb(trace))}
    sys.stderr.write(json.dumps(entry) + "\n")


if __name__ == "__main__":
    main()
