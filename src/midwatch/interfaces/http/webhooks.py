"""Where monitoring systems call. Raw bytes go in; the answer comes after everything is stored."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, Field

from midwatch.domain.access import Actor
from midwatch.domain.alert import AlertSeverity
from midwatch.domain.alert_source import WebhookRequest
from midwatch.domain.incident import Incident
from midwatch.interfaces.http.access import (
    SenderBearer,
    SenderHeader,
    ServerCtx,
    caller_of,
    from_here,
    key_owner,
    the_address,
    the_desk,
    the_rates,
)
from midwatch.interfaces.http.body import raw
from midwatch.interfaces.http.envelope import FAILURES, Ok
from midwatch.services import alerts, incidents
from midwatch.services.alerts import Receipt
from midwatch.services.errors import NoAccess, NotAllowed, TooOften
from midwatch.services.event_log import log_refusal
from midwatch.services.identity import alert_source, prove, sender
from midwatch.services.use_case import check

router = APIRouter(tags=["alerts"], responses={k: v for k, v in FAILURES.items() if k in (400, 404, 413, 429, 503)})
Source = Annotated[str, Path(description="name of the alert source, in lower case", max_length=64)]

Token = Annotated[
    str, Query(max_length=4096, description="for alert sources that can send neither a header nor a signature")
]
ANY_JSON: dict[str, Any] = {
    "requestBody": {"description": "as the alert source sends it", "content": {"application/json": {"schema": {}}}}
}


class NewAlert(BaseModel):
    """An alert in words: for scripts, and for systems that have no source of their own here."""

    title: str = Field(min_length=1, max_length=1000)
    description: str = Field(default="", max_length=65_536)
    severity: AlertSeverity = AlertSeverity.MEDIUM
    service_name: str = Field(default="", max_length=300)
    alert_source: str = Field(default="", max_length=64, pattern=r"^[a-z0-9_.-]*$")

    @property
    def texts(self) -> tuple[str, str, AlertSeverity, str, str]:
        return self.title, self.description, self.severity, self.service_name, self.alert_source


async def the_hook(request: Request, ctx: ServerCtx, token: Token = "") -> WebhookRequest:
    return WebhookRequest(await raw(request), ctx.now(), dict(request.headers), token=token)


TheHook = Annotated[WebhookRequest, Depends(the_hook)]


@router.post(
    "/webhook/{source}", status_code=202, summary="Receive alerts from a monitoring system", openapi_extra=ANY_JSON
)
async def webhook(
    request: Request, source: Source, bearer: SenderBearer, header: SenderHeader, token: Token = ""
) -> Ok[Receipt]:
    """Authenticated by the alert source's own token or signature, or by an API key. A body that cannot be
    parsed is stored; `note` has the reason."""
    try:
        return await _received(request, source, bearer, header, token)
    except (NoAccess, NotAllowed, TooOften) as refused:
        log_refusal(source, refused.reason)
        raise


async def _received(
    request: Request, source: Source, bearer: SenderBearer, header: SenderHeader, token: str
) -> Ok[Receipt]:
    # In a storm this is all that is called, and a parameter that is resolved costs as much as a statement to the store.
    ctx, rates, address = await the_desk(request), await the_rates(request), await the_address(request)
    alert_source(ctx, source)  # whether there is one, and who calls how often, is asked before the body is read
    rates.delivery(source, address)
    if caller := await key_owner(ctx, bearer, header):
        check(caller, alerts.receive.declared.needs)
    elif ctx.open and sender(ctx, source).open:
        from_here(request)
    hook = await the_hook(request, ctx, token)
    return Ok(data=await alerts.receive(ctx, caller or await prove(ctx, source, hook), source, hook))


@router.put("/webhook/{source}", status_code=202, summary="Receive alerts by PUT", openapi_extra=ANY_JSON)
async def webhook_put(
    request: Request, source: Source, bearer: SenderBearer, header: SenderHeader, token: Token = ""
) -> Ok[Receipt]:
    """For alert sources that use PUT, as Grafana can."""
    return await webhook(request, source, bearer, header, token)


@router.post("/alerts", status_code=202, summary="Report an alert as JSON")
async def report(
    alert: NewAlert, ctx: ServerCtx, caller: Annotated[Actor, caller_of(incidents.create)]
) -> Ok[Incident]:
    return Ok(data=await incidents.create(ctx, caller, *alert.texts))


@router.get("/webhook/{source}/status", summary="Get the configuration and rejected deliveries of a source")
async def status(
    source: Source, ctx: ServerCtx, caller: Annotated[Actor, caller_of(alerts.status)]
) -> Ok[alerts.SenderStatus]:
    return Ok(data=await alerts.status(ctx, caller, source))


@router.post(
    "/webhook/{source}/test",
    summary="Parse a delivery without storing it",
    openapi_extra=ANY_JSON,
)
async def test(
    source: Source, hook: TheHook, ctx: ServerCtx, caller: Annotated[Actor, caller_of(alerts.understand)]
) -> Ok[alerts.Understood]:
    return Ok(data=await alerts.understand(ctx, caller, source, hook))
