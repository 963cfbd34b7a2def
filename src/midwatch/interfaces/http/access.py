"""Who asks, may they, and how often: an endpoint says in its signature which role it needs."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from midwatch.domain.access import AccessRole, Actor
from midwatch.kit.hosts import loopback
from midwatch.kit.rates import Allowance
from midwatch.services.access import demand, identify
from midwatch.services.desk import Desk
from midwatch.services.errors import NoAccess, TooOften

HOUR_S, MINUTE_S = 3600.0, 60.0

_bearer = HTTPBearer(auto_error=False, description="An API key: `Authorization: Bearer mw_…`")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="The same key, for senders that cannot set Authorization.")

Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
Header = Annotated[str | None, Security(_header)]


class Rates:
    """How many requests each caller has had within the hour; counted in this process."""

    def __init__(self, desk: Desk) -> None:
        self._requests = Allowance(desk.settings.server.requests_per_hour, HOUR_S)
        self._queries = Allowance(desk.settings.server.queries_per_minute, MINUTE_S)
        self._deliveries = Allowance(desk.settings.server.webhooks_per_hour, HOUR_S)

    def request(self, caller: str) -> None:
        self._count(self._requests, caller)

    def query(self, caller: str) -> None:
        """Beside what it counts for as a request."""
        if wait := self._queries.take(caller, monotonic()):
            raise TooOften(f"More than {self._queries.amount} questions within a minute.", after=max(1.0, wait))

    def delivery(self, source: str, address: str) -> None:
        """Counted for each address: whoever forges deliveries uses up his own, not the sender's."""
        self._count(self._deliveries, f"{source} {address}")

    def stranger(self, address: str) -> None:
        """Somebody without a valid key."""
        self._count(self._requests, f"stranger {address}")

    def _count(self, allowed: Allowance, caller: str) -> None:
        if wait := allowed.take(caller, monotonic()):
            raise TooOften(f"More than {allowed.amount} requests within an hour.", after=max(1.0, wait))


# Coroutines, though nothing is awaited: for a plain function FastAPI would take a thread.
async def the_desk(request: Request) -> Desk:
    return request.app.state.desk


async def the_rates(request: Request) -> Rates:
    return request.app.state.rates


async def the_address(request: Request) -> str:
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
            actor = await asyncio.to_thread(identify, desk, bearer.credentials if bearer else header or "")
            if not actor.key_id:
                _from_here(request)
        except NoAccess:
            rates.stranger(address)
            raise
        rates.request(actor.key_id or actor.name)
        demand(actor, role)
        return actor

    return check


Viewer = Annotated[Actor, Security(_needs(AccessRole.VIEWER), scopes=["viewer"])]
Responder = Annotated[Actor, Security(_needs(AccessRole.RESPONDER), scopes=["responder"])]
Admin = Annotated[Actor, Security(_needs(AccessRole.ADMIN), scopes=["admin"])]
