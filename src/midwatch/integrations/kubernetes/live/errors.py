"""What went wrong between Midwatch and an API server, in one sentence with a next step. No sentence ever holds a
credential."""

import binascii
import re
import socket
import ssl
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2
import msgspec

from midwatch.integrations.kubernetes.reader import Refused
from midwatch.kit.answers import MALFORMED

ROLE = "midwatch-readonly"  # docs/kubernetes.md has its rules


class NoConnection(Refused):
    """Nothing can be read from this cluster: the kubeconfig, the network, TLS or the credentials are wrong."""


class TooSlow(Refused):
    """The server took the question and did not answer (all of it) in time."""


@dataclass(frozen=True)
class ClusterEndpoint:
    """Whom we ask: `host` is host:port, without any credentials the address may hold."""

    context: str
    host: str

    def __str__(self) -> str:
        return f"cluster {self.context} at {self.host}"


@dataclass(frozen=True)
class ApiRequest:
    """One GET in words. `permission` is the right it needs, `missing` what a 404 means."""

    url: str
    permission: str
    missing: str
    place: ClusterEndpoint

    @property
    def query(self) -> str:
        return f"GET {self.url}"


@dataclass(frozen=True)
class ApiAnswer:
    """`body` is whole only for an error; `token` is what was sent, to tell from it when it expired."""

    status: int
    headers: httpx2.Headers
    body: bytes = b""
    token: str = ""

    @property
    def message(self) -> str:
        """The server's own words, on one line."""
        try:
            text = msgspec.json.decode(self.body, type=_Status).message
        except MALFORMED:
            text = self.body.decode(errors="replace")
        return shorten(text)


_READ = 16_384  # characters of somebody else's text that are looked at


class _Status(msgspec.Struct):
    message: str = ""


class _Claims(msgspec.Struct):
    exp: float | None = None


def shorten(text: str, limit: int = 300) -> str:
    """One printable line of somebody else's text, without what looks like a token."""
    line = re.sub(r"[A-Za-z0-9+/_.=-]{80,}", "[…]", " ".join(text[:_READ].split()))
    line = "".join(c for c in line if c.isprintable())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def refuse_answer(answer: ApiAnswer, question: ApiRequest) -> Refused:
    """The reason for a status other than 200."""
    query, place, said = question.query, question.place, answer.message
    match answer.status:
        case 401:
            return NoConnection(_unauthorized(answer, place), query=query)
        case 403:
            return Refused(_forbidden(said, question), query=query, permission=question.permission)
        case 404:
            return Refused(question.missing, query=query, absent=True)
        case 429:
            return Refused(
                f"{place} is overloaded and turned the question away twice (429); ask again in a minute.", query=query
            )
        case status if status >= 500:
            return Refused(f"{place} failed to answer ({status}): {said or 'no reason given'}.", query=query)
        case status if 300 <= status < 400:
            return NoConnection(
                f"{place} redirects elsewhere ({status}); the address in the kubeconfig is not an API server's.",
                query=query,
            )
        case status:
            return Refused(f"{place} rejected the request ({status}): {said or 'no reason given'}.", query=query)


def _unauthorized(answer: ApiAnswer, place: ClusterEndpoint) -> str:
    expiry = token_expiry(answer.token)
    if not answer.token:
        return (
            f"{place} wants credentials and the context {place.context!r} sent none that it accepts; check its "
            "user in the kubeconfig."
        )
    until = f" (it was valid until {expiry:%Y-%m-%d %H:%M} UTC)" if expiry else ""
    return f"{place} does not accept the token of context {place.context!r}{until}; log in again to renew it."


def token_expiry(token: str) -> datetime | None:
    """When a JWT says it expires; None for any other token."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = msgspec.json.decode(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)), type=_Claims)
        return datetime.fromtimestamp(claims.exp, UTC) if claims.exp else None
    except (*MALFORMED, OverflowError, OSError, binascii.Error):
        return None


def _forbidden(said: str, question: ApiRequest) -> str:
    place = question.place
    user = re.search(r'User "([^"]+)"', said)
    if user and user[1] == "system:anonymous":
        return (
            f"{place} treats Midwatch as anonymous, who may not {question.permission}; check the user of context "
            f"{place.context!r}."
        )
    who = user[1] if user else f"the user of context {place.context!r}"
    bound = "RoleBinding in that namespace" if " in namespace " in question.permission else "ClusterRoleBinding"
    return f"{who} may not {question.permission}; grant it with a {bound} to ClusterRole {ROLE}."


def refuse_transport(error: httpx2.RequestError, question: ApiRequest) -> Refused:
    """The reason for a connection that did not work."""
    place, query = question.place, question.query
    match error:
        case httpx2.ConnectTimeout():
            return NoConnection(
                f"{place} does not answer; check that the network, VPN or firewall lets you reach it.", query=query
            )
        case httpx2.TimeoutException():
            return TooSlow(f"{place} did not answer in time; ask again, or for one namespace only.", query=query)
        case httpx2.ProxyError():
            return NoConnection(
                f"The proxy in front of {place} failed ({shorten(str(error))}); check proxy-url and HTTPS_PROXY.",
                query=query,
            )
        case _ if reason := _unreachable(error, place):
            return NoConnection(reason, query=query)
        case _:
            return Refused(
                f"The connection to {place} broke ({shorten(str(error)) or type(error).__name__}); ask again.",
                query=query,
            )


def _unreachable(error: httpx2.RequestError, place: ClusterEndpoint) -> str:
    for cause in _chain(error):
        if isinstance(cause, ssl.SSLError):
            return _tls(cause, place)
        if isinstance(cause, socket.gaierror):
            return f"The host name of {place} cannot be resolved; check the server in the kubeconfig and the VPN."
    if isinstance(error, httpx2.ConnectError):
        return f"Connection refused by {place}; check that the cluster runs and that the kubeconfig is current."
    return ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


_EXPIRED, _WRONG_NAME = (10,), (62, 64)  # OpenSSL: X509_V_ERR_CERT_HAS_EXPIRED; HOSTNAME_MISMATCH, IP_ADDRESS_MISMATCH


def _tls(error: ssl.SSLError, place: ClusterEndpoint) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _EXPIRED:
            return f"The certificate of {place} has expired; renew it on the control plane."
        if error.verify_code in _WRONG_NAME:
            return (
                f"The certificate of {place} is for another name; use the name it was made for, or set tls-server-name."
            )
        why = shorten(error.verify_message)
        return (
            f"The certificate of {place} is not signed by the authority in the kubeconfig ({why}); check "
            "certificate-authority."
        )
    if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return f"{place} does not speak TLS; check the scheme and the port of the server in the kubeconfig."
    return (
        f"The TLS handshake with {place} failed ({shorten(error.reason or str(error))}); check client-certificate "
        "and client-key."
    )
