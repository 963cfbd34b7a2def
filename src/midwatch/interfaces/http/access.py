"""Who asks, may they, and how often: an endpoint says in its signature which role it needs."""

from collections.abc import Awaitable, Callable
from time import time
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from limits import RateLimitItem, RateLimitItemPerHour
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from midwatch.domain.access import AccessRole, Actor
from midwatch.kit.hosts import loopback
from midwatch.services.access import demand, identify
from midwatch.services.desk import Desk
from midwatch.services.errors import NoAccess, TooOften

_bearer = HTTPBearer(auto_error=False, description="An API key: `Authorization: Bearer mw_…`")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="The same key, for senders that cannot set Authorization.")

Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
Header = Annotated[str | None, Security(_header)]


class Rates:
    """How many requests each caller has had within the hour; counted in this process."""

    def __init__(self, desk: Desk) -> None:
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._request = RateLimitItemPerHour(desk.settings.server.requests_per_hour)
        self._delivery = RateLimitItemPerHour(desk.settings.server.webhooks_per_hour)

    async def request(self, caller: str) -> None:
        await self._count(self._request, caller)

    async def delivery(self, source: str, address: str) -> None:
        """Counted for each address: whoever forges deliveries uses up his own, not the sender's."""
        await self._count(self._delivery, f"{source} {address}")

    async def stranger(self, address: str) -> None:
        """Somebody without a valid key."""
        await self._count(self._request, f"stranger {address}")

    async def _count(self, item: RateLimitItem, caller: str) -> None:
        if not await self._window.hit(item, caller):
            reset = (await self._window.get_window_stats(item, caller)).reset_time
            raise TooOften(f"More than {item.amount} requests within an hour.", after=max(1.0, reset - time()))


def the_desk(request: Request) -> Desk:
    return request.app.state.desk


def the_rates(request: Request) -> Rates:
    return request.app.state.rates


def the_address(request: Request) -> str:
    return request.client.host if request.client else ""


TheDesk = Annotated[Desk, Depends(the_desk)]
TheRates = Annotated[Rates, Depends(the_rates)]
Address = Annotated[str, Depends(the_address)]


def _local(address: str) -> bool:
    try:
        return loopback(urlsplit(address).hostname or "")
    except ValueError:
        return False


def _from_here(request: Request) -> None:
    """Where no key is asked for, a web page from elsewhere could still send requests from this machine's browser."""
    asked = [f"//{request.headers.get('host', '')}", *request.headers.getlist("origin")]
    if not all(_local(address) for address in asked):
        raise NoAccess("Without a key this server answers only to its own machine's address.", "Use http://127.0.0.1, or an API key")


def _needs(role: AccessRole) -> Callable[..., Awaitable[Actor]]:
    async def check(request: Request, desk: TheDesk, rates: TheRates, address: Address, bearer: Bearer, header: Header) -> Actor:
        try:
            actor = await identify(desk, bearer.credentials if bearer else header or "")
            if not actor.key_id:
                _from_here(request)
        except NoAccess:
            await rates.stranger(address)
            raise
        await rates.request(actor.key_id or actor.name)
        demand(actor, role)
        return actor

    return check


Viewer = Annotated[Actor, Security(_needs(AccessRole.VIEWER), scopes=["viewer"])]
Responder = Annotated[Actor, Security(_needs(AccessRole.RESPONDER), scopes=["responder"])]
Admin = Annotated[Actor, Security(_needs(AccessRole.ADMIN), scopes=["admin"])]
