"""The log is lost where it cannot be written, and nothing else is."""

import io
import logging
import re
from collections.abc import Iterator
from contextlib import redirect_stderr, suppress
from pathlib import Path

import pytest
import structlog

from midwatch.kit.logging import to_standard_error


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, levels = root.handlers[:], {name: logging.getLogger(name).level for name in ("", "dbos")}
    yield
    structlog.reset_defaults()
    root.handlers = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_an_event_is_a_line_of_json() -> None:
    written = io.StringIO()
    with redirect_stderr(written):
        to_standard_error()
        structlog.get_logger().warning("store unavailable", run="inv_1")
    assert '"event": "store unavailable"' in written.getvalue() and '"run": "inv_1"' in written.getvalue()


@pytest.mark.parametrize(
    ("level", "written"),
    [("debug", "dbug info warning"), ("info", "info warning"), ("warning", "warning"), ("error", "")],
)
def test_events_below_the_level_are_not_logged(level: str, written: str) -> None:
    out = io.StringIO()
    with redirect_stderr(out):
        to_standard_error(level)
        log = structlog.get_logger()
        log.debug("dbug")
        log.info("info")
        log.warning("warning")
        logging.getLogger("some.library").info("told by a library")
    assert re.findall(r'"event": "(\w+)"', out.getvalue()) == written.split()
    assert ("told by a library" in out.getvalue()) is (level == "debug"), "of libraries only warnings"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_ends_nothing() -> None:
    written: list[str] = []
    with (
        suppress(OSError),
        Path("/dev/full").open("w", buffering=1) as full,
    ):  # what was kept back fails when it is closed
        with redirect_stderr(full):
            to_standard_error()
            structlog.get_logger().warning("store unavailable")
        structlog.get_logger().warning("and goes on")
        logging.getLogger("dbos").error("a library speaks")
        logging.getLogger("dbos").handlers[0].flush()
        written.append("both")
    assert written == ["both"]


def test_a_reader_that_is_gone_ends_nothing() -> None:
    closed = io.StringIO()
    with redirect_stderr(closed):
        to_standard_error()
        closed.close()
        structlog.get_logger().warning("store unavailable")
        logging.getLogger("dbos").handlers[0].flush()
