"""HTTP transport that connects only to checked addresses, so that a name cannot be rebound a moment later."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx2

from midwatch.domain.tool import ToolError
from midwatch.integrations.website.addresses import NEVER, Resolve, refusal_of
from midwatch.integrations.website.objects.site import SiteSettings
from midwatch.integrations.website.objects.sites import NO_DNS, is_configured
from midwatch.integrations.website.phases import Phases
from midwatch.integrations.website.target import port

CONNECT_S = 3.0
_ADDRESSES = 3  # that are tried of one name


def names_can_resolve(error: OSError | UnicodeError, resolver: Path = Path("/etc/resolv.conf")) -> bool:
    """Whether another name could have been resolved: a DNS server is configured and answered."""
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return False
    try:
        lines = resolver.read_text(errors="replace").splitlines()
    except OSError:
        return not isinstance(error, OSError)
    return not isinstance(error, OSError) or any(line.split()[:1] == ["nameserver"] for line in lines)


class Unresolved(Exception):
    """The name has no address; the text is the name service's error."""


class Pinned(httpx2.AsyncBaseTransport):
    """Transport with pinned addresses: requests keep their host name for the Host line, for TLS and for cookies; the
    connection goes to the address.

    `address` is the one last connected to, `phases` is the timing.
    Raises Unresolved, ToolError for an address that is refused, httpx2.TransportError.
    """

    def __init__(self, sites: Sequence[SiteSettings], resolve: Resolve, trust: Callable[[str], ssl.SSLContext]) -> None:
        self.address, self.phases = "", Phases()
        self._sites, self._resolve, self._trust = sites, resolve, trust
        self._opened: list[httpx2.AsyncHTTPTransport] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.raw_host.decode("ascii")
        found = await self._addresses(host, port(request.url))
        plain = httpx2.AsyncHTTPTransport(verify=self._trust(host), limits=httpx2.Limits(max_keepalive_connections=0))
        self._opened.append(plain)
        for left, self.address in zip(range(len(found) - 1, -1, -1), found, strict=True):
            try:
                return await plain.handle_async_request(self._to(self.address, host, request))
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                if not left or any(isinstance(c, ssl.SSLError) for c in causes(error)):
                    raise
        raise Unresolved(f"{host} does not resolve")

    async def _addresses(self, host: str, number: int) -> list[str]:
        try:
            with self.phases.of("dns"):
                async with asyncio.timeout(CONNECT_S):
                    found = await self._resolve(host, number)
        except TimeoutError as error:
            raise Unresolved(f"DNS timeout after {CONNECT_S:g} s") from error
        except (OSError, UnicodeError) as error:
            said = getattr(error, "strerror", "") or "not a valid host name"
            raise Unresolved(said if names_can_resolve(error) else f"{said}; {NO_DNS}") from error
        wanted = is_configured(self._sites, host, number)
        for address in found:
            if why := refusal_of(address, meant=wanted):
                raise ToolError(_refusal(host, address, why))
        return found[:_ADDRESSES]

    def _to(self, address: str, host: str, request: httpx2.Request) -> httpx2.Request:
        return httpx2.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host, "trace": self.phases.trace},
        )

    async def aclose(self) -> None:
        for plain in self._opened:
            await plain.aclose()


def _refusal(host: str, address: str, why: str) -> str:
    where = f"{address} is" if host == address else f"{host} resolves to {address}, which is"
    hint = "" if why in NEVER else "; to check an internal site, add it with its port to the sites setting"
    return f"refused: {where} {why}{hint}"


def causes(error: BaseException) -> Iterator[BaseException]:
    """The exception chain, outermost first."""
    here: BaseException | None = error
    while here is not None:
        yield here
        here = here.__cause__ or here.__context__
