import asyncio
import signal

import typer

from midwatch import server
from midwatch.interfaces.cli import command
from midwatch.kit.journal import to_standard_error
from midwatch.settings import Settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def worker(kubeconfig: command.Kubeconfig = "") -> None:
    """Investigate what other processes took in.

    Any number of these may run on one PostgreSQL.
    """
    to_standard_error()
    command.finish(_work(command.settings(kubeconfig)))


async def _work(settings: Settings) -> None:
    over = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, over.set)
    async with server.desk(settings) as desk, server.working(desk):
        typer.echo("midwatch: working", err=True)
        await over.wait()
