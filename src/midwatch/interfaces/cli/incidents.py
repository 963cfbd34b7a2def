import asyncio
import json as encoder
import sys
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
import yaml

from midwatch.domain.alert import AlertSeverity
from midwatch.domain.incident import IncidentStatus
from midwatch.interfaces.cli import columns, command, streams
from midwatch.interfaces.cli.server_client import DEFAULT_URL, ServerClient, ServerUrl, server_client
from midwatch.reports import terminal
from midwatch.services.errors import Refusal

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


class ListForm(StrEnum):
    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


ListOutput = Annotated[ListForm, typer.Option("-o", "--output", metavar="FORMAT", help="text, json or yaml.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The incident's id, inc_…")]
Ids = Annotated[list[str], typer.Argument(metavar="ID", help="Ids of incidents, inc_…")]
Status = Annotated[IncidentStatus | None, typer.Option("--status", help="Only with this status.")]
Severity = Annotated[AlertSeverity | None, typer.Option("--severity", help="Only of this severity.")]
Service = Annotated[str, typer.Option("--service", metavar="NAME", help="Only of this service.")]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, max=200, help="At most so many, the newest first.")]
Resolution = Annotated[str, typer.Option("-m", "--resolution", metavar="TEXT", help="What resolved it.")]
Every = Annotated[float, typer.Option("--every", metavar="SECONDS", min=1, help="How often to ask.")]
_Known = dict[str, Sequence[str]]  # what is shown of each incident, by its id
_NAMES = ("id", "status", "severity", "age", "service", "title")


@app.callback(epilog=command.example("midwatch incidents list --status triggered"))
def incidents() -> None:
    """List, acknowledge and resolve the incidents of a server.

    The server is --url or $MIDWATCH_URL; the API key is read from $MIDWATCH_KEY. Exit code: 0 done, 3 could not run.
    """


@app.command("list", epilog=command.example("midwatch incidents list --status triggered --severity critical"))
def list_(
    status: Status = None,
    severity: Severity = None,
    service: Service = "",
    limit: Limit = 20,
    output: ListOutput = ListForm.TEXT,
    url: ServerUrl = DEFAULT_URL,
) -> None:
    """List incidents, the newest first."""
    command.finish(_list(url, output, _filter(status, severity, service, limit)))


@app.command(epilog=command.example("midwatch incidents show ID"))
def show(incident: Id, output: ListOutput = ListForm.TEXT, url: ServerUrl = DEFAULT_URL) -> None:
    """Show an incident with its alerts, its investigations and its timeline."""
    command.finish(_show(url, incident, output))


@app.command(epilog=command.example("midwatch incidents ack ID"))
def ack(ids: Ids, url: ServerUrl = DEFAULT_URL) -> None:
    """Acknowledge incidents."""
    command.finish(_act(url, ids, "acknowledge"))


@app.command(epilog=command.example('midwatch incidents resolve ID -m "rolled back to 1.4.2"'))
def resolve(ids: Ids, resolution: Resolution = "", url: ServerUrl = DEFAULT_URL) -> None:
    """Resolve incidents."""
    command.finish(_act(url, ids, "resolve", resolution))


@app.command(epilog=command.example("midwatch incidents watch --severity critical"))
def watch(
    status: Status = None,
    severity: Severity = None,
    service: Service = "",
    every: Every = 5.0,
    url: ServerUrl = DEFAULT_URL,
) -> None:
    """Print incidents that are open, and each change, until Ctrl-C."""
    command.finish(_watch(url, every, _filter(status, severity, service, 200)))


def _filter(status: Any, severity: Any, service: str, limit: int) -> dict[str, Any]:
    given = {"status": status, "severity": severity, "service": service}
    return {"page_size": limit, **{name: str(value) for name, value in given.items() if value}}


async def _list(url: str, form: ListForm, wanted: dict[str, Any]) -> None:
    async with server_client(url) as server:
        page = await server.get_page("/incidents", **wanted)
    items = page["items"]
    if form is not ListForm.TEXT:
        print_data(items, form)
        return
    if not items:
        command.note("No incidents found.")
        return
    columns.show(_NAMES, [_row(item) for item in items])
    if page["has_next"]:
        command.note(f"{page['total']} incidents match; the newest {len(items)} are shown (--limit)")


