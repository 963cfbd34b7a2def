"""One check of one site: a GET as from a browser, with redirects followed by hand, within hard limits of time and
size."""

import asyncio
import os
import ssl
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

import httpx2

from midwatch.domain.observation import Probe
from midwatch.domain.tool import ToolError
from midwatch.integrations.website.addresses import Resolve, resolve
from midwatch.integrations.website.certificate import parse_certificate, presented_certificate, problem
from midwatch.integrations.website.objects.redirects import LEAVES_HTTPS
from midwatch.integrations.website.objects.site import SiteSettings
from midwatch.integrations.website.objects.sites import site_of
from midwatch.integrations.website.target import allow, display_url, has_host, port
from midwatch.integrations.website.transport import CONNECT_S, Pinned, Unresolved, causes
from midwatch.integrations.website.visit import Visit
from midwatch.kit.clock import utc_now

TOTAL_S = 10.0
REDIRECTS = 5
LARGEST = 65_536  # bytes of a body
_MOVED = (301, 302, 303, 307, 308)
_STREAMS = ("text/event-stream", "multipart/x-mixed-replace")  # have no end by design
_HEADERS = {
    "User-Agent": "midwatch",
    "Accept": "text/html,application/json;q=0.9,*/*;q=0.8",
    "Accept-Encoding": "identity",
}


class Checker:
    """Checks sites. `sites` may be internal; all other hosts have to be public. `resolve` and `now` are the outside's
    name service and clock."""

    def __init__(
        self, sites: Sequence[SiteSettings], resolve: Resolve = resolve, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._sites, self._resolve, self._now = tuple(sites), resolve, now
        self._contexts = cache(_context)

    async def check(self, url: httpx2.URL) -> Probe:
        """Checks one address. Raises ToolError when it, or one that it redirects to, is refused."""
        visit, last = Visit(display_url(url)), url
        transport = Pinned(self._sites, self._resolve, self._trust)
        started = time.perf_counter()
        limits = httpx2.Timeout(None, connect=CONNECT_S)
        # No proxy of the environment: it would resolve the name again, to an unchecked address.
        async with httpx2.AsyncClient(transport=transport, trust_env=False, headers=_HEADERS, timeout=limits) as client:
            try:
                async with asyncio.timeout(TOTAL_S):
                    last = await self._follow(client, url, visit)
            except TimeoutError:
                visit.fail(
                    "timeout",
                    f"response incomplete after {TOTAL_S:g} s" if visit.status else f"no response within {TOTAL_S:g} s",
                )
        visit.took_ms = round((time.perf_counter() - started) * 1000)
        visit.address, visit.phases = transport.address, str(transport.phases)
        if visit.error == "tls":
            visit.show(await presented_certificate(visit.address, port(last), last.raw_host.decode("ascii")))
        return visit.probe(self._now())

    def _trust(self, host: str) -> ssl.SSLContext:
        site = site_of(self._sites, f"[{host}]" if ":" in host else host)
        return self._contexts(site.ca_file if site else None)

    async def _follow(self, client: httpx2.AsyncClient, url: httpx2.URL, visit: Visit) -> httpx2.URL:
        """Follows redirects; returns the last requested address."""
        seen: list[httpx2.URL] = []
        while (onward := await self._ask(client, url, visit)) is not None:
            seen.append(url)
            if len(seen) > REDIRECTS:
                visit.fail("redirects", _endless(seen))
                break
            url = onward
        return url

    async def _ask(self, client: httpx2.AsyncClient, url: httpx2.URL, visit: Visit) -> httpx2.URL | None:
        """Target of a redirect; None for the final response, or without one."""
        visit.ask()
        try:
            answer = await client.send(client.build_request("GET", url), stream=True, follow_redirects=False)
            try:
                visit.begin(answer.status_code, answer.reason_phrase)
                visit.show(parse_certificate(_certificate(answer)))
                if answer.status_code in _MOVED and "location" in answer.headers:
                    return _onward(visit, url, answer)
                await _read(visit, answer)
            finally:
                await answer.aclose()
        except Unresolved as error:
            visit.fail("dns", f"{url.host}: {error}")
        except httpx2.ConnectTimeout:
            visit.fail("timeout", f"{display_url(url, values=False)}: no connection within {CONNECT_S:g} s")
        except httpx2.TransportError as error:
            await _failed(visit, url, error)
        return None


async def _read(visit: Visit, answer: httpx2.Response) -> None:
    """Reads the body: at most LARGEST bytes, undecoded, so a small response cannot become a large one."""
    visit.kind, visit.encoding = answer.headers.get("content-type", ""), answer.headers.get("content-encoding", "")
    if visit.kind.partition(";")[0].strip().lower() in _STREAMS:
        visit.whole = False
        return
    async for part in answer.aiter_raw():
        visit.body += part[: LARGEST + 1 - len(visit.body)]
        if len(visit.body) > LARGEST:
            visit.body, visit.whole = visit.body[:LARGEST], False
            return


def _certificate(answer: httpx2.Response) -> bytes | None:
    tls = answer.extensions["network_stream"].get_extra_info("ssl_object")
    return tls.getpeercert(binary_form=True) if tls else None


def _onward(visit: Visit, url: httpx2.URL, answer: httpx2.Response) -> httpx2.URL | None:
    try:
        onward = url.join(answer.headers["location"])
    except (httpx2.InvalidURL, UnicodeError):
        visit.fail("redirects", "invalid URL in Location header")
        return None
    leaves = f" {LEAVES_HTTPS}" if (url.scheme, onward.scheme) == ("https", "http") else ""
    if onward.scheme not in ("http", "https"):
        visit.fail("redirects", f"redirect to unsupported scheme {onward.scheme[:20]}:")
        return None
    allow(onward)
    if not has_host(onward):
        visit.fail("redirects", "redirect to a URL without a host")
        return None
    visit.redirects.append(f"{answer.status_code} {display_url(onward, values=False)}{leaves}")
    return onward.copy_with(fragment=None)


async def _failed(visit: Visit, url: httpx2.URL, error: httpx2.TransportError) -> None:
    where = display_url(url, values=False)
    found = list(causes(error))
    if tls := next((c for c in found if isinstance(c, ssl.SSLError)), None):
        visit.problem, visit.problem_said = problem(tls)
        visit.fail("tls", f"{where}: {visit.problem_said}")
    elif isinstance(error, httpx2.ConnectError):
        visit.fail("connect", f"{where}: {_system(found)}")
    else:
        visit.fail("protocol", f"{where}: {error or type(error).__name__}")


def _system(found: Sequence[BaseException]) -> str:
    """The operating system's own message, the innermost error."""
    return next(
        (os.strerror(c.errno) for c in reversed(found) if isinstance(c, OSError) and c.errno), "no connection"
    ).lower()


def _endless(seen: Sequence[httpx2.URL]) -> str:
    back = next((display_url(u, values=False) for n, u in enumerate(seen) if u in seen[:n]), "")
    return f"more than {REDIRECTS} redirects" + (f"; loop at {back}" if back else "")


def _context(authority: Path | None) -> ssl.SSLContext:
    """The TLS context. Raises ToolError when the file cannot be used."""
    context = httpx2.create_ssl_context()
    try:
        if authority:
            context.load_verify_locations(authority)
    except OSError as error:
        raise ToolError(f"cannot read ca_file {authority}: {error.strerror or error}") from error
    return context
