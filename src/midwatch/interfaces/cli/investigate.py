import sys
from pathlib import Path
from typing import Annotated

import typer

from midwatch.domain.alert import Alert
from midwatch.domain.investigation import Investigation, Request
from midwatch.integrations.alerttext.subject import namespace as named_in
from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.diagnose import Json, Markdown, show
from midwatch.kit.clock import utc_now
from midwatch.services.alertfiles import LARGEST, read_alert
from midwatch.services.bundles import save_file
from midwatch.services.errors import Refusal
from midwatch.services.investigations import investigate as run_investigation
from midwatch.services.understanding import about_alert
from midwatch.wiring.alerts import Where, alert_context
from midwatch.wiring.questions import Surroundings

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def investigate(
    alert: Annotated[str, typer.Option("--alert", metavar="FILE", help="The alert: JSON or plain text; - for standard input.")],
    dump: command.Dump = "",
    context: Annotated[str, typer.Option("--context", metavar="NAME", help="Context of the kubeconfig.")] = "",
    kubeconfig: command.Kubeconfig = "",
    namespace: command.Namespace = "",
    json: Json = False,
    markdown: Markdown = False,
    bundle: Annotated[str, typer.Option("--bundle", metavar="FILE", help="Also save all evidence in one redacted file.")] = "",
) -> None:
    """Investigate an alert: from its own text, and in the cluster it names.

    Works without any cluster. A cluster is read when a flag names one, or when the alert names objects of Kubernetes and there is
    a kubeconfig. Exit code: 0 healthy, 1 something is wrong, 2 could not be run.
    """
    form = "json" if json else "markdown" if markdown else "terminal"
    where = Where(dump=dump, context=context, named=bool(dump or context or kubeconfig or namespace))
    command.finish(_run(alert, where, kubeconfig, namespace, form, bundle))


async def _run(file: str, where: Where, kubeconfig: str, namespace: str, form: str, bundle: str) -> None:
    settings = command.settings(kubeconfig)
    alert = _read(file)
    around = Surroundings(settings)
    intent = None if where.named else about_alert(alert, around.names, utc_now())
    request = Request(alert=alert, namespace=namespace or named_in(alert.labels), intent=intent)
    async with around.opened(request) if intent else alert_context(settings, alert, where) as ctx:
        found: Investigation = await run_investigation(ctx, request)
    show(found, form)
    if bundle:
        save_file(found, bundle)
    raise typer.Exit(command.exit_code([found.diagnosis.verdict], problem=bool(found.diagnosis.causes)))


def _read(file: str) -> Alert:
    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as opened:
            return read_alert(opened.read(LARGEST + 1), utc_now())
    except OSError as error:
        raise Refusal(f"{file} cannot be read: {error.strerror}.", "Give a file, or - for standard input") from error
