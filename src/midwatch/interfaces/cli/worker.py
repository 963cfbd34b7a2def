import asyncio
import signal
import sys
from typing import Annotated

import typer

from midwatch import crew
from midwatch.interfaces.cli import command
from midwatch.kit.journal import to_standard_error
from midwatch.settings import Settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Attached = Annotated[bool, typer.Option("--attached", hidden=True, help="End when standard input closes.")]


@app.command()
def worker(kubeconfig: command.Kubeconfig = "", attached: Attached = False) -> None:
    """Investigate what other processes took in.

    Any number of these may run on one PostgreSQL.
    """
    to_standard_error()
    command.finish(_work(command.settings(kubeconfig), attached=attached))


async def _work(settings: Settings, *, attached: bool) -> None:
    over = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, over.set)
    watch = asyncio.create_task(_until_closed(over)) if attached else None
    async with crew.staffed(settings):
        typer.echo("midwatch: working", err=True)
        await over.wait()
    if watch:
        watch.cancel()


async def _until_closed(over: asyncio.Event) -> None:
    """Standard input is held open by the server: it closes when the server ends, however it ends."""
    stream = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), sys.stdin)
    await stream.read()
    over.set()
