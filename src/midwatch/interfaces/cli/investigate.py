import sys
from pathlib import Path
from typing import Annotated

import typer

from midwatch.domain.alert import Alert
from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.diagnose import Json, Markdown, show
from midwatch.kit.clock import utc_now
from midwatch.services.alertfiles import LARGEST, read_alerts
from midwatch.services.bundles import save_file
from midwatch.services.errors import Refusal
from midwatch.settings import Settings
from midwatch.wiring import cli
from midwatch.wiring.registry import registry

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def investigate(
    alert: Annotated[
        str, typer.Option("--alert", metavar="FILE", help="A webhook's body, JSON or plain text; - for standard input.")
    ],
    source: Annotated[
        str, typer.Option("--source", metavar="NAME", help="The system that wrote it; otherwise found by its fields.")
    ] = "",
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
    first, *others = _read(file, source, settings)
    if others:
        typer.echo(
            f"midwatch: {len(others)} more alerts in this file; the gravest is investigated: {first.title}", err=True
        )
    found = await cli.request(settings, await cli.alert(settings, first, namespace), dump=dump, context=context)
    show(found, form)
    if bundle:
        save_file(found, bundle)
    raise typer.Exit(command.exit_code([found.diagnosis.verdict], problem=bool(found.diagnosis.causes)))


def _read(file: str, source: str, settings: Settings) -> tuple[Alert, ...]:
    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as opened:
            return read_alerts(opened.read(LARGEST + 1), utc_now(), registry().alert_sources, source, settings.senders)
    except OSError as error:
        raise Refusal(f"{file} cannot be read: {error.strerror}.", "Give a file, or - for standard input") from error
