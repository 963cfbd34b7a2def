import os
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from midwatch.domain.capabilities import Health, Integration, Selection
from midwatch.domain.evidence import ToolRequest
from midwatch.domain.intent import Intent
from midwatch.domain.investigation import Request
from midwatch.domain.question import Question
from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.alert_file import Source
from midwatch.interfaces.cli.command import Exit
from midwatch.interfaces.cli.doctor_settings import show_settings
from midwatch.interfaces.cli.explain import explain_alert
from midwatch.interfaces.cli.forms import Presentation
from midwatch.interfaces.cli.place import Place
from midwatch.kit.redaction import redact_text
from midwatch.reports import terminal
from midwatch.services.errors import Refusal
from midwatch.wiring.connections import Connections
from midwatch.wiring.notifiers import notifiers
from midwatch.wiring.settings_check import misread_variables, refusals

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
_STYLES = {"ok": "green", "missing": "dim", "refused": "yellow", "failed": "red"}
UNREACHABLE, REFUSED, OK = "unreachable", "refused", "ok"


@app.command(epilog=command.example("midwatch doctor --context prod -n shop", "midwatch doctor --explain alert.json"))
def doctor(
    context: command.Contexts = None,
    kubeconfig: command.Kubeconfig = "",
    namespace: command.Namespaces = None,
    all_namespaces: command.Everywhere = False,
    dump: command.Dump = "",
    explain: Annotated[
        str,
        typer.Option(
            "--explain", metavar="FILE", help="Show what investigating this alert would ask, and why; asks no system."
        ),
    ] = "",
    source: Source = "",
    json: Annotated[bool, typer.Option("--json", help="With --explain: print it as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print what is wrong only.")] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Also list the settings with their defaults.")
    ] = False,
) -> None:
    """Show what is configured, reachable and permitted.

    For each setting: the variable or the file that is in force, never its value. Every line below is a question that
    was really put, read-only. Exit code: 0 all well, 1 something is refused, 3 nothing can be reached.

    With --explain: how an alert is read and understood, which areas take part, and which systems are asked. Exit code
    0.
    """
    namespaces = command.namespaces_of(namespace, all_namespaces)
    shown = Presentation.of(None, json=False, markdown=False, quiet=quiet, verbose=verbose)
    if explain:
        if len(namespaces) > 1:
            raise Refusal("An alert is investigated in one namespace.", "Give one -n, or none")
        command.finish(explain_alert(explain, source, context or [], kubeconfig, "".join(namespaces), dump, json=json))
        return
    if source or json:
        command.fail(
            Refusal("--source and --json go with --explain.", "Give the alert: midwatch doctor --explain FILE")
        )
    if dump and context:
        raise Refusal("--dump and --context do not go together.", "A dump is read as it is; leave --context out")
    command.finish(check(context or [], kubeconfig, namespaces, dump, shown))


async def check(
    contexts: Sequence[str] = (),
    kubeconfig: str = "",
    namespaces: tuple[str, ...] = (),
    dump: str = "",
    shown: Presentation = Presentation(),  # noqa: B008  (frozen)
) -> None:
    """Prints what is configured and reachable, and leaves with its exit code."""
    connections = Connections(command.settings(kubeconfig))
    place = Place(namespaces, tuple(contexts), dump, kubeconfig).with_defaults(connections.settings)
    if not shown.quiet:
        show_settings(connections.plugged.settings, kubeconfig, verbose=shown.verbose)
    out = terminal.console()
    wrong = list(_misconfigured(connections))
    states = list[str]()
    for owner in connections.plugged.integrations.values():
        if owner.connect is not None and (owner.place or connections.is_configured(owner)):
            states += await _system(connections, owner, place, shown)
    plugins = [*connections.plugged.broken, *notifiers(connections).refused]
    for broken in plugins:
        out.print(Text(terminal.plain(f"not used    {broken}"), style="red"))
    for unset in () if shown.quiet else connections.unset:
        out.print(Text(terminal.plain(f"not set     {unset}"), style="dim"))
    await connections.close()
    if all(state == UNREACHABLE for state in states):
        raise typer.Exit(Exit.FAILED)
    raise typer.Exit(Exit.HEALTHY if set(states) == {OK} and not wrong and not plugins else Exit.PROBLEM)


def _misconfigured(connections: Connections) -> Iterator[str]:
    """The areas that cannot work as they are configured: printed, and given."""
    out = terminal.console()
    for name, meant in misread_variables(connections, iter(os.environ)):
        out.print(f"settings    {name} sets nothing; did you mean {meant}?", style="yellow")
    for name, refusal in refusals(connections):
        said = terminal.plain(f"{refusal.reason} {refusal.hint}".strip())
        out.print(Text.assemble(f"{name.ljust(10)}  ", (redact_text(said), "red")))
        yield name


async def _system(connections: Connections, owner: Integration, place: Place, shown: Presentation) -> list[str]:
    """Each of its connections; one that has nothing to check says nothing."""
    names = (place.contexts if owner.place else ()) or connections.contexts(owner)
    states: list[str] = []
    for name in names:
        selection = Selection(name, place.dump if owner.place else "")
        namespaces = place.namespaces if owner.place else place.namespaces[:1]
        if state := await _connection(connections, owner, selection, namespaces, shown):
            states.append(state)
    return states


async def _connection(
    connections: Connections,
    owner: Integration,
    selection: Selection,
    namespaces: tuple[str, ...],
    shown: Presentation,
) -> str:
    out, label = terminal.console(), owner.name.ljust(10)
    try:
        connection = connections.connection(owner.name, selection)
        try:
            place = await connection.about()
            found = [h for n in namespaces for h in await connection.health(_opening(connections, n))]
            found = list(dict.fromkeys(found))
        finally:
            if not owner.lasting:
                await connection.close()
    except Refusal as refusal:
        out.print(Text.assemble(f"{label}  ", (terminal.plain(refusal.reason), "red")))
        return UNREACHABLE
    if not found:
        return ""
    listed = [one for one in found if not shown.quiet or one.state not in ("ok", "missing")]
    if listed:
        out.print(f"{label}  {terminal.plain(place or owner.title)}")
        out.print(_table(listed))
    if owner.place and all(h.state == "failed" for h in found):
        return UNREACHABLE
    return OK if all(h.state == "ok" or (owner.place and h.state == "missing") for h in found) else REFUSED


def _opening(connections: Connections, namespace: str) -> tuple[ToolRequest, ...]:
    """What investigations of everything open with."""
    request = Request(namespace=namespace)
    question = Question("", Intent(topic=connections.topic(request)), namespace)
    return tuple(a for area in connections.taking_part(request) for a in area.opening(question))


def _table(found: Sequence[Health]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for health in found:
        detail = f"{health.detail}; {health.hint}" if health.hint else health.detail
        table.add_row("  " + health.name, Text(health.state, style=_STYLES[health.state]), Text(terminal.plain(detail)))
    return table
