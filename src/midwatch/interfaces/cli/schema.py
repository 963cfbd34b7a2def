import json

import typer

from midwatch.domain.investigation import Answer
from midwatch.interfaces.cli import command

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(epilog=command.example("midwatch schema > answer.schema.json"))
def schema() -> None:
    """Print the JSON schema of what --json prints."""
    typer.echo(json.dumps(Answer.model_json_schema(by_alias=True, mode="serialization"), indent=2, sort_keys=True))
