from collections.abc import Sequence

import typer
from rich.table import Table
from rich.text import Text

from midwatch import wiring
from midwatch.integrations.manifest import Health
from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.command import Exit
from midwatch.reports import terminal
from midwatch.services.errors import Refusal
from midwatch.services.health import checks
from midwatch.settings import Settings, home
from midwatch.wiring.accounts import account_health
from midwatch.wiring.websites import site_health

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
_STYLES = {"ok": "green", "missing": "dim", "refused": "yellow", "failed": "red"}


@app.command()
def doctor(
    context: command.Contexts = None,
    kubeconfig: command.Kubeconfig = "",
    namespace: command.Namespace = "",
    dump: command.Dump = "",
) -> None:
    """Say what is configured, reachable and permitted.

    Every line is a question that was really put, read-only. Exit code: 0 all well, 1 something is refused, 2 nothing
    can be reached.
    """
    command.finish(_doctor(context or [], kubeconfig, namespace, dump))


async def _doctor(contexts: list[str], kubeconfig: str, namespace: str, dump: str) -> None:
    settings = command.settings(kubeconfig)
    out = terminal.console()
    file = home() / "midwatch.yaml"
    out.print(f"settings    {file if file.exists() else f'defaults ({file} does not exist)'}")
    states = [
        await _cluster(settings, name, namespace, dump) for name in contexts or settings.kubernetes.contexts or ("",)
    ]
    states += await _aws(settings)
    states += await _websites(settings)
    if all(state == "unreachable" for state in states):
        raise typer.Exit(Exit.FAILED)
    raise typer.Exit(Exit.HEALTHY if set(states) == {"ok"} else Exit.PROBLEM)


async def _aws(settings: Settings) -> list[str]:
    """The account is asked where one is configured."""
    if not settings.aws.configured:
        return []
    found = await account_health(settings)
    terminal.console().print("aws")
    terminal.console().print(_table(found))
    return ["ok" if all(h.state == "ok" for h in found) else "refused"]


async def _websites(settings: Settings) -> list[str]:
    """Sites are checked where some are configured; one that is down is a problem, as everything else that is."""
    if not settings.sites:
        return []
    found = await site_health(settings)
    terminal.console().print("websites")
    terminal.console().print(_table(found))
    return ["ok" if all(h.state == "ok" for h in found) else "refused"]


async def _cluster(settings: Settings, context: str, namespace: str, dump: str) -> str:
    out = terminal.console()
    try:
        async with wiring.context(settings, dump=dump, context=context) as ctx:
            found = await checks(ctx, namespace)
            source = ctx.source
    except Refusal as refusal:
        out.print(Text.assemble("kubernetes  ", (terminal.plain(refusal.reason), "red")))
        return "unreachable"
    out.print(f"kubernetes  {terminal.plain(source)}")
    out.print(_table(found))
    if all(h.state == "failed" for h in found):
        return "unreachable"
    return "refused" if any(h.state in ("refused", "failed") for h in found) else "ok"


def _table(found: Sequence[Health]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for health in found:
        detail = f"{health.detail}; {health.hint}" if health.hint else health.detail
        table.add_row("  " + health.name, Text(health.state, style=_STYLES[health.state]), Text(terminal.plain(detail)))
    return table
