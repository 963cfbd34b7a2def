"""Without any key nobody could do anything: a link that works once makes the first admin's."""

import asyncio
import os
import sys
from pathlib import Path

import structlog
import typer

from midwatch.services.access import create_link, is_link_valid, keys
from midwatch.services.identity import CONSOLE
from midwatch.services.server_context import ServerContext
from midwatch.store.errors import StoreError

FILE = "first-admin"
LOOK_S = 1.0  # how soon the file goes after its link was used

log = structlog.get_logger()


async def first_admin(ctx: ServerContext, base: str, folder: Path) -> None:
    """Shows how to make the first key, and returns when that can be done no longer: somebody has a key, or the link has
    ended.

    The secret is printed only for a person at a terminal. Standard error is shipped to log stores otherwise: there it
    names a file, which only this user can read and which goes with the link.
    """
    file = folder / FILE
    try:
        file.unlink(missing_ok=True)  # of a server that was killed
        secret = await _invited(ctx)
    except StoreError as error:
        log.warning("store unavailable", error=error.reason, hint="midwatch admin create NAME creates an admin key")
        return
    if not secret:
        return
    _offer(_command(base, secret), file)
    try:
        while await _works(ctx, secret):
            await asyncio.sleep(LOOK_S)
    finally:
        file.unlink(missing_ok=True)


async def _invited(ctx: ServerContext) -> str:
    return "" if await keys(ctx, CONSOLE) else await create_link(ctx, CONSOLE)


def _offer(command: str, file: Path) -> None:
    local = "midwatch admin create NAME"
    if sys.stderr.isatty():
        typer.echo(
            f"midwatch: no API key exists. Create the first admin key (works once, within 24 h):\n  {command}\n"
            f"  or on this machine: {local}",
            err=True,
        )
        return
    try:
        _write(file, f"{command}\n")
    except OSError as error:
        log.warning("no API key exists", hint=local, file=str(file), error=error.strerror)
    else:
        log.warning("no API key exists", hint=f"run the command in {file} (once, within 24 h), or {local}")


async def _works(ctx: ServerContext, secret: str) -> bool:
    try:
        return await is_link_valid(ctx, CONSOLE, secret)
    except StoreError as error:
        log.warning("store unavailable", error=str(error))
        return True


def _command(base: str, secret: str) -> str:
    body = f'{{"token": "{secret}", "name": "you"}}'
    return f"curl -X POST {base}/api/v1/setup -H 'Content-Type: application/json' -d '{body}'"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
