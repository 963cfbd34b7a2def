"""Runs an ASGI application on a free port of the loopback interface, for fakes of outside systems."""

import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import uvicorn

_LOOPBACK = "127.0.0.1"


def build_server(app: Any) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
        server_header=False,
        timeout_keep_alive=75,
    )
    return uvicorn.Server(config)


def listen(port: int = 0) -> tuple[socket.socket, str]:
    """The socket and its address; port 0 takes any free one."""
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind((_LOOPBACK, port))
    taken.listen(128)  # at once: a client may connect before the server's loop runs
    return taken, f"http://{_LOOPBACK}:{taken.getsockname()[1]}"


@contextmanager
def serve(app: Any, port: int = 0) -> Generator[str]:
    """The address of a server that lives as long as the block."""
    taken, url = listen(port)
    server = build_server(app)
    thread = threading.Thread(target=server.run, args=([taken],), name="loopback", daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        yield url
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        taken.close()
