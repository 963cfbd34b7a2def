"""A server's workers are a process of their own: an investigation computes, and who computes does not answer in time."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog

AGAIN_S = 1.0
PATIENCE_S = 10.0

log = structlog.get_logger()


@asynccontextmanager
async def attached(workers: int, kubeconfig: str) -> AsyncGenerator[None]:
    """Keeps a working process beside this one while the block lasts; 0 workers: others work."""
    task = asyncio.create_task(_keep(workers, kubeconfig)) if workers else None
    try:
        yield
    finally:
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _keep(workers: int, kubeconfig: str) -> None:
    flags = ["--kubeconfig", kubeconfig] if kubeconfig else []
    environment = {**os.environ, "MIDWATCH_SERVER__WORKERS": str(workers)}
    while True:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "midwatch", "worker", "--attached", *flags, stdin=PIPE, env=environment
        )
        try:
            log.warning("the working process ended; another is started", code=await child.wait())
        finally:
            await _end(child)
        await asyncio.sleep(AGAIN_S)


async def _end(child: Process) -> None:
    if child.returncode is not None or child.stdin is None:
        return
    child.stdin.close()
    try:
        async with asyncio.timeout(PATIENCE_S):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()
