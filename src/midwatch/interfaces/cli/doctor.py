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
from midwatch.interfaces.cli.explain import explain_alert
from midwatch.kit.redaction import redact_text
from midwatch.reports import terminal
from midwatch.services.errors import Refusal
from midwatch.settings import files, settings_file
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
            "--explain", metavar="FILE", help="Say what investigating this alert would ask, and why; asks no system."
        ),
    ] = "",
    source: Source = "",
    json: Annotated[bool, typer.Option("--json", help="With --explain: print it as JSON.")] = False,
) -> None:
    """Say what is configured, reachable and permitted.

    Every line is a question that was really put, read-only. Exit code: 0 all well, 1 something is refused, 3 nothing
    can be reached.

    With --explain: how an alert is read and understood, which areas take part, and which systems are asked. Exit code
    0.
    """
    namespaces = command.namespaces_of(namespace, all_namespaces)
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
    command.finish(check(context or [], kubeconfig, namespaces, dump))


async def check(
    contexts: Sequence[str] = (), kubeconfig: str = "", namespaces: tuple[str, ...] = ("",), dump: str = ""
) -> None:
    """Prints what is configured and reachable, and leaves with its exit code."""
    connections = Connections(command.settings(kubeconfig))
    _settings()
    out = terminal.console()
    wrong = list(_misconfigured(connections))
    states = list[str]()
    for owner in connections.plugged.integrations.values():
        if owner.connect is not None and (owner.place or connections.is_configured(owner)):
            states += await _system(connections, owner, list(contexts), namespaces, dump)
    plugins = [*connections.plugged.broken, *notifiers(connections).refused]
    for broken in plugins:
        out.print(Text(terminal.plain(f"not used    {broken}"), style="red"))
    for unset in connections.unset:
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


def _settings() -> None:
    """The files and variables in force. Their names only: a value may be a secret."""
    read = [str(file) for file in files() if file.is_file()]
    missing = f"defaults (no {settings_file()})"
    out = terminal.console()
    out.print(Text(f"settings    {', '.join(map(terminal.plain, read)) or missing}"), soft_wrap=True)
    if names := [name for name in sorted(os.environ) if name.upper().startswith("MIDWATCH_")]:
        out.print(Text(f"variables   {', '.join(map(terminal.plain, names))}"), soft_wrap=True)


async def _system(
    connections: Connections, owner: Integration, contexts: list[str], namespaces: tuple[str, ...], dump: str
) -> list[str]:
    """Each of its connections; one that has nothing to check says nothing."""
    names = (contexts if owner.place else []) or connections.contexts(owner)
    states: list[str] = []
    for name in names:
        selection = Selection(name, dump if owner.place else "")
        if state := await _connection(connections, owner, selection, namespaces if owner.place else namespaces[:1]):
            states.append(state)
    return states


async def _connection(
    connections: Connections, owner: Integration, selection: Selection, namespaces: tuple[str, ...]
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
    out.print(f"{label}  {terminal.plain(place or owner.title)}")
    out.print(_table(found))
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
