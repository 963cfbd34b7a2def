"""How a request proves who asks: a token, a token file that is rotated, a password, or a program that prints
credentials."""

import asyncio
import os
import ssl
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from base64 import b64encode
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from midwatch.integrations.kubernetes.live.errors import NoConnection, shorten
from midwatch.integrations.kubernetes.live.kubeconfig import KubeconfigCluster, Plugin, Target
from midwatch.kit.answers import MALFORMED
from midwatch.kit.credentials import note_credential, note_login

# A cloud's login program calls out over the network itself; slower than this it is waiting for a person.
PLUGIN_SECONDS = 20
# Renewed a little early, so that a token cannot run out on its way to the server.
EARLY = timedelta(seconds=10)
_API = "client.authentication.k8s.io/"


class Credential(msgspec.Struct, rename="camel"):
    """`status` of an ExecCredential."""

    token: str = ""
    expiration_timestamp: datetime | None = None
    client_certificate_data: str = ""
    client_key_data: str = ""

    @property
    def stale(self) -> bool:
        expiry = self.expiration_timestamp
        return expiry is not None and datetime.now(UTC) >= expiry.astimezone(UTC) - EARLY


class _Printed(msgspec.Struct):
    status: Credential | None = None


class Token(httpx2.Auth):
    """A bearer token; from a file it is read again after a 401, because the kubelet rotates it."""

    def __init__(self, target: Target) -> None:
        self._context, self._file = target.context, target.user.token_file
        self._token = "" if self._file else _checked(target.user.token or "", target.context)

    def _read(self) -> str:
        try:
            return _checked(Path(self._file or "").read_text("utf-8").strip(), self._context)
        except (OSError, UnicodeDecodeError):
            raise NoConnection(
                f"The token file {self._file} of context {self._context!r} cannot be read; log in again."
            ) from None

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        if self._file and not self._token:
            self._token = self._read()
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code == 401 and self._file:
            self._token = self._read()
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request


