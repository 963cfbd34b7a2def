import json as encoder
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
import yaml

from midwatch.domain.alert import AlertSeverity
from midwatch.domain.incident import IncidentStatus
from midwatch.interfaces.cli import columns, command
from midwatch.interfaces.cli.forms import Form, Output, Presentation, Quiet, Verbose
from midwatch.interfaces.cli.incident_feed import PAGE, follow
from midwatch.interfaces.cli.incident_view import NAMES, read_incident, row, show_incident, utc
from midwatch.interfaces.cli.server_client import DEFAULT_URL, ServerClient, ServerConflict, ServerUrl, server_client
from midwatch.reports import terminal
from midwatch.services.errors import Refusal

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


class ListForm(StrEnum):
    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


ListOutput = Annotated[ListForm, typer.Option("-o", "--output", metavar="FORMAT", help="text, json or yaml.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The incident's number (5) or id (inc_…).")]
Ids = Annotated[list[str], typer.Argument(metavar="ID", help="Numbers (5) or ids (inc_…) of incidents.")]
NoteText = Annotated[list[str], typer.Argument(metavar="TEXT", help="The note; quotes are not needed.")]
Status = Annotated[IncidentStatus | None, typer.Option("--status", help="Only with this status.")]
Severity = Annotated[AlertSeverity | None, typer.Option("--severity", help="Only of this severity.")]
Service = Annotated[str, typer.Option("--service", metavar="NAME", help="Only of this service.")]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, max=200, help="Maximum number, the newest first.")]
IdsOnly = Annotated[bool, typer.Option("-q", "--quiet", help="Print the ids only, one a line.")]
Silent = Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but what failed.")]
FirstLine = Annotated[bool, typer.Option("-q", "--quiet", help="Print the incident's own line only.")]
Whole = Annotated[bool, typer.Option("-v", "--verbose", help="Also print the source, when it was opened and the id.")]
Resolution = Annotated[str, typer.Option("-m", "--resolution", metavar="TEXT", help="What resolved it.")]
Every = Annotated[float, typer.Option("--every", metavar="SECONDS", min=1, help="How often to ask.")]
_DETAILS = ("source", "opened", "id")
# Actions with a path of their own, and the status that they lead to; `note` and others go to /actions.
_OWN_PATHS = {"acknowledge": "acknowledged", "resolve": "resolved"}
_DONE = {"note": "note added", "investigate": "investigation queued", "reopen": "reopened"}
LIST_HINT = "midwatch incidents list prints them"


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


@app.command(epilog=command.example("midwatch incidents show 5", "midwatch incidents show 5 -o markdown"))
def show(
    incident: Id,
    output: Output = None,
    quiet: FirstLine = False,
    verbose: Verbose = False,
    url: ServerUrl = DEFAULT_URL,
) -> None:
    """Show an incident: the newest answer, its alerts and its timeline.

    The answer is that of the newest investigation that has ended: causes with commands, effects, what was not checked,
    and evidence.
    """
    shown = Presentation.of(output, json=False, markdown=False, quiet=quiet, verbose=verbose)
    command.finish(_show(url, incident, shown))


@app.command(epilog=command.example("midwatch incidents ack 5"))
def ack(ids: Ids, quiet: Silent = False, url: ServerUrl = DEFAULT_URL) -> None:
    """Acknowledge incidents."""
    command.finish(_act(url, ids, "acknowledge", quiet=quiet))


@app.command(epilog=command.example('midwatch incidents resolve 5 -m "rolled back to 1.4.2"'))
def resolve(ids: Ids, resolution: Resolution = "", quiet: Silent = False, url: ServerUrl = DEFAULT_URL) -> None:
    """Resolve incidents."""
    command.finish(_act(url, ids, "resolve", resolution, quiet=quiet))


@app.command(epilog=command.example("midwatch incidents reopen 5"))
def reopen(ids: Ids, quiet: Silent = False, url: ServerUrl = DEFAULT_URL) -> None:
    """Reopen resolved incidents; each is investigated again."""
    command.finish(_act(url, ids, "reopen", quiet=quiet))


