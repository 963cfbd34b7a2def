"""Logging: one JSON line per event on standard error for log collectors; plain text on a terminal."""

import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog
from structlog.tracebacks import ExceptionDictTransformer

from midwatch.kit.redaction import redact_text, redact_tree

_LIBRARIES = ("", "dbos")  # standard library loggers with handlers of their own: all others end at the root


def to_standard_error(level: str = "info") -> None:
    """Logs events from `level` on: debug, info, warning, error. Without the values of local variables: they hold tokens
    and keys."""
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
        # Of libraries only warnings, except at level debug.
        logger.setLevel(logging.DEBUG if lowest <= logging.DEBUG else max(lowest, logging.WARNING))


class Unfailing:
    """A log stream that drops unwritable output (disk full, reader gone) instead of raising."""

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
    """A processor that removes secrets from event values and exception texts."""
    return redact_tree(dict(event))


class RedactedFormatter(logging.Formatter):
    """Formatter that redacts log records of libraries, their tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        return redact_text(super().format(record))
