"""The one HTTP client of a cluster. Whatever is asked of it, it lets nothing but known reads out."""

import ipaddress
import re
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import httpx2
from lightkube.config.client_adapter import verify_cluster
from msgspec.structs import replace as copy

from midwatch.integrations.kubernetes.live.credentials import credentials
from midwatch.integrations.kubernetes.live.errors import ClusterEndpoint, NoConnection
from midwatch.integrations.kubernetes.live.kubeconfig import Target
from midwatch.integrations.kubernetes.objects.kinds import ALL
from midwatch.integrations.kubernetes.reader import Refused

# An API server answers a handshake in milliseconds, or in a second across continents; what takes longer is a firewall.
CONNECT_SECONDS = 3
# Silence within an answer. A page of 500 pods begins within a second even on a busy control plane.
READ_SECONDS = 10
# client-go's own default is 5 questions a second with bursts of 10: enough to be quick, too few to be felt by the API
# server.
CONNECTIONS = 8

NAME = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
_APIS = sorted({(k.api, k.plural) for p, k in ALL.items() if p != "secrets"})
_PLACES = "|".join(
    f"{re.escape(api)}(?:/namespaces/{NAME})?/(?:{'|'.join(plural for _, plural in places)})"
    for api, places in groupby(_APIS, key=itemgetter(0))
)
# The kinds of groups that were added to the API, and which of them there are. Only whole lists: what stands below an
# object (exec, console, proxy) is no list. A built-in group has no dot, but for those that end in .k8s.io.
_ADDED = (
    rf"/apis(?:/[a-z0-9-]+(?:\.[a-z0-9-]+)+/v[0-9][a-z0-9]*(?:(?:/namespaces/{NAME})?/(?!secrets\b)[a-z][a-z0-9-]*)?)?"
)
_READS = re.compile(f"/version|/(?:{_PLACES})|{_ADDED}|/api/v1/namespaces/{NAME}/pods/{NAME}/log")


@dataclass(frozen=True)
class ClusterConnection:
    client: httpx2.AsyncClient
    place: ClusterEndpoint
    namespace: str
    server_name: str | None = None


def open_connection(target: Target) -> ClusterConnection:
    """Nothing is sent yet."""
    server = _address(target)
    tls = _tls(target)
    login = credentials(target, tls)
    try:
        client = httpx2.AsyncClient(
            base_url=server,
            verify=tls,
            auth=login,
            proxy=target.cluster.proxy_url or None,
            trust_env=not _loopback(server.host),
            timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS, pool=None),
            limits=httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            headers={"User-Agent": "midwatch"},
            event_hooks={"request": [only_reads(server.path)]},
        )
    except (ValueError, httpx2.InvalidURL, ImportError):  # the last for a SOCKS proxy
        raise NoConnection(
            f"The proxy for context {target.context!r} must be http:// or https://; correct proxy-url or HTTPS_PROXY."
        ) from None
    place = ClusterEndpoint(target.context, server.netloc.decode())  # netloc leaves out any user and password
    return ClusterConnection(client, place, target.namespace, target.cluster.tls_server_name)


def only_reads(prefix: str) -> Callable[[httpx2.Request], Awaitable[None]]:
    """Every request passes here, whoever made it. A GET is not harmless by itself: exec, proxy and Secrets are GETs
    too."""

    async def check(request: httpx2.Request) -> None:
        path = request.url.path.removeprefix(prefix.rstrip("/"))
        if request.method != "GET" or "upgrade" in request.headers or not _READS.fullmatch(path):
            raise Refused(f"Midwatch only reads what it knows to be harmless; {request.method} {path} was not sent.")

    return check


def _address(target: Target) -> httpx2.URL:
    try:
        server = httpx2.URL(target.cluster.server)
    except httpx2.InvalidURL:
        server = httpx2.URL("")
    if server.scheme not in ("https", "http") or not server.host:
        raise NoConnection(
            f"The server of context {target.context!r} is not an address such as https://host:6443; correct the "
            "kubeconfig."
        )
    return server


def _tls(target: Target) -> ssl.SSLContext:
    cluster = target.cluster
    if (
        cluster.insecure
    ):  # as asked; without this lightkube would check the certificate all the same when an authority is given
        cluster = copy(cluster, certificate_auth=None, certificate_auth_data=None)
    if cluster.server.startswith("http://"):
        return ssl.SSLContext(
            ssl.PROTOCOL_TLS_CLIENT
        )  # never used; the system's authorities take a third of a second to load
    try:
        tls = verify_cluster(cluster, target.user, lambda path: path)
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, ssl.SSLError) and error.reason else type(error).__name__
        raise NoConnection(
            f"The certificates or the key of context {target.context!r} are not valid PEM or do not fit each other "
            f"({reason}); "
            "write the kubeconfig again."
        ) from None
    # Python 3.13 turned this on; the authorities that kubeadm and kind make do not pass, and kubectl does not ask for
    # it.
    tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return tls


def _loopback(host: str) -> bool:
    """As Go does, never send what is meant for this machine through a proxy."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
