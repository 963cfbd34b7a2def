"""`midwatch incidents watch`: follows the timelines of a server from a cursor on."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import typer

from midwatch.domain.incident import IncidentStatus
from midwatch.interfaces.cli import command, streams
from midwatch.interfaces.cli.forms import Presentation
from midwatch.interfaces.cli.server_client import ServerClient, server_client
from midwatch.reports import terminal
from midwatch.services.errors import Refusal

PAGE = 200  # the most that a page of a list can hold
# Seconds for which entries are asked for again: a transaction that began before another may end after it, and its
# entry then has the lower number. No transaction of the server is as long.
OVERLAP_S = 30.0
MARGIN = 200  # entries below the newest one that are marked as printed at the start, for the same reason
_NEVER = "0001-01-01T00:00:00+00:00"
# What an entry of this kind says about the status; all others leave it as it is.
_STATUSES = {
    "opened": IncidentStatus.TRIGGERED,
    "reopened": IncidentStatus.TRIGGERED,
    "acknowledged": IncidentStatus.ACKNOWLEDGED,
    "resolved": IncidentStatus.RESOLVED,
}
_CHANGES = {*_STATUSES, "severity", "changed"}


class Cursor:
    """Which entries were printed: each once, though the last OVERLAP_S seconds are read again and again."""

    def __init__(self, start: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.after = start
        self._clock = clock
        self._recent: dict[int, float] = {}

    def is_new(self, seq: int) -> bool:
        if seq in self._recent:
            return False
        self._recent[seq] = self._clock()
        return True

    def settle(self) -> None:
        """Entries that were read long enough ago are not asked for any more, nor anything below them."""
        settled = [seq for seq, at in self._recent.items() if self._clock() - at > OVERLAP_S]
        self.after = max([self.after, *settled])
        self._recent = {seq: at for seq, at in self._recent.items() if seq > self.after}


@dataclass
class OpenIncidents:
    """What was printed at the start: when each of them was last changed, and the newest entry once they were read. An
    entry up to there that is not newer than its incident was seen with it."""

    updated: dict[str, str]
    until: int

    def shows(self, entry: Mapping[str, Any]) -> bool:
        updated = self.updated.get(entry["incident_id"], _NEVER)
        return entry["seq"] <= self.until and datetime.fromisoformat(entry["at"]) <= datetime.fromisoformat(updated)


async def follow(url: str, every: float, wanted: Mapping[str, Any], status: str, shown: Presentation) -> None:
    """A server that is away is said once, and asked again: only the first requests have to be answered."""
    narrowed = {name: value for name, value in wanted.items() if name != "page_size"}
    async with server_client(url) as server:
        cursor, known = await _begin(server, wanted, status, quiet=shown.quiet)
        away = ""
        while streams.has_reader():  # what was printed until now has been flushed
            await asyncio.sleep(every)
            try:
                async for change in _behind(server, cursor, narrowed):
                    _print_change(change, known, status, verbose=shown.verbose)
                cursor.settle()
                away = ""
            except Refusal as refusal:
                if refusal.reason != away:
                    command.note(refusal.reason)
                away = refusal.reason
            sys.stdout.flush()


async def _begin(
    server: ServerClient, wanted: Mapping[str, Any], status: str, *, quiet: bool
) -> tuple[Cursor, OpenIncidents]:
    """Prints the incidents that are open. The cursor is set before they are read, so that nothing falls in between."""
    narrowed = {name: value for name, value in wanted.items() if name != "page_size"}
    cursor = Cursor(max(0, (await server.get("/incidents/changes"))["cursor"] - MARGIN))
    async for _ in _behind(server, cursor, narrowed):
        """Over: what is open now shows it."""
    statuses = [status] if status else [IncidentStatus.TRIGGERED.value, IncidentStatus.ACKNOWLEDGED.value]
    found = [item for one in statuses for item in await _all_pages(server, {**wanted, "status": one})]
    for item in sorted(found, key=lambda item: item["created_at"]):
        if not quiet:
            _print(item["updated_at"], item, item["status"], item["title"])
    sys.stdout.flush()
    until = (await server.get("/incidents/changes"))["cursor"]
    return cursor, OpenIncidents({item["id"]: item["updated_at"] for item in found}, until)


async def _all_pages(server: ServerClient, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each incident once: one that is opened meanwhile moves the others to the next page."""
    found: dict[str, dict[str, Any]] = {}
    page, more = 1, True
    while more:
        answer = await server.get_page("/incidents", **wanted, page=page)
        found |= {item["id"]: item for item in answer["items"]}
        page, more = page + 1, answer["has_next"]
    return list(found.values())


async def _behind(server: ServerClient, cursor: Cursor, wanted: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any]]:
    """The entries that were not given before, in order, however many pages they are."""
    after, more = cursor.after, True
    while more:
        answer = await server.get("/incidents/changes", after=after, **wanted)
        for change in answer["changes"]:
            if cursor.is_new(change["entry"]["seq"]):
                yield change
        after, more = answer["cursor"], answer["more"]


def _print_change(change: dict[str, Any], known: OpenIncidents, status: str, *, verbose: bool) -> None:
    entry, incident = change["entry"], change["incident"]
    kind = entry["kind"]
    if known.shows(entry):
        return
    state = str(_STATUSES.get(kind, incident["status"]))
    if (kind in _CHANGES or verbose) and status in ("", state):
        told = f"{incident['title']}: {entry['text']}" if verbose else incident["title"]
        _print(entry["at"], incident, kind if verbose else state, told)


def _print(at: str, incident: dict[str, Any], state: str, text: str) -> None:
    when = f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M:%S} UTC"
    about = f"{state:12}  {incident['severity']:8}  {incident['service'] or '-'}"
    typer.echo(terminal.plain(f"{when}  {incident['id']}  {about}  {text}"))