@app.command(epilog=command.example("midwatch incidents note 5 rolled back to 1.4.2"))
def note(incident: Id, text: NoteText, quiet: Silent = False, url: ServerUrl = DEFAULT_URL) -> None:
    """Add a note to the timeline of an incident."""
    command.finish(_act(url, [incident], "note", command.words_of(text), quiet=quiet))


@app.command(epilog=command.example("midwatch incidents investigate 5"))
def investigate(ids: Ids, quiet: Silent = False, url: ServerUrl = DEFAULT_URL) -> None:
    """Investigate incidents again."""
    command.finish(_act(url, ids, "investigate", quiet=quiet))


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
    items = sorted(page["items"], key=lambda item: item["created_at"], reverse=True)
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
        columns.show((*NAMES, *_DETAILS), [(*row(item), *_details(item)) for item in items], wrapped="title")
    else:
        columns.show(NAMES, [row(item) for item in items], wrapped="title")
    if page["has_next"]:
        command.note(f"{page['total']} incidents match; the newest {len(items)} are shown (--limit)")


def print_data(data: Any, form: ListForm) -> None:
    """As JSON or YAML, as the API has it."""
    if form is ListForm.JSON:
        sys.stdout.write(encoder.dumps(data, indent=2) + "\n")
    else:
        sys.stdout.write(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


def _details(item: dict[str, Any]) -> Sequence[str]:
    return item["source"], utc(item["created_at"]), item["id"]


async def _show(url: str, incident: str, shown: Presentation) -> None:
    async with server_client(url) as server:
        found = await read_incident(server, await incident_id(server, incident))
    if shown.form in (Form.JSON, Form.YAML):
        print_data(found, ListForm(shown.form.value))
    else:
        show_incident(found, shown)


def _line(text: str) -> None:
    typer.echo(terminal.plain(text))


async def incident_id(server: ServerClient, incident: str) -> str:
    """The id of an incident that is given by it or by its number (`5`, `#5`). Raises Refusal for a text that is
    neither: it would be another path of the API."""
    number = incident.removeprefix("#")
    if number.isdecimal() and number.isascii():
        return await _id_of_number(server, int(number))
    if not incident.replace("_", "").isalnum() or not incident.isascii():
        raise Refusal(f"{incident!r} is not an incident id or number.", LIST_HINT)
    return incident


async def _id_of_number(server: ServerClient, number: int) -> str:
    page, more = 1, True
    while more:
        answer = await server.get_page("/incidents", page_size=PAGE, page=page)
        for item in answer["items"]:
            if item["number"] == number:
                return str(item["id"])
        page, more = page + 1, answer["has_next"]
    raise Refusal(f"Incident #{number} not found.", LIST_HINT)


async def _act(url: str, ids: Sequence[str], verb: str, words: str = "", *, quiet: bool) -> None:
    """Each of them; of several one that cannot be changed is said, and the others are."""
    failed = False
    async with server_client(url) as server:
        for incident in ids:
            try:
                line = await _one_action(server, await incident_id(server, incident), verb, words)
                if not quiet:
                    _line(line)
            except Refusal as refusal:
                if len(ids) == 1:
                    raise
                command.print_refusal(refusal)
                failed = True
    raise typer.Exit(command.Exit.FAILED if failed else command.Exit.HEALTHY)


async def _one_action(server: ServerClient, incident: str, verb: str, words: str) -> str:
    """The line to print. An incident that is as it should be already is no failure."""
    try:
        if verb in _OWN_PATHS:
            params = {"resolution": words} if words else {}
            found = await server.post(f"/incidents/{incident}/{verb}", {}, params)
        else:
            body = {"action": verb} | ({"text": words} if words else {})
            found = await server.post(f"/incidents/{incident}/actions", body)
    except ServerConflict:
        found = (await server.get(f"/incidents/{incident}"))["incident"]
        by = _OWN_PATHS.get(verb, "")
        if found["status"] != by:
            raise
        return f"#{found['number']} already {by} by {found[f'{by}_by'] or 'another person'}: {found['title']}"
    done = _DONE.get(verb, found["status"])
    return f"#{found['number']} {done}: {found['title']} ({found['id']})"
