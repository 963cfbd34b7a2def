from pathlib import Path
from typing import Annotated

import typer

from midwatch.domain.access import AccessRole
from midwatch.interfaces.cli import command
from midwatch.services.access import create_key, keys
from midwatch.services.errors import Refusal
from midwatch.services.identity import CONSOLE
from midwatch.settings import Settings, home
from midwatch.store.backup import backup as store_backup
from midwatch.store.backup import restore as store_restore
from midwatch.store.migrate import has_schema
from midwatch.store.private import file_of
from midwatch.wiring import server

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is.")]
Role = Annotated[AccessRole, typer.Option("--role", help="What the key may do.")]
NewStore = Annotated[
    bool, typer.Option("--new-store", help="Create the store if there is none, for a key before the first start.")
]
File = Annotated[str, typer.Argument(metavar="FILE", help="The backup, a zip.")]


@app.callback(epilog=command.example("midwatch admin create ada --role responder"))
def admin() -> None:
    """Make API keys, save and restore the store.

    All of it where the store is: who reaches it needs no key.
    """


@app.command(
    epilog=command.example("midwatch admin create ada --role responder", "midwatch admin create ada --new-store")
)
def create(name: Name, role: Role = AccessRole.ADMIN, new_store: NewStore = False) -> None:
    """Make an API key; its secret is printed this once."""
    command.finish(_create(command.settings(), name, role, new_store=new_store))


@app.command(epilog=command.example("midwatch admin backup midwatch-$(date +%F).zip"))
def backup(file: File, force: command.Force = False) -> None:
    """Save the whole store in one file, while the server runs.

    It holds everything the store does, keys' hashes included: keep it as you keep the store.
    """
    command.finish(_backup(command.settings(), command.new_file(file, force=force)))


@app.command(epilog=command.example("midwatch admin restore midwatch-2026-11-28.zip"))
def restore(file: File) -> None:
    """Fill an empty store from a backup, of SQLite or of PostgreSQL."""
    command.finish(_restore(command.settings(), Path(file)))


def _existing(settings: Settings, more: str = "") -> Settings:
    """Raises Refusal where there is no store yet: a wrong $MIDWATCH_HOME would otherwise make an empty one."""
    url = _address(settings)
    if has_schema(url):
        return settings
    raise Refusal(
        f"There is no store at {file_of(url) or 'the address in server.database'}.",
        f"midwatch serve creates one{more}; if there is one elsewhere, set MIDWATCH_HOME or server.database to it",
    )


def _address(settings: Settings) -> str:
    """As wiring.server has it, without making the folder."""
    return settings.server.database or f"sqlite:///{home() / 'midwatch.db'}"


async def _backup(settings: Settings, file: Path) -> None:
    async with server.server_context(_existing(settings)) as ctx:
        contents = store_backup(ctx.db, file)
    typer.echo(f"{sum(contents.rows.values())} rows of {len(contents.rows)} tables saved in {file}")


async def _restore(settings: Settings, file: Path) -> None:
    command.require_store_folder(settings)
    async with server.server_context(settings) as ctx:
        contents = store_restore(ctx.db, file)
    typer.echo(f"{sum(contents.rows.values())} rows of {len(contents.rows)} tables restored from {file}")


async def _create(settings: Settings, name: str, role: AccessRole, *, new_store: bool) -> None:
    command.require_store_folder(settings)
    if not new_store:
        _existing(settings, ", as does --new-store")
    elif not has_schema(url := _address(settings)):
        command.note(f"New store: {file_of(url) or 'server.database'}")
    async with server.server_context(settings) as ctx:
        if any(key.name == name and key.revoked_at is None for key in await keys(ctx, CONSOLE)):
            command.note(f"A key called {name} exists already; this is another one")
        _, secret = await create_key(ctx, CONSOLE, name, role)
    typer.echo(secret)
