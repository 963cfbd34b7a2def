"""Where monitoring systems call. Raw bytes go in; the answer comes after everything is stored."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from midwatch.domain.access import AccessRole
from midwatch.domain.alert import AlertSeverity
from midwatch.domain.incident import Incident
from midwatch.integrations.inbox import Hook
from midwatch.interfaces.http.access import Bearer, Header, Responder, TheDesk, TheRates, Viewer
from midwatch.interfaces.http.body import read
from midwatch.interfaces.http.envelope import FAILURES, Ok
from midwatch.services import alerts, incidents
from midwatch.services.access import demand, identify
from midwatch.services.alerts import Receipt
from midwatch.services.desk import Desk
from midwatch.services.errors import NoAccess
from midwatch.settings import SenderSettings
from midwatch.store.deliveries import Kept

router = APIRouter(tags=["alerts"], responses={k: v for k, v in FAILURES.items() if k in (400, 401, 403, 404, 413, 429, 503)})
Source = Annotated[str, Path(description="pagerduty, alertmanager, grafana, cloudwatch, …", max_length=64)]


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


@router.post("/webhook/{source}", status_code=202, summary="A monitoring system delivers alerts")
async def webhook(source: Source, request: Request, desk: TheDesk, rates: TheRates, bearer: Bearer, header: Header) -> Ok[Receipt]:
    await rates.delivery(source)
    hook = Hook(await read(request, desk.settings.server.largest_body), desk.now(), {k.lower(): v for k, v in request.headers.items()})
    trusted = await _vouched(desk, bearer.credentials if bearer else header or "")
    return Ok(data=await alerts.receive(desk, source, hook, trusted=trusted))


@router.put("/webhook/{source}", status_code=202, include_in_schema=False)
async def webhook_put(source: Source, request: Request, desk: TheDesk, rates: TheRates, bearer: Bearer, header: Header) -> Ok[Receipt]:
    """Grafana may be told to PUT."""
    return await webhook(source, request, desk, rates, bearer, header)


@router.post("/alerts", status_code=202, summary="Report a problem as JSON")
async def report(alert: NewAlert, desk: TheDesk, who: Responder) -> Ok[Incident]:
    made = incidents.reported(desk, alert.title, alert.description, alert.severity, alert.service_name, alert.alert_source)
    return Ok(data=await incidents.create(desk, who, made))


@router.get("/webhook/{source}/status", summary="Whether a source is configured, and what of it was not understood")
async def status(source: Source, desk: TheDesk, _who: Viewer) -> Ok[SenderStatus]:
    inbox = alerts.inbox(desk, source)
    sender = desk.settings.senders.get(source) or SenderSettings()
    return Ok(data=SenderStatus(source=source, title=inbox.title, configured=not sender.open, last=await alerts.parked(desk, source)))


@router.post("/webhook/{source}/test", summary="What a delivery would be understood as; nothing is stored")
async def test(source: Source, request: Request, desk: TheDesk, _who: Responder) -> Ok[alerts.Understood]:
    hook = Hook(await read(request, desk.settings.server.largest_body), desk.now(), {k.lower(): v for k, v in request.headers.items()})
    return Ok(data=await alerts.understand(desk, source, hook))


async def _vouched(desk: Desk, secret: str) -> bool:
    """Whether the caller has a key of ours; what is not one may be a token of the sender's own, which the source will judge."""
    if not secret.startswith("mw_"):
        return False
    try:
        demand(await identify(desk, secret), AccessRole.RESPONDER)
    except NoAccess:
        return False
    return True
