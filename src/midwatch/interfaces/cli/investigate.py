from typing import Annotated

import typer

from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.alert_file import Source, alerts_of_file
from midwatch.interfaces.cli.diagnose import Json, Markdown, show
from midwatch.services.bundles import save_file
from midwatch.wiring import cli

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def investigate(
    alert: Annotated[
        str, typer.Option("--alert", metavar="FILE", help="A webhook's body, JSON or plain text; - for standard input.")
    ],
    source: Source = "",
    dump: command.Dump = "",
    context: Annotated[str, typer.Option("--context", metavar="NAME", help="Context of the kubeconfig.")] = "",
    kubeconfig: command.Kubeconfig = "",
    namespace: command.Namespace = "",
    json: Json = False,
    markdown: Markdown = False,
    bundle: Annotated[
        str, typer.Option("--bundle", metavar="FILE", help="Also save all evidence in one redacted file.")
    ] = "",
) -> None:
    """Investigate an alert: from its own text, and in the cluster it names.

    As the server would: in the cluster that is configured, or without one.
    Exit code: 0 healthy, 1 something is wrong, 2 could not be run.
    """
    form = "json" if json else "markdown" if markdown else "terminal"
    command.finish(_run(kubeconfig, alert, source, dump, context, namespace, form, bundle))


async def _run(
    kubeconfig: str, file: str, source: str, dump: str, context: str, namespace: str, form: str, bundle: str
) -> None:
    settings = command.settings(kubeconfig)
    first, *others = alerts_of_file(file, source, settings)
    if others:
        typer.echo(
            f"midwatch: {len(others)} more alerts in this file; the gravest is investigated: {first.title}", err=True
        )
    found = await cli.request(settings, await cli.alert(settings, first, namespace), dump=dump, context=context)
    show(found, form)
    if bundle:
        save_file(found, bundle)
    raise typer.Exit(command.exit_code([found.diagnosis.verdict], problem=bool(found.diagnosis.causes)))
