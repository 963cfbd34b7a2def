"""Where monitoring systems call. Raw bytes go in; the answer comes after everything is stored."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, Field

from midwatch.domain.access import AccessRole
from midwatch.domain.alert import AlertSeverity
from midwatch.domain.capabilities import WebhookRequest
from midwatch.domain.incident import Incident
from midwatch.interfaces.http.access import (
    Bearer,
    Header,
    Responder,
    TheDesk,
    Viewer,
    from_here,
    the_address,
    the_desk,
    the_rates,
)
from midwatch.interfaces.http.body import raw
from midwatch.interfaces.http.envelope import FAILURES, Ok
from midwatch.services import alerts, incidents
from midwatch.services.access import demand, identify
from midwatch.services.alerts import Receipt
from midwatch.services.desk import Desk
from midwatch.services.errors import NoAccess
from midwatch.store.deliveries import Kept

router = APIRouter(
    tags=["alerts"], responses={k: v for k, v in FAILURES.items() if k in (400, 401, 403, 404, 413, 429, 503)}
)
Source = Annotated[str, Path(description="pagerduty, alertmanager, grafana, cloudwatch, …", max_length=64)]

Token = Annotated[str, Query(max_length=4096, description="for senders that can set neither a header nor a signature")]
ANY_JSON: dict[str, Any] = {
    "requestBody": {"description": "as the sender writes it", "content": {"application/json": {"schema": {}}}}
}


class SenderStatus(BaseModel):
    source: str
    title: str
    configured: bool = Field(description="whether deliveries have to prove where they come from")
    last: list[Kept] = Field(description="what was not understood, newest first")


class NewAlert(BaseModel):
    """An alert in words: for scripts, and for systems that have no source of their own here."""

    title: str = Field(min_length=1, max_length=1000)
    description: str = Field(default="", max_length=65_536)
    severity: AlertSeverity = AlertSeverity.MEDIUM
    service_name: str = Field(default="", max_length=300)
    alert_source: str = Field(default="", max_length=64, pattern=r"^[a-z0-9_.-]*$")


async def the_hook(request: Request, desk: TheDesk, token: Token = "") -> WebhookRequest:
    return WebhookRequest(await raw(request), desk.now(), dict(request.headers), token=token)


TheHook = Annotated[WebhookRequest, Depends(the_hook)]


@router.post(
    "/webhook/{source}", status_code=202, summary="A monitoring system delivers alerts", openapi_extra=ANY_JSON
)
async def webhook(request: Request, source: Source, bearer: Bearer, header: Header, token: Token = "") -> Ok[Receipt]:
    """The request proves itself as docs/alerts.md says, or with an API key. What is not understood is kept, and `note`
    says why."""
    # In a storm this is all that is called, and a parameter that is resolved costs as much as a statement to the store.
    desk, rates, address = await the_desk(request), await the_rates(request), await the_address(request)
    alerts.inbox(
        desk, source
    )  # whether there is such a source, and who calls how often, is asked before the body is read
    rates.delivery(source, address)
    secret = bearer.credentials if bearer else header or ""
    trusted = secret.startswith("mw_") and await asyncio.to_thread(_vouched, desk, secret)
    if desk.open and not trusted and alerts.sender(desk, source).open:
        from_here(request)
    hook = await the_hook(request, desk, token)
    return Ok(data=await alerts.receive(desk, source, hook, trusted=trusted))


@router.put("/webhook/{source}", status_code=202, summary="The same, for senders that PUT", openapi_extra=ANY_JSON)
async def webhook_put(
    request: Request, source: Source, bearer: Bearer, header: Header, token: Token = ""
) -> Ok[Receipt]:
    """Grafana may be told to PUT."""
    return await webhook(request, source, bearer, header, token)


@router.post("/alerts", status_code=202, summary="Report a problem as JSON")
def report(alert: NewAlert, desk: TheDesk, who: Responder) -> Ok[Incident]:
    made = incidents.reported(
        desk, alert.title, alert.description, alert.severity, alert.service_name, alert.alert_source
    )
    return Ok(data=incidents.create(desk, who, made))


@router.get("/webhook/{source}/status", summary="Whether a source is configured, and what of it was not understood")
def status(source: Source, desk: TheDesk, _who: Viewer) -> Ok[SenderStatus]:
    inbox = alerts.inbox(desk, source)
    configured = not alerts.sender(desk, source).open
    return Ok(
        data=SenderStatus(source=source, title=inbox.title, configured=configured, last=alerts.parked(desk, source))
    )


@router.post(
    "/webhook/{source}/test",
    summary="What a delivery would be understood as; nothing is stored",
    openapi_extra=ANY_JSON,
)
async def test(source: Source, hook: TheHook, desk: TheDesk, _who: Responder) -> Ok[alerts.Understood]:
    return Ok(data=await alerts.understand(desk, source, hook))


def _vouched(desk: Desk, secret: str) -> bool:
    """Whether the caller has a key of ours; what is not one may be a token of the sender's own, which the source will
    judge."""
    try:
        demand(identify(desk, secret), AccessRole.RESPONDER)
    except NoAccess:
        return False
    return True
