from typing import Annotated

import typer

from midwatch import server
from midwatch.domain.access import AccessRole, Actor
from midwatch.interfaces.cli import command
from midwatch.services.access import create_key
from midwatch.settings import Settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
CONSOLE = Actor(name="console", role=AccessRole.ADMIN)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is.")]
Role = Annotated[AccessRole, typer.Option("--role", help="What the key may do.")]


@app.callback()
def admin() -> None:
    """Make API keys.

    They are made where the store is: who reaches it needs none.
    """


@app.command()
def create(name: Name, role: Role = AccessRole.ADMIN) -> None:
    """Make an API key; its secret is printed this once."""
    command.finish(_create(command.settings(), name, role))


async def _create(settings: Settings, name: str, role: AccessRole) -> None:
    async with server.desk(settings) as desk:
        _, secret = await create_key(desk, CONSOLE, name, role)
    typer.echo(secret)
