"""Posts alerts to a Midwatch server, and counts what became of them."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import httpx2
import typer

from midwatch.services.errors import Refusal

KEY = "MIDWATCH_KEY"
TIMEOUT_S = 15.0

Url = Annotated[str, typer.Option("--url", metavar="URL", help="The server (http://127.0.0.1:8350).")]
DEFAULT_URL = "http://127.0.0.1:8350"


@dataclass
class Sent:
    """What became of the alerts: statuses, times until the answer in seconds, incidents."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    seconds: list[float] = field(default_factory=list[float])
    incidents: set[str] = field(default_factory=set[str])
    refusal: str = ""

    def percentile(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    @property
    def failed(self) -> int:
        return sum(count for status, count in self.statuses.items() if status != 202)


class Sender:
    """The key is taken from $MIDWATCH_KEY: it is no argument, where every user of the machine could read it."""

    def __init__(self, url: str) -> None:
        key = os.environ.get(KEY, "")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.url = url.rstrip("/")
        self._http = httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=TIMEOUT_S)

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, alert: Mapping[str, Any], sent: Sent) -> None:
        """One alert; raises Refusal when nobody is there."""
        started = time.monotonic()
        try:
            answer = await self._http.post("/webhook/generic", json=dict(alert))
        except httpx2.HTTPError as error:
            raise Refusal(f"{self.url} cannot be reached: {type(error).__name__}.", "midwatch serve starts a server") from error
        sent.seconds.append(time.monotonic() - started)
        sent.statuses[answer.status_code] += 1
        body = answer.json()
        if answer.status_code == 202:
            sent.incidents.update(filter(None, body["data"]["incidents"]))
        else:
            sent.refusal = f"{body.get('error', answer.reason_phrase)} {body.get('details', {}).get('hint', '')}".strip()

    async def send_all(self, alerts: Sequence[Mapping[str, Any]], rate: float = 0.0) -> Sent:
        """All of them: at `rate` a second, or at once (0)."""
        sent = Sent()
        started = time.monotonic()
        tasks: list[asyncio.Task[None]] = []
        for number, alert in enumerate(alerts):
            if rate:
                await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
            tasks.append(asyncio.create_task(self.send(alert, sent)))
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Refusal):
                raise result
            if isinstance(result, BaseException):
                raise result
        return sent
