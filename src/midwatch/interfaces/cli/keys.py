from typing import Annotated

import typer

from midwatch.domain.access import AccessRole
from midwatch.interfaces.cli import columns, command
from midwatch.interfaces.cli.incidents import IdsOnly, ListForm, ListOutput, Silent, list_presentation, print_data
from midwatch.interfaces.cli.server_client import DEFAULT_URL, ServerUrl, server_client
from midwatch.services.errors import Refusal

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The owner of the key.")]
Role = Annotated[AccessRole, typer.Option("--role", help="What the key may do.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The key's id, as midwatch keys list prints it.")]
_NAMES = ("id", "name", "role", "prefix", "created", "last used", "state")


@app.callback(epilog=command.example("midwatch keys list"))
def keys() -> None:
    """List, create and revoke the API keys of a server.

    The server is --url or $MIDWATCH_URL; an admin's API key is read from $MIDWATCH_KEY. Exit code: 0 done, 3 could not
    run.
    """


@app.command("list", epilog=command.example("midwatch keys list -o json"))
def list_(output: ListOutput = ListForm.TEXT, quiet: IdsOnly = False, url: ServerUrl = DEFAULT_URL) -> None:
    """List API keys; their secrets are stored nowhere."""
    shown = list_presentation(output, quiet=quiet)
    command.finish(_list(url, output, quiet=shown.quiet))


@app.command(epilog=command.example("midwatch keys create ada --role responder"))
def create(name: Name, role: Role = AccessRole.VIEWER, url: ServerUrl = DEFAULT_URL) -> None:
    """Create an API key; its secret is printed this once."""
    command.finish(_create(url, name, role))


@app.command(epilog=command.example("midwatch keys revoke ID"))
def revoke(key: Id, quiet: Silent = False, url: ServerUrl = DEFAULT_URL) -> None:
    """Revoke an API key."""
    command.finish(_revoke(url, key, quiet=quiet))


async def _list(url: str, form: ListForm, *, quiet: bool) -> None:
    async with server_client(url) as server:
        found = await server.get("/keys")
    if form is not ListForm.TEXT:
        print_data(found, form)
        return
    if quiet:
        for key in found:
            typer.echo(key["id"])
        return
    rows = [
        (
            key["id"],
            key["name"],
            key["role"],
            key["prefix"],
            columns.age(key["created_at"]),
            columns.age(key["last_used_at"]),
            f"revoked {columns.age(key['revoked_at'])} ago" if key["revoked_at"] else "active",
        )
        for key in found
    ]
    columns.show(_NAMES, rows)


async def _create(url: str, name: str, role: AccessRole) -> None:
    async with server_client(url) as server:
        made = await server.post("/keys", {"name": name, "role": role.value})
    typer.echo(made["secret"])


async def _revoke(url: str, key: str, *, quiet: bool) -> None:
    if not key.replace("_", "").isalnum() or not key.isascii():
        raise Refusal(f"{key!r} is not a key id.", "midwatch keys list prints the ids")
    async with server_client(url) as server:
        await server.delete(f"/keys/{key}")
    if not quiet:
        typer.echo(f"{key} revoked")
