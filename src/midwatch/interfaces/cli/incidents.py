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
from midwatch.interfaces.cli import columns, command
from midwatch.interfaces.cli.forms import Form, Presentation, Quiet, Verbose
from midwatch.interfaces.cli.incident_feed import PAGE, follow
from midwatch.interfaces.cli.server_client import DEFAULT_URL, ServerUrl, server_client
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
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, max=200, help="Maximum number, the newest first.")]
IdsOnly = Annotated[bool, typer.Option("-q", "--quiet", help="Print the ids only, one a line.")]
Silent = Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but what failed.")]
FirstLine = Annotated[bool, typer.Option("-q", "--quiet", help="Print the incident's own line only.")]
Whole = Annotated[
    bool, typer.Option("-v", "--verbose", help="Also print the number, the source and when it was opened.")
]
Resolution = Annotated[str, typer.Option("-m", "--resolution", metavar="TEXT", help="What resolved it.")]
Every = Annotated[float, typer.Option("--every", metavar="SECONDS", min=1, help="How often to ask.")]
_DETAILS = ("number", "source", "opened")
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
    quiet: IdsOnly = False,
    verbose: Whole = False,
    url: ServerUrl = DEFAULT_URL,
) -> None:
    """List incidents, the newest first."""
    shown = list_presentation(output, quiet=quiet, verbose=verbose)
    command.finish(_list(url, output, _filter(status, severity, service, limit), shown))


@app.command(epilog=command.example("midwatch incidents show ID"))
def show(
    incident: Id, output: ListOutput = ListForm.TEXT, quiet: FirstLine = False, url: ServerUrl = DEFAULT_URL
) -> None:
    """Show an incident with its alerts, its investigations and its timeline."""
    shown = list_presentation(output, quiet=quiet)
    command.finish(_show(url, incident, output, quiet=shown.quiet))


@app.command(epilog=command.example("midwatch incidents ack ID"))
def ack(ids: Ids, quiet: Silent = False, url: ServerUrl = DEFAULT_URL) -> None:
    """Acknowledge incidents."""
    command.finish(_act(url, ids, "acknowledge", quiet=quiet))


@app.command(epilog=command.example('midwatch incidents resolve ID -m "rolled back to 1.4.2"'))
def resolve(ids: Ids, resolution: Resolution = "", quiet: Silent = False, url: ServerUrl = DEFAULT_URL) -> None:
    """Resolve incidents."""
    command.finish(_act(url, ids, "resolve", resolution, quiet=quiet))


@app.command(epilog=command.example("midwatch incidents watch --severity critical"))
def watch(
    status: Status = None,
    severity: Severity = None,
    service: Service = "",
    every: Every = 5.0,
    quiet: Quiet = False,
    verbose: Verbose = False,
    url: ServerUrl = DEFAULT_URL,
) -> None:
    """Print incidents that are open, and each change, until Ctrl-C.

    -q leaves out the incidents that are open already; -v prints every line of the timelines.
    """
    shown = Presentation.of(None, json=False, markdown=False, quiet=quiet, verbose=verbose)
    wanted = _filter(None, severity, service, PAGE)
    command.finish(follow(url, every, wanted, status.value if status else "", shown))


def _filter(status: Any, severity: Any, service: str, limit: int) -> dict[str, Any]:
    given = {"status": status, "severity": severity, "service": service}
    return {"page_size": limit, **{name: str(value) for name, value in given.items() if value}}


def list_presentation(output: ListForm, *, quiet: bool, verbose: bool = False) -> Presentation:
    """Raises Refusal for options that contradict each other."""
    form = None if output is ListForm.TEXT else Form(output.value)
    return Presentation.of(form, json=False, markdown=False, quiet=quiet, verbose=verbose)


async def _list(url: str, form: ListForm, wanted: dict[str, Any], shown: Presentation) -> None:
    async with server_client(url) as server:
        page = await server.get_page("/incidents", **wanted)
    items = page["items"]
    if form is not ListForm.TEXT:
        print_data(items, form)
        return
    if not items:
        command.note("No incidents found.")
        return
    if shown.quiet:
        for item in items:
            _line(item["id"])
    elif shown.verbose:
        columns.show((*_DETAILS, *_NAMES), [(*_details(item), *_row(item)) for item in items])
    else:
        columns.show(_NAMES, [_row(item) for item in items])
    if page["has_next"]:
        command.note(f"{page['total']} incidents match; the newest {len(items)} are shown (--limit)")


def print_data(data: Any, form: ListForm) -> None:
    """As JSON or YAML, as the API has it."""
    if form is ListForm.JSON:
        sys.stdout.write(encoder.dumps(data, indent=2) + "\n")
    else:
        sys.stdout.write(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


def _details(item: dict[str, Any]) -> Sequence[str]:
    return f"#{item['number']}", item["source"], _utc(item["created_at"])


def _row(item: dict[str, Any]) -> Sequence[str]:
    known = (item["id"], item["status"], item["severity"], columns.age(item["created_at"]), item["service"] or "-")
    return (*known, item["title"])


async def _show(url: str, incident: str, form: ListForm, *, quiet: bool) -> None:
    async with server_client(url) as server:
        found = await server.get(f"/incidents/{_path(incident)}")
        found["timeline"] = await server.get(f"/incidents/{_path(incident)}/timeline")
    if form is not ListForm.TEXT:
        print_data(found, form)
        return
    about = found["incident"]
    columns.show(_NAMES, [_row(about)])
    if quiet:
        return
    for name in ("description", "acknowledged_by", "resolved_by", "resolution"):
        if about[name]:
            _line(f"{name.replace('_', ' ').capitalize()}: {about[name]}")
    _section("Investigations", [_investigation(run) for run in found["investigations"]])
    _section("Alerts", [f"{one['alert']['title']} ({_count(one['count'])})" for one in found["alerts"]])
    _section("Timeline", [_entry(one) for one in found["timeline"]])


def _investigation(run: dict[str, Any]) -> str:
    """With its answer, or why there is none; one that has not ended has neither."""
    told = run["headline"] or run["reason"]
    return (run["verdict"] or run["state"]).lower() + (f": {told}" if told else f" since {_utc(run['created_at'])}")


def _entry(entry: dict[str, Any]) -> str:
    """The source of an alert is who acts; entries of version 0.1.0 name it in their text once more."""
    actor = f"{entry['actor']}: "
    return f"{_utc(entry['at'])}  {actor}{entry['text'].removeprefix(actor)}"


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
        raise Refusal(f"{incident!r} is not an incident id.", "midwatch incidents list prints the ids")
    return incident


async def _act(url: str, ids: Sequence[str], verb: str, resolution: str = "", *, quiet: bool) -> None:
    """Each of them; of several one that cannot be changed is said, and the others are."""
    failed = False
    async with server_client(url) as server:
        for incident in ids:
            try:
                params = {"resolution": resolution} if resolution else {}
                found = await server.post(f"/incidents/{_path(incident)}/{verb}", {}, params)
                if not quiet:
                    _line(f"{found['id']} {found['status']}: {found['title']}")
            except Refusal as refusal:
                if len(ids) == 1:
                    raise
                command.print_refusal(refusal)
                failed = True
    raise typer.Exit(command.Exit.FAILED if failed else command.Exit.HEALTHY)
