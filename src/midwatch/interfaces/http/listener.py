import uvicorn
from fastapi import FastAPI

from midwatch.interfaces.http.app import warm
from midwatch.interfaces.http.connection import connection_type
from midwatch.interfaces.http.limits import BACKLOG, OpenConnections
from midwatch.interfaces.http.protection import security_headers
from midwatch.services.server_context import ServerContext

IDLE_S = 5  # how long a connection may be silent between two requests
GOODBYE_S = 5  # how long a stop waits for requests under way: somebody who watches a stream would hold it up for ever


def listener(ctx: ServerContext, connections: OpenConnections, app: FastAPI) -> uvicorn.Server:
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
    return uvicorn.Server(config)
