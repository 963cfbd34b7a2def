"""The log: one line of JSON an event on standard error, for whatever collects it; in words where a person watches."""

import logging
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer


def to_standard_error() -> None:
    """Without the values of local variables: they hold tokens and keys."""
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    shown = plain if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    tracebacks = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            tracebacks if not sys.stderr.isatty() else structlog.processors.StackInfoRenderer(),
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
