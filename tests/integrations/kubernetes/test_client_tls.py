"""TLS to a real server: whose certificate is trusted, and how a client shows its own."""

import asyncio
import base64
import ssl
import subprocess
from pathlib import Path

import pytest

from midwatch.integrations.kubernetes.client import NoConnection
from midwatch.integrations.kubernetes.reader import Refused
from tests.integrations.kubernetes.api_server import ask, kubeconfig, program, recorded, running


class Authority:
    """A certificate authority with a server's and a client's certificate, made by the openssl program."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._run(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 2 -subj "
            "/CN=lab-ca"
        )
        self._issue("server", "subjectAltName=DNS:kubernetes.default,IP:127.0.0.1")
        self._issue("named", "subjectAltName=DNS:kubernetes.default")
        self._issue("client", "extendedKeyUsage=clientAuth")

    def _issue(self, name: str, extension: str) -> None:
        (self.folder / f"{name}.ext").write_text(extension)
        self._run(
            f"req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.csr -subj "
            f"/CN={name}"
        )
        self._run(
            f"x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile {name}.ext -out "
            f"{name}.crt"
        )

    def _run(self, arguments: str) -> None:
        subprocess.run(["openssl", *arguments.split()], cwd=self.folder, check=True, capture_output=True)

    def server(self, name: str = "server", client: bool = False) -> ssl.SSLContext:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        if client:
            tls.verify_mode = ssl.CERT_REQUIRED
            tls.load_verify_locations(self.folder / "ca.crt")
        return tls

    def data(self, name: str) -> str:
        return base64.b64encode((self.folder / name).read_bytes()).decode()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


async def test_tls_with_the_clusters_own_authority(tmp_path: Path, authority: Authority) -> None:
    async with running(lambda _: recorded("version"), tls=authority.server()) as api:
        for cluster in (
            {"certificate-authority-data": authority.data("ca.crt")},
            {"certificate-authority": str(authority.folder / "ca.crt")},
            {"insecure-skip-tls-verify": True},
            {"insecure-skip-tls-verify": True, "certificate-authority": str(authority.folder / "client.crt")},
        ):
            assert (await ask(kubeconfig(tmp_path, api.url, {}, cluster))).version


async def test_a_certificate_of_somebody_else(tmp_path: Path, authority: Authority) -> None:
    async with running(lambda _: recorded("version"), tls=authority.server()) as api:
        with pytest.raises(
            NoConnection, match=r"is not signed by the authority in the kubeconfig .*; check certificate-authority"
        ):
            await ask(kubeconfig(tmp_path, api.url))
    assert api.asked == []


async def test_a_certificate_for_another_name(tmp_path: Path, authority: Authority) -> None:
    cluster = {"certificate-authority": str(authority.folder / "ca.crt")}
    async with running(lambda _: recorded("version"), tls=authority.server("named")) as api:
        with pytest.raises(
            NoConnection, match="is for another name; use the name it was made for, or set tls-server-name"
        ):
            await ask(kubeconfig(tmp_path, api.url, {}, cluster))
        assert (
            await ask(kubeconfig(tmp_path, api.url, {}, cluster | {"tls-server-name": "kubernetes.default"}))
        ).version


async def test_tls_where_there_is_none(tmp_path: Path) -> None:
    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 400 Bad Request\r\n\r\nthis port speaks plain HTTP")
        await writer.drain()

    async with running(raw=plain) as api:
        with pytest.raises(NoConnection, match=f"127.0.0.1:{api.port} does not speak TLS; check the scheme"):
            await ask(kubeconfig(tmp_path, api.url.replace("http", "https")))


async def test_a_server_that_accepts_and_says_nothing(tmp_path: Path) -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with running(raw=silent) as api:
        with pytest.raises(NoConnection, match="does not answer; check that the network, VPN or firewall"):
            await ask(kubeconfig(tmp_path, api.url.replace("http", "https")))


async def test_a_client_certificate_from_file_data_and_program(tmp_path: Path, authority: Authority) -> None:
    cluster = {"certificate-authority": str(authority.folder / "ca.crt")}
    printed = {
        "clientCertificateData": (authority.folder / "client.crt").read_text(),
        "clientKeyData": (authority.folder / "client.key").read_text(),
    }
    async with running(lambda _: recorded("version"), tls=authority.server(client=True)) as api:
        for user in (
            {
                "client-certificate": str(authority.folder / "client.crt"),
                "client-key": str(authority.folder / "client.key"),
            },
            {"client-certificate-data": authority.data("client.crt"), "client-key-data": authority.data("client.key")},
            program(tmp_path, [f"print(json.dumps({{'status': {printed!r}}}))"]),
        ):
            assert (await ask(kubeconfig(tmp_path, api.url, user, cluster))).version
        # TLS 1.3 tells a missing client certificate only by hanging up after the handshake.
        with pytest.raises(Refused, match=r"The connection to cluster lab at .* broke"):
            await ask(kubeconfig(tmp_path, api.url, {}, cluster))
