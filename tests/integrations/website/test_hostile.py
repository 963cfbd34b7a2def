"""Sites that answer with what is no HTTP, and certificates that say anything: lines of ours, never a traceback."""

import asyncio
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from midwatch.domain.evidence import Evidence
from midwatch.integrations.website.certificate import parse_certificate
from tests.integrations.kubernetes.api_server import running
from tests.integrations.website.asking import NOW, ask, refusal, site

MOVED = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: "
RAW = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "head of a megabyte": b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "headers without an end": b"HTTP/1.1 200 OK\r\n" + b"X-A: a\r\n" * 20_000,
    "escapes in a header": b"HTTP/1.1 200 OK\r\nContent-Type: \x1b[2J\r\n\r\n",
    "a reason": b"HTTP/1.1 200 \x1b[2J\xff\r\nContent-Length: 0\r\n\r\n",
    "a length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "to a long name": MOVED + b"http://" + b"a" * 300 + b".example/\r\n\r\n",
    "to escapes": MOVED + b"/\x1b[2J\r\n\r\n",
    "to a long path": MOVED + b"/" + b"a" * 90_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("answer", RAW.values(), ids=RAW)
async def test_what_a_site_sends_is_lines_of_ours(answer: bytes) -> None:
    async def raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    async with running(raw=raw) as api:
        seen = await ask(api.url, site(api.url))
    assert isinstance(seen, Evidence), seen
    assert all(line.isprintable() for line in seen.text.split("\n"))
    assert len(seen.text) < 5_000


@pytest.mark.parametrize(
    "to", ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/", "http://[::ffff:10.0.0.1]/"]
)
async def test_a_redirect_leads_to_no_other_internal_place(to: str) -> None:
    async def raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(MOVED + to.encode() + b"\r\n\r\n")
        await writer.drain()

    async with running(raw=raw) as api:
        assert (await refusal(api.url, site(api.url))).startswith("refused: ")


@pytest.mark.parametrize(
    "names",
    [
        b"\x30\x05\xa5\x03\x81\x01\x41",
        b"\x30\x06\xa3\x04\x30\x02\x05\x00",
        b"\x30\x03\x82\x01\xff",
        b"\x30\x05\x82\x03a\nb",
        b"\xff\xff",
        b"",
    ],
    ids=["party name", "X.400", "not ASCII", "line feed", "no DER", "nothing"],
)
def test_names_of_any_kind_are_read_or_left_out(names: bytes) -> None:
    key, who = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    made = x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=9))
    made = made.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), names), critical=False)
    found = parse_certificate(made.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))
    assert found is None or (isinstance(found.names, tuple) and found.days(NOW) == 9)
