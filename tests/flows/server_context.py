"""A server's context over a real store with a clock in hand."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from midwatch.domain.alert import Alert, AlertComment, AlertStatus, Delivery
from midwatch.domain.alert_source import AlertSource, SignatureInvalid, WebhookRequest
from midwatch.domain.incident import Incident, StoredAlert, TimelineEntry
from midwatch.domain.sender import SenderSettings
from midwatch.domain.work import Investigation, RunState
from midwatch.services import alerts
from midwatch.services.alerts import Receipt
from midwatch.services.identity import prove
from midwatch.services.server_context import ServerContext
from midwatch.settings import Settings
from midwatch.store import alerts as stored
from midwatch.store import incidents, investigations, timeline
from midwatch.store.database import Database
from midwatch.store.incidents import Filter
from tests.plugged import AREAS
from tests.usecases import SENDER, settle

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def _verify(hook: WebhookRequest, sender: SenderSettings) -> None:
    if hook.headers.get("x-token") not in [t.get_secret_value() for t in sender.tokens]:
        raise SignatureInvalid("The token is not right.")


def _parse(hook: WebhookRequest, sender: SenderSettings) -> Delivery:
    try:
        return Delivery.model_validate_json(hook.body)
    except ValueError:
        return Delivery(unknown="no delivery")


INBOX = AlertSource(source="bell", title="Bell", verify=_verify, parse=_parse)
TOKEN = {"x-token": "let me in"}


class Watch:
    """What a test says and sees: alerts in at a time of its choice, and what has become of them."""

    def __init__(self, db: Database, settings: Settings | None = None) -> None:
        self.now = START
        self.woken = 0
        self.fetched: list[str] = []
        given = settings or Settings.model_validate({"senders": {"bell": {"tokens": ["let me in"]}}})
        self.ctx = ServerContext(db, given, {"bell": INBOX}, lambda: self.now, self._wake, self._fetch, areas=AREAS)

    def _wake(self) -> None:
        self.woken += 1

    async def _fetch(self, address: str) -> bytes:
        self.fetched.append(address)
        return b""

    def later(self, **given: float) -> "Watch":
        self.now += timedelta(**given)
        return self

    def says(self, *said: Alert, **more: Any) -> Receipt:
        return self._gets(Delivery(alerts=said, **more))

    def comments(self, *said: AlertComment) -> Receipt:
        return self._gets(Delivery(comments=said))

    def _gets(self, delivery: Delivery) -> Receipt:
        """From a sender that has proved itself."""
        alert_sources = {"bell": replace(INBOX, parse=lambda _hook, _sender: delivery)}
        return settle(
            alerts.receive(
                replace(self.ctx, alert_sources=alert_sources), SENDER, "bell", WebhookRequest(b"", self.now)
            )
        )

    async def sends(self, delivery: Delivery | str, headers: dict[str, str] | None = None) -> Receipt:
        body = delivery if isinstance(delivery, str) else json.dumps(delivery.model_dump(mode="json"))
        hook = WebhookRequest(body.encode(), self.now, TOKEN if headers is None else headers)
        return await alerts.receive(self.ctx, await prove(self.ctx, "bell", hook), "bell", hook)

    def incidents(self) -> list[Incident]:
        with self.ctx.db.read() as tx:
            return incidents.list_incidents(tx, Filter(), 1, 100)[0]

    def incident(self) -> Incident:
        (only,) = self.incidents()
        return only

    def alerts(self, incident_id: str) -> dict[str, StoredAlert]:
        with self.ctx.db.read() as tx:
            return {a.alert.fingerprint: a for a in stored.of_incident(tx, incident_id)}

    def timeline(self, incident_id: str) -> list[TimelineEntry]:
        with self.ctx.db.read() as tx:
            return timeline.of_incident(tx, incident_id)

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.timeline(self.incident().id)]

    def runs(self) -> list[Investigation]:
        with self.ctx.db.read() as tx:
            return investigations.list_investigations(tx, 1, 100)[0]

    def every_incident(self) -> dict[str, Incident]:
        with self.ctx.db.read() as tx:
            return {i.id: i for i in incidents.list_incidents(tx, Filter(), 1, 100_000)[0]}

    def runs_of_incidents(self) -> dict[str, list[Investigation]]:
        with self.ctx.db.read() as tx:
            found: dict[str, list[Investigation]] = {}
            for run in investigations.list_investigations(tx, 1, 100_000)[0]:
                found.setdefault(run.incident_id, []).append(run)
            return found

    def begin(self, run: Investigation) -> None:
        """A worker takes it."""
        with self.ctx.db.write() as tx:
            assert investigations.change(tx, run.model_copy(update={"state": RunState.RUNNING}), run.state)


def alert(fingerprint: str = "f1", status: AlertStatus = AlertStatus.FIRING, **more: Any) -> Alert:
    given = {"source": "bell", "severity": "medium", "title": f"{fingerprint} hurts", "starts_at": START}
    return Alert.model_validate({**given, "fingerprint": fingerprint, "status": status, **more})


def over(fingerprint: str = "f1", **more: Any) -> Alert:
    return alert(fingerprint, AlertStatus.RESOLVED, **more)


CART: dict[str, Any] = {"labels": {"namespace": "shop", "deployment": "cart"}}
