"""The HTTP interface: thin over the services. A router is one noun; what every answer looks like is in envelope.py."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from midwatch.interfaces.http import failures, health, incidents, investigations, keys, webhooks
from midwatch.interfaces.http.access import Rates
from midwatch.services.desk import Desk

Opened = Callable[[], AbstractAsyncContextManager[Desk]]


def create_app(opened: Opened) -> FastAPI:
    """`opened` gives the desk for as long as the server lives."""

    async def lifespan(app: FastAPI):
        async with opened() as desk:
            app.state.desk, app.state.rates = desk, Rates(desk)
            yield

    app = FastAPI(
        title="Midwatch",
        version=version("midwatch"),
        description="Alerts in, incidents and investigations out; every claim of an answer cites evidence.",
        lifespan=asynccontextmanager(lifespan),
        docs_url="/docs",
        redoc_url=None,
    )
    failures.install(app)
    for module in (health, webhooks, incidents, investigations, keys):
        app.include_router(module.router)
    return app
