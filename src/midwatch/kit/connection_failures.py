"""Causes of failed connections in a network engineer's terms, with the next check."""

import errno
import socket
import ssl
from collections.abc import Iterator
from typing import NamedTuple

import httpx2


class ConnectionFailure(NamedTuple):
    """`reason` is a clause that fits behind "cannot be reached: "; `check` is a sentence without its full stop."""

    reason: str
    check: str


_ADDRESS = "Check the host name, and the DNS of this machine"
_CLOSED = "Check that it listens on this host and port"
_ROUTE = "Check the address, the route, the firewall and any VPN"
_CERTIFICATE = "Check its certificate and the host name; SSL_CERT_FILE names the certificate of an own authority"
_PROTOCOL = "Check http:// or https://, and the port"
_BROKEN = "Check its log, and any proxy in between"
_NO_ROUTE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN)


def connection_failure(error: BaseException) -> ConnectionFailure:
    """The cause below an HTTP client error, which wraps the operating system's error twice."""
    for cause in _causes(error):
        if found := _system(cause):
            return found
    match error:
        case httpx2.ConnectTimeout():
            return ConnectionFailure("the connection timed out", _ROUTE)
        case httpx2.TimeoutException():
            return ConnectionFailure("no response in time", _BROKEN)
        case httpx2.UnsupportedProtocol() | httpx2.InvalidURL():
            return ConnectionFailure(
                "the address is not valid", "Check the URL: http:// or https://, a host and a port"
            )
        case httpx2.ProxyError():
            return ConnectionFailure("the proxy refused the connection", "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY")
        case httpx2.RemoteProtocolError():
            return ConnectionFailure("the connection was closed without an HTTP response", _PROTOCOL)
        case _:
            return ConnectionFailure("the connection broke", _BROKEN)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception chain from the outermost on; each once, since chains can be closed."""
    seen: set[int] = set()
    left: BaseException | None = error
    while left is not None and id(left) not in seen:
        seen.add(id(left))
        yield left
        left = left.__cause__ or left.__context__


def _system(cause: BaseException) -> ConnectionFailure | None:
    """The cause as an operating system error; None for other errors, and for ones without a specific meaning."""
    match cause:
        case socket.gaierror():
            return ConnectionFailure("the host name does not resolve", _ADDRESS)
        case ssl.SSLCertVerificationError():
            return ConnectionFailure(f"TLS: certificate verify failed ({cause.verify_message})", _CERTIFICATE)
        case ssl.SSLError():
            return ConnectionFailure(f"TLS handshake failed ({cause.reason or 'no reason given'})", _PROTOCOL)
        case ConnectionRefusedError():
            return ConnectionFailure("connection refused", _CLOSED)
        case ConnectionResetError() | BrokenPipeError():
            return ConnectionFailure("connection reset by peer", _BROKEN)
        case OSError() if cause.errno in _NO_ROUTE:
            return ConnectionFailure("no route to the host", _ROUTE)
        case _:
            return None
