"""What stands behind "cannot be reached": the network's reason and what to check, never the name of a class."""

import socket
import ssl
import threading
from collections.abc import Callable

import httpx2
import pytest

from midwatch.kit import answers
from midwatch.kit.connection_failures import connection_failure

SECONDS = 5.0


def below(outer: Exception, cause: BaseException) -> Exception:
    """As the client wraps what the operating system raised."""
    middle = OSError("All connection attempts failed")
    middle.__cause__ = cause
    outer.__cause__ = middle
    return outer


def unverified() -> ssl.SSLError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED]")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("error", "reason", "check"),
    [
        (below(httpx2.ConnectError("x"), ConnectionRefusedError(111, "x")), "connection refused", "listens on"),
        (below(httpx2.ConnectError("x"), socket.gaierror(-2, "x")), "the host name does not resolve", "DNS"),
        (below(httpx2.ConnectError("x"), OSError(113, "x")), "no route to the host", "firewall"),
        (below(httpx2.ConnectError("x"), unverified()), "verify failed (self-signed certificate)", "SSL"),
        (below(httpx2.ReadError("x"), ConnectionResetError(104, "x")), "connection reset by peer", "its log"),
        (below(httpx2.ConnectTimeout("x"), TimeoutError()), "the connection timed out", "firewall"),
        (httpx2.ReadTimeout("x"), "no response in time", "its log"),
        (httpx2.RemoteProtocolError("x"), "closed without an HTTP response", "https://"),
        (httpx2.ProxyError("x"), "the proxy refused", "NO_PROXY"),
        (httpx2.InvalidURL("x"), "the address is not valid", "URL"),
        (httpx2.WriteError("x"), "the connection broke", "its log"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)  # fmt: skip
def test_a_reason_and_what_to_check(error: Exception, reason: str, check: str) -> None:
    found = connection_failure(error)
    assert reason in found.reason and check in found.check
    assert type(error).__name__ not in found.reason


def test_a_chain_that_is_closed_ends() -> None:
    first, second = httpx2.ConnectError("x"), ValueError()
    first.__cause__, second.__cause__ = second, first
    assert connection_failure(first).reason == "the connection broke"


def _refused() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


async def test_the_client_itself() -> None:
    async with httpx2.AsyncClient(timeout=SECONDS, trust_env=False) as http:
        with pytest.raises(answers.Unanswered, match="connection refused") as refused:
            await answers.send(http, "GET", _refused())
    assert "listens on" in refused.value.check


async def test_plain_http_where_tls_is_expected() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(SECONDS)
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        async with httpx2.AsyncClient(timeout=SECONDS, trust_env=False, verify=ssl.create_default_context()) as http:
            task = _answer_plain(server)
            with pytest.raises(answers.Unanswered, match="TLS handshake failed"):
                await answers.send(http, "GET", url)
            task()


def _answer_plain(server: socket.socket) -> Callable[[], None]:
    """Answers one connection with what is no TLS; the returned function waits for it."""

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return thread.join
