"""Failed connections in logs: what a hint lets pass over must be nothing that an expression would have found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.diagnosis.kubernetes.view.failed_connections import FailedConnection, misses
from tests.integrations.kubernetes.situation import cluster

POD = """
kind: Pod
metadata: {name: web-1, namespace: shop}
"""
LINES = {
    FailedConnection.NAME: (
        "temporary failure in name resolution",
        "lookup cart: no such host",
        "Name or service not known",
        "Could not resolve host: cart",
        "getaddrinfo failed",
        "EAI_AGAIN",
        "ENOTFOUND cart",
        "java.net.UnknownHostException: cart",
        "nodename nor servname provided",
        "lookup cart on 10.0.0.10:53: gone",
        "server misbehaving",
    ),
    FailedConnection.REFUSED: ("connection refused", "ECONNREFUSED 10.0.0.1:80"),
    FailedConnection.TIMEOUT: (
        "i/o timeout",
        "timed out",
        "time out",
        "timedout",
        "ETIMEDOUT",
        "context deadline exceeded",
        "no route to host",
        "EHOSTUNREACH",
        "network is unreachable",
    ),
}
CASES = [
    (failure, spelled)
    for failure, lines in LINES.items()
    for line in lines
    for spelled in (line, line.upper(), line.lower())
]


def found(text: str) -> list[tuple[FailedConnection, str]]:
    return [(m.failure, m.line) for m in misses(cluster(POD, {("shop", "web-1", "web"): text}))]


@pytest.mark.parametrize(("failure", "line"), CASES)
def test_each_wording_is_found_in_any_case(failure: FailedConnection, line: str) -> None:
    assert found(f"all is well\nwhat happened: {line} again\n") == [(failure, f"what happened: {line} again")]


@given(
    st.lists(st.sampled_from([line for _, line in CASES] + ["all is well", "connection refu\u017fed", ""]), max_size=5)
)
def test_exactly_the_lines_are_found_that_an_expression_finds(lines: list[str]) -> None:
    expected = [(f, line) for line in lines if (f := next((f for f in FailedConnection if f.value.search(line)), None))]
    assert found("\n".join(lines)) == expected
