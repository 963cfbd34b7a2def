"""A site's certificate, and the reason why it is refused."""

import asyncio
import ssl
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cryptography import x509

HANDSHAKE_S = 3.0
_SHOWN = 5  # names
Problem = Literal["", "expired", "early", "name", "untrusted", "handshake"]
# OpenSSL's X509_V_ERR_*; any other code is a broken chain.
_PROBLEMS: dict[int, Problem] = {9: "early", 10: "expired", 62: "name", 64: "name"}


@dataclass(frozen=True)
class Certificate:
    issuer: str
    names: tuple[str, ...]
    starts: datetime
    expires: datetime

    def days(self, now: datetime) -> int:
        """Whole days until it expires; below 0 when it has expired."""
        return int((self.expires - now).total_seconds() // 86_400)


def parse_certificate(der: bytes | None) -> Certificate | None:
    """The parsed certificate; None for a missing or unreadable one."""
    try:
        found = x509.load_der_x509_certificate(der or b"")
        issuer = found.issuer.rfc4514_string()
        return Certificate(issuer, tuple(_names(found))[:_SHOWN], found.not_valid_before_utc, found.not_valid_after_utc)
    except ValueError:
        return None


def _names(found: x509.Certificate) -> list[str]:
    try:
        listed = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return []
    return [*listed.get_values_for_type(x509.DNSName), *map(str, listed.get_values_for_type(x509.IPAddress))]


async def presented_certificate(address: str, port: int, host: str) -> Certificate | None:
    """The certificate that a site presents, valid or not. Nothing is sent, so no trust is needed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(HANDSHAKE_S):
            _, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=host)
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            writer.transport.abort()
            await writer.wait_closed()
    except (OSError, TimeoutError):
        return None
    return parse_certificate(shown)


def problem(error: ssl.SSLError) -> tuple[Problem, str]:
    """The reason for a failed handshake, in one word and in OpenSSL's own."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return "handshake", (error.reason or str(error)).replace("_", " ").lower()
    return _PROBLEMS.get(error.verify_code, "untrusted"), error.verify_message
