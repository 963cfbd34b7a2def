"""One CloudWatch Logs Insights query: started, polled until it is done, and stopped when that takes too long."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from midwatch.domain.tool import ToolError
from midwatch.domain.window import Window
from midwatch.integrations.aws.client import Aws
from midwatch.integrations.aws.errors import Rejected

_GOES_ON = ("Scheduled", "Running", "Unknown")


@dataclass(frozen=True)
class Rows:
    """Rows of a result. `scanned` counts bytes, which AWS charges for; `partial` is the reason why rows may be missing,
    in words."""

    rows: tuple[dict[str, str], ...] = ()
    scanned: int = 0
    partial: str = ""


@dataclass
class _Query:
    """A query that runs in the account until it is done or stopped."""

    aws: Aws
    id: str
    status: str = "Scheduled"
    goes_on: str = ""
    answer: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def is_running(self) -> bool:
        return self.status in _GOES_ON

    async def wait(self) -> None:
        pace, since = self.aws.pace, monotonic()
        delay = pace.first_poll
        while self.is_running and (left := since + pace.poll_for - monotonic()) > 0:
            await asyncio.sleep(min(delay, left))
            delay = min(delay * 1.5, pace.longest_poll)
            self.answer = await self.aws.call("logs", "GetQueryResults", queryId=self.id)
            self.status = self.answer.get("status", "Unknown")

    async def stop(self) -> None:
        try:
            await self.aws.call("logs", "StopQuery", queryId=self.id)
        except Rejected:
            return  # it ended by itself in the meantime
        except ToolError as error:
            self.goes_on = f" (still running in AWS: {error})"


async def ask(aws: Aws, group: str, query: str, window: Window) -> Rows:
    """Runs a query. Raises ToolError. An abandoned query is stopped, since it would go on scanning at the account's
    cost."""
    times = {"startTime": int(window.since.timestamp()), "endTime": int(window.until.timestamp())}
    try:
        running = await _start(aws, {"logGroupName": group, "queryString": query, **times})
    except Rejected as error:
        if error.code == "ResourceNotFoundException":
            raise ToolError(f"log group {group} not found", absent=True) from error
        raise
    try:
        await running.wait()
    finally:
        if running.is_running:
            await running.stop()
    return _read(running, aws.pace.poll_for)


async def _start(aws: Aws, asked: dict[str, Any]) -> _Query:
    """Starts the query. A request that was sent cannot be called back: when the caller is cancelled, the query is
    stopped as soon as its id is known."""
    starting = asyncio.ensure_future(aws.call("logs", "StartQuery", **asked))
    try:
        return _Query(aws, (await asyncio.shield(starting))["queryId"])
    except asyncio.CancelledError:
        with suppress(ToolError):
            await _Query(aws, (await starting)["queryId"]).stop()
        raise


def _read(query: _Query, waited: float) -> Rows:
    statistics = query.answer.get("statistics", {})
    rows = tuple({cell["field"]: cell.get("value", "") for cell in row} for row in query.answer.get("results", ()))
    partial = ""
    if query.is_running:
        partial = f"query stopped after {waited:g} s{query.goes_on}: only a part of the logs was searched"
    elif query.status != "Complete":
        partial = f"query ended with status {query.status}: only a part of the logs was searched"
        if not rows:
            raise ToolError(f"CloudWatch Logs query failed with status {query.status}")
    return Rows(rows, int(statistics.get("bytesScanned", 0)), partial)
