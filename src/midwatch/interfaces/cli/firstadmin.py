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
        typer.echo(
            f"midwatch: {error.reason} Whether an admin exists is not known: midwatch admin create NAME makes one",
            err=True,
        )
        return
    if not secret:
        return
    where = _shown(_command(base, secret), file)
    typer.echo(f"midwatch: nobody has a key yet. {where}\n  or on this machine: midwatch admin create NAME", err=True)
    try:
        while await _works(ctx, secret):
            await asyncio.sleep(LOOK_S)
    finally:
        file.unlink(missing_ok=True)


async def _invited(ctx: ServerContext) -> str:
    return "" if await keys(ctx, CONSOLE) else await create_link(ctx, CONSOLE)


def _shown(command: str, file: Path) -> str:
    if sys.stderr.isatty():
        return f"This makes the first admin's, once, within a day:\n  {command}"
    try:
        _write(file, f"{command}\n")
    except OSError as error:
        return f"{file} cannot be written ({error.strerror}), so that nobody but this machine's users can make one:"
    return f"The command that makes the first admin's, once, within a day, is in {file}"


async def _works(ctx: ServerContext, secret: str) -> bool:
    try:
        return await is_link_valid(ctx, CONSOLE, secret)
    except StoreError as error:
        log.warning("the store does not answer", error=str(error))
        return True


def _command(base: str, secret: str) -> str:
    body = f'{{"token": "{secret}", "name": "you"}}'
    return f"curl -X POST {base}/api/v1/setup -H 'Content-Type: application/json' -d '{body}'"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
