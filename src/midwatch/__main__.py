import atexit
import gc
import sys
import traceback
from importlib import import_module
from types import TracebackType

import typer

from midwatch.interfaces.cli.app import app

# A command lives for seconds and keeps nearly all that it reads: looking for garbage among it costs a tenth of the
# time.
_OBJECTS_BETWEEN_LOOKS = 200_000
_FAILED = 2


def main() -> None:
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS, 50, 50)
    # Nor is it taken apart at the end, object by object, which costs another tenth: its memory goes with the process.
    atexit.register(gc.freeze)
    sys.excepthook = print_redacted
    typer.main.get_command(app)(prog_name="midwatch")


def print_redacted(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A fault of Midwatch prints where it happened, without the secrets that its text may quote. It ends with exit code
    2, "could not be run": Python's own is 1, which scripts take for a finding."""
    text = "".join(traceback.format_exception(kind, error, trace))
    sys.stderr.write(import_module("midwatch.kit.redaction").redact_text(text))
    if not isinstance(error, KeyboardInterrupt):
        raise SystemExit(_FAILED)


if __name__ == "__main__":
    main()
