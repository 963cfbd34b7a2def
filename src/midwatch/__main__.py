import atexit
import gc
import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from types import TracebackType

import typer

from midwatch.interfaces.cli import streams
from midwatch.interfaces.cli.app import app
from midwatch.interfaces.cli.exits import Exit

# A command lives for seconds and keeps nearly all that it reads: looking for garbage among it costs a tenth of the
# time.
_OBJECTS_BETWEEN_LOOKS = 200_000
TRACEBACK = "MIDWATCH_TRACEBACK"


def main() -> None:
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS, 50, 50)
    # Nor is it taken apart at the end, object by object, which costs another tenth: its memory goes with the process.
    atexit.register(gc.freeze)
    sys.excepthook = report_internal_error
    streams.prepare()
    try:
        typer.main.get_command(app)(prog_name="midwatch")
    finally:
        _flush()


def _flush() -> None:
    """What is still in the buffer: a disk that is full is found out about here at the latest."""
    try:
        sys.stdout.flush()
    except OSError as error:
        sys.stderr.write(f"midwatch: {error.filename}: {error.strerror}.\n  Free some space, or write elsewhere\n")
        sys.exit(Exit.FAILED)


def report_internal_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """One sentence for a fault of Midwatch; the traceback, without the secrets that its text may quote, on request."""
    redact_text = import_module("midwatch.kit.redaction").redact_text
    last = (traceback.extract_tb(trace) or [None])[-1]
    place = f" at {Path(last.filename).name}, line {last.lineno}" if last else ""
    sys.stderr.write(
        f"midwatch: Internal error: {kind.__name__}{place}.\n  Please report it with the traceback: run the same "
        f"command with {TRACEBACK}=1\n"
    )
    if os.environ.get(TRACEBACK):
        sys.stderr.write(redact_text("".join(traceback.format_exception(kind, error, trace))))
    raise SystemExit(Exit.FAILED)


if __name__ == "__main__":
    main()
