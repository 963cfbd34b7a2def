from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from midwatch.domain.notifier import DeliveryFailed
from midwatch.domain.work import Notification
from midwatch.integrations.pagerduty.client import PagerDuty
from midwatch.integrations.pagerduty.fake import FakePagerDuty
from midwatch.integrations.pagerduty.notify import LARGEST, notifier
from midwatch.integrations.pagerduty.own_notes import signature
from midwatch.integrations.pagerduty.settings import PagerDutySettings
from midwatch.kit.loopback import serve

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


@pytest.fixture
def fake() -> FakePagerDuty:
    made = FakePagerDuty(token="u+token")
    made.incident("PINC1", *({"number": n} for n in range(130)))
    return made


@pytest.fixture
def url(fake: FakePagerDuty) -> Generator[str]:
    with serve(fake.app()) as address:
        yield address


@pytest.fixture
async def client(url: str) -> AsyncGenerator[PagerDuty]:
    opened = PagerDuty(PagerDutySettings(token=SecretStr("u+token"), email="bot@example.com", url=url))
    yield opened
    await opened.close()


def note(text: str = "The root cause is a missing ConfigMap.", **more: Any) -> Notification:
    given = {
        "key": "note:inv_1",
        "notifier": "pagerduty",
        "kind": "note",
        "payload": {"incident": "PINC1", "text": text},
    }
    return Notification.model_validate({**given, "created_at": NOW, "next_at": NOW, **more})


async def test_a_note_is_written_and_signed(client: PagerDuty, fake: FakePagerDuty) -> None:
    assert await notifier(client).deliver(note()) == "PNOTE1"
    (written,) = fake.notes["PINC1"]
    assert written["content"].endswith(signature("note:inv_1"))
    assert fake.requests == [("POST", "/incidents/PINC1/notes")]


async def test_an_answer_that_got_lost_does_not_make_two_notes(client: PagerDuty, fake: FakePagerDuty) -> None:
    fake.troubles.append("lost")
    with pytest.raises(DeliveryFailed) as lost:
        await notifier(client).deliver(note())
    assert not lost.value.permanent
    assert await notifier(client).deliver(note(attempts=1)) == "PNOTE1"
    assert len(fake.notes["PINC1"]) == 1


@pytest.mark.parametrize(
    ("trouble", "permanent", "after"),
    [(429, False, 1.0), (500, False, 0.0), (503, False, 0.0), (403, True, 0.0), (404, True, 0.0)],
)
async def test_refusals_say_whether_to_come_again(
    client: PagerDuty, fake: FakePagerDuty, trouble: int, permanent: bool, after: float
) -> None:
    fake.troubles.append(trouble)
    with pytest.raises(DeliveryFailed) as refused:
        await notifier(client).deliver(note())
    assert (refused.value.permanent, refused.value.after) == (permanent, after)


async def test_a_wrong_token_is_named_and_not_shown(url: str) -> None:
    opened = PagerDuty(PagerDutySettings(token=SecretStr("wrong-token"), email="bot@example.com", url=url))
    with pytest.raises(DeliveryFailed, match="Authentication failed") as refused:
        await notifier(opened).deliver(note())
    assert refused.value.permanent
    assert "wrong-token" not in str(refused.value)
    await opened.close()


async def test_a_sender_is_asked_for(url: str) -> None:
    opened = PagerDuty(PagerDutySettings(token=SecretStr("u+token"), url=url))
    with pytest.raises(DeliveryFailed, match=r"pagerduty\.email"):
        await notifier(opened).deliver(note())
    await opened.close()


async def test_nobody_there_is_tried_again() -> None:
    opened = PagerDuty(PagerDutySettings(token=SecretStr("t"), url="http://127.0.0.1:9"))
    with pytest.raises(DeliveryFailed, match="unreachable") as refused:
        await notifier(opened).deliver(note())
    assert not refused.value.permanent
    await opened.close()


async def test_a_long_answer_is_cut_at_a_line(client: PagerDuty, fake: FakePagerDuty) -> None:
    await notifier(client).deliver(note("\n".join(f"line {n} says something" for n in range(1000))))
    content = fake.notes["PINC1"][0]["content"]
    assert len(content) <= LARGEST
    assert content.splitlines()[-3:] == ["…", "", signature("note:inv_1")]


async def test_all_pages_of_alerts_are_read(client: PagerDuty) -> None:
    assert [a["body"]["details"]["number"] for a in await client.alerts("PINC1")] == list(range(130))
