"""Posts alerts to a Midwatch server, and counts what became of them."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

import httpx2
import typer

from midwatch.integrations.alert_sources.normalize import get_path
from midwatch.kit import answers
from midwatch.kit.printable import one_line
from midwatch.services.errors import Refusal

KEY = "MIDWATCH_KEY"
TIMEOUT_S = 15.0
SAID = 300  # characters of the server's own words

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
    def failure_count(self) -> int:
        return sum(count for status, count in self.statuses.items() if status != 202)


class AlertSender:
    """The key is taken from $MIDWATCH_KEY: it is no argument, where every user of the machine could read it."""

    def __init__(self, url: str) -> None:
        headers = authorization()
        self.url = url.rstrip("/")
        try:
            self._http = httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=TIMEOUT_S)
        except (httpx2.InvalidURL, ValueError):
            raise Refusal(
                f"{self.url!r} is not a valid server address.", "An address such as http://127.0.0.1:8350"
            ) from None

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, alert: Mapping[str, Any], sent: Sent) -> None:
        """One alert; raises Refusal when nobody is there, or somebody else than a Midwatch server."""
        started = time.monotonic()
        try:
            answer = await answers.send(self._http, "POST", "/webhook/generic", seconds=TIMEOUT_S, json=dict(alert))
        except answers.Unanswered as error:
            hint = f"{error.check}; midwatch serve starts a server"
            raise Refusal(f"{self.url} cannot be reached: {error}.", hint) from error
        sent.seconds.append(time.monotonic() - started)
        sent.statuses[answer.status] += 1
        if answer.status == 202:
            sent.incidents.update(_incidents(answer, self.url))
        else:
            sent.refusal = refusal_text(answer)

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


def _incidents(answer: answers.HttpAnswer, url: str) -> Iterator[str]:
    try:
        found = get_path(answers.decode_object(answer.body), "data", "incidents")
    except answers.Unexpected:
        found = None
    if not isinstance(found, list):
        raise Refusal(f"{url} does not answer as a Midwatch server does.", "Check the address")
    yield from (key for key in cast(list[Any], found) if isinstance(key, str) and key)


def authorization() -> dict[str, str]:
    """The header with the key of $MIDWATCH_KEY; none without one. Raises Refusal for a text that no header can hold."""
    key = os.environ.get(KEY, "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise Refusal(f"The value of {KEY} is not an API key.", "midwatch admin create NAME makes one")
    return {"Authorization": f"Bearer {key}"} if key else {}


def refusal_text(answer: answers.HttpAnswer) -> str:
    """Why a request was not accepted: the server's own words, or the status."""
    if 300 <= answer.status < 400:
        return f"it redirects elsewhere ({answer.status}), where the key is not sent"
    try:
        body = answers.decode_object(answer.body)
    except answers.Unexpected:
        return f"{answer.status} {answer.reason}"
    said = (body.get("error"), get_path(body, "details", "hint"))
    return (
        " ".join(one_line(part[:SAID]) for part in said if isinstance(part, str)).strip()
        or f"{answer.status} {answer.reason}"
    )