class Program(httpx2.Auth):
    """An exec plugin: run when there is no valid credential, and once more when the server says 401."""

    def __init__(self, plugin: Plugin, target: Target, tls: ssl.SSLContext) -> None:
        self._plugin, self._target, self._tls = plugin, target, tls
        self._credential: Credential | None = None
        self._lock = asyncio.Lock()
        version = plugin.apiVersion.removeprefix(_API)
        if version not in ("v1", "v1beta1"):
            raise NoConnection(
                f"The login program {plugin.command} of context {target.context!r} is set up for {version}, which "
                "kubectl no longer "
                "speaks either; write the kubeconfig again with the vendor's tool."
            )
        if plugin.interactiveMode == "Always":
            raise NoConnection(
                f"The login program {plugin.command} of context {target.context!r} wants a person at a terminal; use "
                "another login."
            )

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        credential = await self._renew(None)
        self._sign(request, credential)
        response = yield request
        if response.status_code == 401:
            self._sign(request, await self._renew(credential))
            yield request

    def _sign(self, request: httpx2.Request, credential: Credential) -> None:
        if credential.token:
            request.headers["Authorization"] = f"Bearer {credential.token}"
        if credential.client_certificate_data:
            # A kept-alive connection would go on with the certificate it was opened with.
            request.headers["Connection"] = "close"

    async def _renew(self, refused: Credential | None) -> Credential:
        """The credential at hand, or a new one when it is stale or is the one just refused; parallel requests share one
        run."""
        async with self._lock:
            current = self._credential
            if current is None or current.stale or current is refused:
                current = self._credential = await self._run()
                if current.client_certificate_data:
                    self._present(current)
            return current

    def _present(self, credential: Credential) -> None:
        with (
            tempfile.NamedTemporaryFile() as file
        ):  # readable by the owner only; the ssl module takes nothing but files
            file.write(f"{credential.client_certificate_data}\n{credential.client_key_data}\n".encode())
            file.flush()
            try:
                self._tls.load_cert_chain(file.name)
            except ssl.SSLError:
                raise NoConnection(
                    f"The login program {self._plugin.command} printed a client certificate and key that do not fit."
                ) from None

    async def _run(self) -> Credential:
        plugin, context = self._plugin, self._target.context
        environment = os.environ | {v.name: v.value for v in plugin.env or ()} | {"KUBERNETES_EXEC_INFO": self._info()}
        try:
            process = await asyncio.create_subprocess_exec(
                plugin.command, *(plugin.args or ()), env=environment, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
            )
        except FileNotFoundError:
            hint = f" {shorten(plugin.installHint)}" if plugin.installHint else ""
            raise NoConnection(
                f"The login program {plugin.command} of context {context!r} is not installed or not in PATH; install "
                f"it.{hint}"
            ) from None
        except OSError as error:
            raise NoConnection(
                f"The login program {plugin.command} of context {context!r} cannot be run ({error.strerror})."
            ) from None
        try:
            async with asyncio.timeout(PLUGIN_SECONDS):
                out, err = await process.communicate()
        except TimeoutError:
            raise NoConnection(
                f"The login program {plugin.command} of context {context!r} gave nothing in {PLUGIN_SECONDS} s; run "
                "it by hand."
            ) from None
        finally:
            if process.returncode is None:  # too slow, or nobody waits for the answer any more
                process.kill()
        if process.returncode:
            last = shorten((err.decode(errors="replace").strip().splitlines() or ["no message"])[-1])
            raise NoConnection(
                f"The login program {plugin.command} of context {context!r} failed ({last}); log in again."
            )
        return self._parse(out)

    def _parse(self, out: bytes) -> Credential:
        name, context = self._plugin.command, self._target.context
        try:
            credential = msgspec.json.decode(out, type=_Printed).status
        except MALFORMED:
            raise NoConnection(
                f"The login program {name} of context {context!r} printed no ExecCredential; run it by hand to see."
            ) from None
        if not credential or not (credential.token or credential.client_certificate_data):
            raise NoConnection(
                f"The login program {name} of context {context!r} printed neither a token nor a certificate; log in "
                "again."
            )
        if credential.token:
            _checked(credential.token, context)
        note_credential(credential.client_key_data)
        return credential

    def _info(self) -> str:
        spec: dict[str, Any] = {"interactive": False}
        if self._plugin.provideClusterInfo:
            spec["cluster"] = _cluster_info(self._target.cluster)
        return msgspec.json.encode(
            {"apiVersion": self._plugin.apiVersion, "kind": "ExecCredential", "spec": spec}
        ).decode()


def _cluster_info(cluster: KubeconfigCluster) -> dict[str, Any]:
    info: dict[str, Any] = {"server": cluster.server}
    authority = cluster.certificate_auth_data
    if cluster.certificate_auth:
        authority = b64encode(Path(cluster.certificate_auth).read_bytes()).decode()
    config = next((e.get("extension") for e in cluster.extensions or () if e.get("name") == _API + "exec"), None)
    optional = {
        "tls-server-name": cluster.tls_server_name,
        "insecure-skip-tls-verify": cluster.insecure,
        "certificate-authority-data": authority,
        "proxy-url": cluster.proxy_url,
        "config": config,
    }
    return info | {key: value for key, value in optional.items() if value}


def _checked(token: str, context: str) -> str:
    """A token that can be sent; it is noted, so that no output repeats it."""
    note_credential(token)
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise NoConnection(
            f"The token of context {context!r} is malformed (empty, or with spaces or line breaks in it); log in again."
        )
    return token


def credentials(target: Target, tls: ssl.SSLContext) -> httpx2.Auth | None:
    """In the order in which kubectl takes them; None leaves it to the client certificate, if any."""
    user = target.user
    if user.token_file or user.token:
        return Token(target)
    if user.username and user.password is not None:
        note_login(user.username, user.password)
        return httpx2.BasicAuth(user.username, user.password)
    return Program(user.exec, target, tls) if user.exec else None
