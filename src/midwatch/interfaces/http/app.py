"""The HTTP interface: thin over the services. A router is one noun; what every answer looks like is in envelope.py."""

from importlib.metadata import version

from fastapi import FastAPI

from midwatch.interfaces.http import failures, health, incidents, investigations, keys, webhooks
from midwatch.interfaces.http.access import Rates
from midwatch.services.desk import Desk


def create_app(desk: Desk) -> FastAPI:
    app = FastAPI(
        title="Midwatch",
        version=version("midwatch"),
        description="Alerts in, incidents and investigations out; every claim of an answer cites evidence.",
        docs_url="/docs",
        redoc_url=None,
    )
    app.state.desk, app.state.rates = desk, Rates(desk)
    failures.install(app)
    for module in (health, webhooks, incidents, investigations, keys):
        app.include_router(module.router)
    return app
