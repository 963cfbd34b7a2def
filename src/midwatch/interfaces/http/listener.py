import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from midwatch.interfaces.http.app import warm
from midwatch.interfaces.http.connection import connection_type
from midwatch.interfaces.http.limits import BACKLOG, OpenConnections
from midwatch.interfaces.http.protection import security_headers
from midwatch.services.server_context import ServerContext

IDLE_S = 5  # how long a connection may be silent between two requests
GOODBYE_S = 5  # how long a stop waits for requests under way: somebody who watches a stream would hold it up for ever


class HttpServer(uvicorn.Server):
    """Ends in order on SIGTERM and on Ctrl-C; `interrupted` tells the two apart.

    uvicorn raises the signal again once it has ended, and SIGTERM would then kill the process before its worker and
    its store are closed.
    """

    interrupted = False

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        if threading.current_thread() is not threading.main_thread():  # only there can signals be listened to
            yield
            return
        before = {sign: signal.signal(sign, self.handle_exit) for sign in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sign, action in before.items():
                signal.signal(sign, action)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.interrupted = self.interrupted or sig == signal.SIGINT
        super().handle_exit(sig, frame)


def listener(ctx: ServerContext, connections: OpenConnections, app: FastAPI) -> HttpServer:
    """The application on a port, with limits for what comes in before any key is looked at."""
    server = ctx.settings.server
    config = uvicorn.Config(
        warm(app),
        host=server.host,
        port=server.port,
        http=connection_type(connections, security_headers(server.url)),
        ws="none",
        backlog=BACKLOG,
        proxy_headers=False,  # whose request it is decides interfaces/http/address
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=GOODBYE_S,
    )
    return HttpServer(config)