def print_data(data: Any, form: ListForm) -> None:
    """As JSON or YAML, as the API has it."""
    if form is ListForm.JSON:
        sys.stdout.write(encoder.dumps(data, indent=2) + "\n")
    else:
        sys.stdout.write(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


def _row(item: dict[str, Any]) -> Sequence[str]:
    known = (item["id"], item["status"], item["severity"], columns.age(item["created_at"]), item["service"] or "-")
    return (*known, item["title"])


async def _show(url: str, incident: str, form: ListForm) -> None:
    async with server_client(url) as server:
        found = await server.get(f"/incidents/{_path(incident)}")
        found["timeline"] = await server.get(f"/incidents/{_path(incident)}/timeline")
    if form is not ListForm.TEXT:
        print_data(found, form)
        return
    about = found["incident"]
    columns.show(_NAMES, [_row(about)])
    for name in ("description", "acknowledged_by", "resolved_by", "resolution"):
        if about[name]:
            _line(f"{name.replace('_', ' ').capitalize()}: {about[name]}")
    runs = [((run["verdict"] or run["state"]).lower(), run["headline"]) for run in found["investigations"]]
    _section("Investigations", [f"{state}: {headline}" for state, headline in runs])
    _section("Alerts", [f"{one['alert']['title']} ({_count(one['count'])})" for one in found["alerts"]])
    _section("Timeline", [f"{_utc(one['at'])}  {one['actor']}: {one['text']}" for one in found["timeline"]])


def _count(received: int) -> str:
    return "received once" if received == 1 else f"received {received} times"


def _section(title: str, lines: Sequence[str]) -> None:
    if lines:
        _line("")
        _line(title)
        for line in lines:
            _line(f"  {line}")


def _line(text: str) -> None:
    typer.echo(terminal.plain(text))


def _utc(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M:%S} UTC"


def _path(incident: str) -> str:
    """Raises Refusal for a text that is no id: it would be another path of the API."""
    if not incident.replace("_", "").isalnum() or not incident.isascii():
        raise Refusal(f"{incident!r} is no id of an incident.", "midwatch incidents list prints the ids")
    return incident


async def _act(url: str, ids: Sequence[str], verb: str, resolution: str = "") -> None:
    """Each of them; of several one that cannot be changed is said, and the others are."""
    failed = False
    async with server_client(url) as server:
        for incident in ids:
            try:
                params = {"resolution": resolution} if resolution else {}
                found = await server.post(f"/incidents/{_path(incident)}/{verb}", {}, params)
                _line(f"{found['id']} {found['status']}: {found['title']}")
            except Refusal as refusal:
                if len(ids) == 1:
                    raise
                command.print_refusal(refusal)
                failed = True
    raise typer.Exit(command.Exit.FAILED if failed else command.Exit.HEALTHY)


async def _watch(url: str, every: float, wanted: dict[str, Any]) -> None:
    """A server that is away is said once, and asked again: only the first request has to be answered."""
    async with server_client(url) as server:
        before = await _changed(server, wanted, None)
        away = ""
        while streams.has_reader():  # what was printed until now has been flushed
            await asyncio.sleep(every)
            try:
                before, away = await _changed(server, wanted, before), ""
            except Refusal as refusal:
                if refusal.reason != away:
                    command.note(refusal.reason)
                away = refusal.reason


async def _changed(server: ServerClient, wanted: dict[str, Any], before: _Known | None) -> _Known:
    """Prints what is new or another since `before` (at first: what is open); what is known now."""
    items = (await server.get_page("/incidents", **wanted))["items"]
    now: _Known = {item["id"]: (item["status"], item["severity"], item["title"], str(item["cycle"])) for item in items}
    for item in reversed(items):
        is_open = item["status"] != IncidentStatus.RESOLVED
        if is_open if before is None else before.get(item["id"]) != now[item["id"]]:
            state = f"{item['status']:12}  {item['severity']:8}  {item['service'] or '-'}"
            _line(f"{_utc(item['updated_at'])}  {item['id']}  {state}  {item['title']}")
    sys.stdout.flush()
    return now
