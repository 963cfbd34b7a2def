import asyncio
import errno
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

import structlog
import typer

from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.firstadmin import first_admin
from midwatch.interfaces.http.app import create_app
from midwatch.interfaces.http.limits import ConnectionLimits, OpenConnections, raise_file_limit
from midwatch.interfaces.http.listener import listener
from midwatch.kit.hosts import loopback
from midwatch.kit.logging import to_standard_error
from midwatch.services.access import keys
from midwatch.services.errors import Refusal
from midwatch.services.identity import CONSOLE
from midwatch.services.server_context import ServerContext
from midwatch.settings import Settings, home
from midwatch.wiring import server
from midwatch.wiring.worker_process import worker_process

log = structlog.get_logger()
app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on (127.0.0.1).")]
Port = Annotated[
    int | None, typer.Option("--port", min=0, max=65535, metavar="N", help="Port to listen on (8350; 0: any free one).")
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", min=0, max=64, metavar="N", help="Investigations at a time here; 0: `midwatch worker` does them."
    ),
]
Open = Annotated[bool, typer.Option("--open", help="No API key required. On loopback only.")]


@app.command(epilog=command.example("midwatch serve --port 8350", "midwatch serve --host 0.0.0.0 --workers 4"))
def serve(
    kubeconfig: command.Kubeconfig = "",
    host: Host = "",
    port: Port = None,
    workers: Workers = None,
    open_access: Open = False,
) -> None:
    """Receive alerts, investigate, answer.

    SIGTERM and Ctrl-C stop it cleanly: requests under way are answered, and an investigation under way continues at the
    next start. Exit code: 0 after SIGTERM, 130 after Ctrl-C, 3 could not run.
    """
    try:
        settings = _flags(command.settings(kubeconfig), host, port, workers)
        if open_access and not loopback(settings.server.host):
            raise Refusal(
                f"--open would let anybody who reaches {settings.server.host} in.", "Leave it out, and make an API key"
            )
    except Refusal as refusal:
        command.fail(refusal)
    to_standard_error(settings.server.log_level)
    command.finish(_serve(settings, kubeconfig, open_access=open_access))


async def _serve(settings: Settings, kubeconfig: str, *, open_access: bool) -> None:
    command.require_store_folder(settings)
    _takeable(settings.server.host, settings.server.port)
    async with server.server_context(settings, open_access=open_access) as ctx:
        if not loopback(settings.server.host) and not await keys(ctx, CONSOLE):
            raise Refusal(
                f"Nobody has an API key yet, and {settings.server.host} is reached from elsewhere.",
                "Make one first: midwatch admin create NAME",
            )
    async with (
        worker_process(settings.server.workers, kubeconfig) as workers,
        server.server_context(settings, open_access=open_access, woken=workers.wake) as ctx,
    ):
        workers.heard = ctx.events.announce
        limits = ConnectionLimits.of(settings.server, raise_file_limit())
        listening = listener(ctx, OpenConnections(limits), create_app(ctx, limits))
        task = asyncio.create_task(listening.serve())
        while not listening.started and not task.done():
            await asyncio.sleep(0.02)
        if listening.started:
            bound = listening.servers[0].sockets[0].getsockname()
            here = f"http://[{bound[0]}]:{bound[1]}" if ":" in bound[0] else f"http://{bound[0]}:{bound[1]}"
            log.info("server started", url=here)
            async with _offered(ctx, settings.server.url or here, wanted=not open_access):
                await task
        await task
    if listening.interrupted:
        raise typer.Exit(command.Exit.INTERRUPTED)


@asynccontextmanager
async def _offered(ctx: ServerContext, base: str, *, wanted: bool) -> AsyncGenerator[None]:
    """The way to the first key while the block lasts."""
    offer = asyncio.create_task(first_admin(ctx, base, home())) if wanted else None
    try:
        yield
    finally:
        if offer:
            offer.cancel()
            await asyncio.gather(offer, return_exceptions=True)


def _takeable(host: str, port: int) -> None:
    """Raises Refusal where nothing can listen: asked before a worker is started."""
    try:
        where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(where[0], where[1]) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(where[4])
    except OSError as error:
        raise Refusal(*_no_listener(host, port, error)) from error


def _no_listener(host: str, port: int, error: OSError) -> tuple[str, str]:
    if error.errno == errno.EADDRINUSE:
        return f"port is in use: {host}:{port}.", "Stop what listens there, or choose another --port"
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f"{host} is not an address of this machine.", "Choose --host: 127.0.0.1, or 0.0.0.0 for all of them"
    if error.errno == errno.EACCES:
        return f"port {port} needs more privileges: {error.strerror}.", "Choose a --port above 1023"
    return f"cannot listen at {host}:{port}: {error.strerror}.", "Choose another --host or --port"


def _flags(settings: Settings, host: str, port: int | None, workers: int | None) -> Settings:
    given = {"host": host or None, "port": port, "workers": workers}
    changed = settings.server.model_copy(update={name: value for name, value in given.items() if value is not None})
    return settings.model_copy(update={"server": changed})
