import gzip
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from midwatch.domain.notifier import DeliveryFailed
from midwatch.domain.work import Notification
from midwatch.integrations.webhook.notify import WebhookClient
from midwatch.integrations.webhook.settings import WebhookSettings
from midwatch.kit.loopback import serve
from tests.integrations.kubernetes.api_server import Reply, running

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
NOTIFICATION = Notification(
    key="answer:inv_1", notifier="webhook", kind="answer", payload={"verdict": "CONFIRMED"}, created_at=NOW, next_at=NOW
)


class Receiver:
    """The user's own service."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200

    async def take(self, request: Request) -> Response:
        self.bodies.append(await request.body())
        self.headers.append(dict(request.headers))
        return Response(status_code=self.status, headers={"retry-after": "7"} if self.status == 429 else {})

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/in", self.take, methods=["POST"])])


async def test_an_answer_is_signed_and_keeps_its_id() -> None:
    receiver = Receiver()
    with serve(receiver.app()) as url:
        client = WebhookClient(WebhookSettings(url=f"{url}/in", secret=SecretStr("s3cret")))
        assert await client.deliver(NOTIFICATION) == "200"
        assert await client.deliver(NOTIFICATION) == "200"
        await client.close()
    assert receiver.bodies[0] == receiver.bodies[1]
    headers = receiver.headers[0]
    stamp = headers["x-midwatch-timestamp"]
    expected = hmac.new(b"s3cret", stamp.encode() + b"." + receiver.bodies[0], hashlib.sha256).hexdigest()
    assert headers["x-midwatch-signature"] == f"sha256={expected}"
    assert json.loads(receiver.bodies[0]) == {
        "schema": "midwatch.event/1",
        "id": "answer:inv_1",
        "kind": "answer",
        "verdict": "CONFIRMED",
    }


@pytest.mark.parametrize(
    ("status", "permanent", "after"), [(400, True, 0.0), (410, True, 0.0), (429, False, 7.0), (503, False, 0.0)]
)
async def test_refusals_say_whether_to_come_again(status: int, permanent: bool, after: float) -> None:
    receiver = Receiver()
    receiver.status = status
    with serve(receiver.app()) as url:
        client = WebhookClient(WebhookSettings(url=f"{url}/in"))
        with pytest.raises(DeliveryFailed) as refused:
            await client.deliver(NOTIFICATION)
        await client.close()
    assert (refused.value.permanent, refused.value.after) == (permanent, after)


@pytest.mark.parametrize("body", [b"x" * 20_000_000, gzip.compress(b" " * 10_000_000), b"[" * 100_000])
async def test_what_comes_with_the_status_does_not_matter(body: bytes) -> None:
    async with running(lambda _: Reply(200, body, {"Content-Encoding": "gzip"})) as api:
        client = WebhookClient(WebhookSettings(url=api.url))
        assert await client.deliver(NOTIFICATION) == "200"
        await client.close()
    assert len(api.asked) == 1


async def test_a_redirect_is_not_followed() -> None:
    async with (
        running(lambda _: Reply(200)) as elsewhere,
        running(lambda _: Reply(307, b"", {"Location": elsewhere.url})) as api,
    ):
        client = WebhookClient(WebhookSettings(url=api.url, secret=SecretStr("s")))
        with pytest.raises(DeliveryFailed, match="returned 307") as refused:
            await client.deliver(NOTIFICATION)
        assert refused.value.permanent and elsewhere.asked == []
        await client.close()


@pytest.mark.parametrize("said", ["9" * 5000, "\xb2", "-1", "inf"])
async def test_no_wait_is_longer_than_an_hour(said: str) -> None:
    async with running(lambda _: Reply(503, b"", {"Retry-After": said})) as api:
        client = WebhookClient(WebhookSettings(url=api.url))
        with pytest.raises(DeliveryFailed) as refused:
            await client.deliver(NOTIFICATION)
        assert 0 <= refused.value.after <= 3600
        await client.close()
