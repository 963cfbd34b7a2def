"""Self-signed certificates with a chosen name and life."""

import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_LIFE = timedelta(days=365)


@dataclass(frozen=True)
class Papers:
    """A certificate and its key, as files. Clients that trust `certificate` as an authority accept it."""

    certificate: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def issue(
    folder: Path, expires: datetime, names: Sequence[str] = ("localhost", "127.0.0.1"), starts: datetime | None = None
) -> Papers:
    """Issues a certificate, valid from `starts` (a year before `expires` if not given)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Fake Site")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts or expires - _LIFE)
        .not_valid_after(expires)
        .add_extension(x509.SubjectAlternativeName([_named(n) for n in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    papers = Papers(folder / "site.crt", folder / "site.key")
    papers.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    papers.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    papers.key.chmod(0o600)
    return papers


def _named(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
