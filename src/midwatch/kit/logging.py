"""The log: one line of JSON an event on standard error, for whatever collects it; in words where a person watches."""

import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog
from structlog.tracebacks import ExceptionDictTransformer

from midwatch.kit.redaction import redact_text, redact_tree

_LIBRARIES = ("", "dbos")  # loggers of the standard library that write for themselves: all others end at the root


def to_standard_error(level: str = "info") -> None:
    """Events from `level` on: debug, info, warning, error. Without the values of local variables: they hold tokens and
    keys."""
    lowest = logging.getLevelNamesMapping()[level.upper()]
    person, stream = sys.stderr.isatty(), cast(TextIO, Unfailing(sys.stderr))
    tracebacks = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if person else tracebacks,
            redact_event,
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
            if person
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
    for name in _LIBRARIES:
        handler = logging.StreamHandler(stream)
        handler.setFormatter(RedactedFormatter())
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        # Of libraries no more than their warnings, except for one who looks for a fault.
        logger.setLevel(logging.DEBUG if lowest <= logging.DEBUG else max(lowest, logging.WARNING))


class Unfailing:
    """A stream for the log: what cannot be written (its disk is full, its reader is gone) is lost, and ends nothing."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def redact_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: no value of an event, and no text of an exception, holds a secret."""
    return redact_tree(dict(event))


class RedactedFormatter(logging.Formatter):
    """What libraries log by themselves, their tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        return redact_text(super().format(record))
