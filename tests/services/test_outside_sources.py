"""Bodies for the alert source of an outside package are read beside the event loop: whoever hangs there holds up no
other request."""

import threading
from dataclasses import replace

from midwatch.domain.access import Actor, KeylessRole
from midwatch.domain.alert import Delivery
from midwatch.domain.alert_source import AlertSource, WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.services import alerts
from midwatch.services.identity import prove
from midwatch.settings import Settings
from midwatch.store.database import Database
from tests.flows.server_context import Watch


async def test_a_small_body_is_read_in_a_thread_where_the_source_is_not_ours(db: Database) -> None:
    threads: list[threading.Thread] = []

    def parse(_request: WebhookRequest, _sender: SenderSettings) -> Delivery:
        threads.append(threading.current_thread())
        return Delivery(unknown="strange")

    def verify(_request: WebhookRequest, _sender: SenderSettings) -> None:
        threads.append(threading.current_thread())

    watch = Watch(db)
    settings = Settings.model_validate({"senders": {"xx": {"tokens": ["let me in"]}}})
    request = WebhookRequest(b"{}", watch.now)
    for apart in (True, False):
        source = AlertSource("xx", "X", verify, parse, recognises=lambda _: False, apart=apart)
        ctx = replace(watch.ctx, alert_sources={"xx": source}, settings=settings)
        await prove(ctx, "xx", request)
        receipt = await alerts.receive(ctx, Actor(name="xx", role=KeylessRole.SENDER), "xx", request)
        assert receipt.outcome == "unparsed"
    assert [thread is threading.main_thread() for thread in threads] == [False, False, True, True]
