"""Who asks, may they, and how often: an endpoint names the use case it stands for, and that knows the role it needs."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from time import monotonic
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from midwatch.domain.access import Actor, KeylessRole, Role
from midwatch.interfaces.http.load import Streams
from midwatch.kit.hosts import loopback
from midwatch.kit.rates import Allowance
from midwatch.services.alerts import receive
from midwatch.services.errors import NoAccess, TooOften
from midwatch.services.identity import ANONYMOUS, identify
from midwatch.services.server_context import ServerContext
from midwatch.services.use_case import UseCase, check

HOUR_S, MINUTE_S = 3600.0, 60.0
SETUP_TRIES = 10  # of one address within an hour, at the one-time link

_bearer = HTTPBearer(auto_error=False, description="An API key: `Authorization: Bearer mw_…`")
_header = APIKeyHeader(
    name="X-API-Key", auto_error=False, description="The same key, for senders that cannot set Authorization."
)

Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
Header = Annotated[str | None, Security(_header)]
# The same where a request may prove itself in another way.
SenderBearer = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer, scopes=[receive.declared.needs])]
SenderHeader = Annotated[str | None, Security(_header, scopes=[receive.declared.needs])]


class Rates:
    """How many requests each caller has had within the hour; counted in this process."""

    def __init__(self, ctx: ServerContext) -> None:
        self._requests = Allowance(ctx.settings.server.requests_per_hour, HOUR_S)
        self._queries = Allowance(ctx.settings.server.queries_per_minute, MINUTE_S)
        self._deliveries = Allowance(ctx.settings.server.webhooks_per_hour, HOUR_S)
        self._setups = Allowance(SETUP_TRIES, HOUR_S)

    def request(self, caller: str) -> None:
        self._count(self._requests, caller)

    def query(self, caller: str) -> None:
        """Beside what it counts for as a request."""
        if wait := self._queries.take_token(caller, monotonic()):
            raise TooOften(f"More than {self._queries.amount} questions within a minute.", after=max(1.0, wait))

    def delivery(self, source: str, address: str) -> None:
        """Counted for each address: whoever forges deliveries uses up his own, not the sender's."""
        self._count(self._deliveries, f"{source} {address}")

    def anonymous(self, address: str) -> None:
        """Somebody without a valid key."""
        self._count(self._requests, f"stranger {address}")

    def setup(self, address: str) -> None:
        """A try at the one-time link; beside what it counts for as a stranger's request."""
        self.anonymous(address)
        self._count(self._setups, address)

    def _count(self, allowed: Allowance, caller: str) -> None:
        if wait := allowed.take_token(caller, monotonic()):
            raise TooOften(f"More than {allowed.amount} requests within an hour.", after=max(1.0, wait))


# Coroutines, though nothing is awaited: for a plain function FastAPI would take a thread.
async def the_desk(request: Request) -> ServerContext:
    return request.app.state.ctx


async def the_rates(request: Request) -> Rates:
    return request.app.state.rates


async def the_address(request: Request) -> str:
    return request.state.address


async def the_streams(request: Request) -> Streams:
    return request.app.state.streams


ServerCtx = Annotated[ServerContext, Depends(the_desk)]
TheRates = Annotated[Rates, Depends(the_rates)]
Address = Annotated[str, Depends(the_address)]
TheStreams = Annotated[Streams, Depends(the_streams)]

_PASSED_ON = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_FORMS = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
)  # what a web page may send without asking


def _port(address: str) -> int | None:
    """The port where the address can only mean this machine, else None."""
    try:
        parsed = urlsplit(address)
        return (parsed.port or (443 if parsed.scheme == "https" else 80)) if loopback(parsed.hostname or "") else None
    except ValueError:
        return None


def from_here(request: Request) -> None:
    """Where no key is asked for, a web page from elsewhere could still send requests from this machine's browser.

    `Host` defeats a name that was made to point here (DNS rebinding), `Origin` and `Sec-Fetch-Site` the scripts and
    forms of other pages, the content type those of browsers that send neither. What a proxy passes on comes from
    elsewhere, whatever it says.
    """
    headers = request.headers
    hosts = headers.getlist("host")
    here = _port(f"http://{hosts[0]}") if len(hosts) == 1 else None
    foreign = (
        here is None
        or any(_port(origin) != here for origin in headers.getlist("origin"))
        or any(site not in ("same-origin", "none") for site in headers.getlist("sec-fetch-site"))
        or any(name in headers for name in _PASSED_ON)
        or any(kind.partition(";")[0].strip().lower() in _FORMS for kind in headers.getlist("content-type"))
    )
    if foreign:
        raise NoAccess(
            "Without a key this server answers only to its own machine, and to no web page or form.",
            "Use http://127.0.0.1 and Content-Type: application/json, or an API key",
        )


async def local_when_open(request: Request, ctx: ServerCtx) -> None:
    """For what needs no key anyway: on an open server not even that is for the pages of others."""
    if ctx.open:
        from_here(request)


def caller_of(case: UseCase[..., Any]) -> Any:
    """The caller, as a dependency: known by a key, and of a role that may do this; nobody is asked for a key where none
    is needed. OpenAPI shows the role as the scope, and what a caller without it is answered (app.py)."""
    if case.declared.needs is KeylessRole.ANONYMOUS:
        return Depends(_anonymous)
    return Security(_admits(case.declared.needs), scopes=[case.declared.needs])


async def _anonymous() -> Actor:
    return ANONYMOUS


@cache
def _admits(needed: Role) -> Callable[..., Awaitable[Actor]]:
    """One for each role: a dependency that is met twice is resolved once, and counted once."""

    async def admit(
        request: Request, ctx: ServerCtx, rates: TheRates, address: Address, bearer: Bearer, header: Header
    ) -> Actor:
        try:
            actor = await asyncio.to_thread(identify, ctx, _secret(bearer, header))
            if not actor.key_id:
                from_here(request)
        except NoAccess:
            rates.anonymous(address)
            raise
        rates.request(actor.key_id or actor.name)
        check(actor, needed)
        return actor

    return admit


async def key_owner(
    ctx: ServerContext, bearer: HTTPAuthorizationCredentials | None, header: str | None
) -> Actor | None:
    """The owner of a key of ours; None for what is not one: a token of the sender's own, which the source will
    judge."""
    secret = _secret(bearer, header)
    if not secret.startswith("mw_"):
        return None
    try:
        return await asyncio.to_thread(identify, ctx, secret)
    except NoAccess:
        return None


def _secret(bearer: HTTPAuthorizationCredentials | None, header: str | None) -> str:
    """Of two that are sent the one that is a key of ours: the other is a token of the alert source."""
    given = [secret for secret in (bearer.credentials if bearer else "", header or "") if secret]
    return next((secret for secret in given if secret.startswith("mw_")), next(iter(given), ""))
