import asyncio
import os
import signal
import sys
from typing import Annotated

import structlog
import typer

from midwatch.engine.worker import Worker
from midwatch.engine.worker_context import no_announcement
from midwatch.interfaces.cli import command
from midwatch.kit.logging import to_standard_error
from midwatch.kit.processes import own_name
from midwatch.settings import Settings
from midwatch.wiring.worker import working
from midwatch.wiring.worker_process import announce_on

log = structlog.get_logger()
app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Attached = Annotated[
    bool,
    typer.Option("--attached", hidden=True, help="A server's: woken by standard input, ended by its end."),
]

BEHIND = 5  # steps of nice(2) by which a server's worker gives way to the server: who waits for an answer goes first


@app.command(epilog=command.example("midwatch worker --kubeconfig ~/.kube/prod"))
def worker(kubeconfig: command.Kubeconfig = "", attached: Attached = False) -> None:
    """Investigate what other processes received.

    Any number of these may run on one PostgreSQL. SIGTERM and Ctrl-C stop it cleanly; what is under way continues at
    the next start. Exit code: 0 after SIGTERM, 130 after Ctrl-C, 3 could not run.
    """
    settings = command.settings(kubeconfig)
    to_standard_error(settings.server.log_level)
    command.finish(_work(settings, attached=attached))


async def _work(settings: Settings, *, attached: bool) -> None:
    command.require_store_folder(settings)
    over, interrupt = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    loop.add_signal_handler(signal.SIGINT, lambda: (interrupt.set(), over.set()))
    if attached:
        os.nice(BEHIND)
    announce = announce_on(sys.stdout.fileno()) if attached else no_announcement
    async with working(settings, woken=attached, announce=announce) as worker:
        told = asyncio.create_task(_hear(worker, over)) if attached else None
        log.info("worker started", name=own_name())
        await over.wait()
        if told:
            told.cancel()
    if interrupt.is_set():
        raise typer.Exit(command.Exit.INTERRUPTED)


async def _hear(worker: Worker, over: asyncio.Event) -> None:
    """Until standard input closes: the server has ended, however it ended."""
    stream = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), sys.stdin)
    while await stream.readline():
        worker.wake()
    over.set()
