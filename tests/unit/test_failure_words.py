"""Lines that forbid an all-clear, and lines that deny a failure themselves."""

import pytest

from midwatch.analysis.failure_words import speaks_of_failure
from midwatch.domain.observation import LogLines


@pytest.mark.parametrize(
    "line",
    [
        "chown: /data: Operation not permitted",
        "request denied by policy",
        "cannot open shared object",
        "upstream timed out",
        "process exited with code 3",
        "panic: nil map",
        "x509: unknown authority",
        "unable to resolve host",
        "level=info invalid token",
        "java.lang.IllegalStateException",
    ],
)
def test_it_speaks_of_a_failure(line: str) -> None:
    assert speaks_of_failure(line)


@pytest.mark.parametrize(
    "line",
    [
        "ready",
        "0 errors found",
        "finished without errors",
        "errors=0 done",
        "error: null",
        "exit code 0",
        "read timeout is 30s",
        "openssl x509 -in a.crt",
    ],
)
def test_it_does_not(line: str) -> None:
    assert not speaks_of_failure(line)


@pytest.mark.parametrize(("text", "size"), [("one", "1 line"), ("one\ntwo", "2 lines"), ("one\ntwo\n", "2 lines")])
def test_lines_are_counted_not_their_ends(text: str, size: str) -> None:
    assert LogLines(namespace="", name="a", container="", text=text).size == size
