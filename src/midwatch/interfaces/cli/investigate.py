from pathlib import Path
from typing import Annotated

import typer

from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.alert_file import Source, alerts_of_file
from midwatch.interfaces.cli.answer_output import AnswerOutput
from midwatch.interfaces.cli.diagnose import BundleFile
from midwatch.interfaces.cli.exits import Exit
from midwatch.interfaces.cli.forms import Json, Markdown, Output, Presentation, Quiet, Verbose
from midwatch.interfaces.cli.place import Place
from midwatch.services.bundles import save_file
from midwatch.services.errors import Refusal
from midwatch.settings import Settings
from midwatch.wiring import cli

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(
    epilog=command.example(
        "midwatch investigate --alert alert.json", "pbpaste | midwatch investigate --alert - --context prod"
    )
)
def investigate(
    alert: Annotated[
        str, typer.Option("--alert", metavar="FILE", help="A webhook's body, JSON or plain text; - for standard input.")
    ],
    source: Source = "",
    dump: command.Dump = "",
    context: command.Contexts = None,
    kubeconfig: command.Kubeconfig = "",
    namespace: command.Namespaces = None,
    all_namespaces: command.Everywhere = False,
    output: Output = None,
    json: Json = False,
    markdown: Markdown = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    bundle: BundleFile = "",
    force: command.Force = False,
) -> None:
    """Investigate an alert, in the cluster that it names.

    As the server would: in the cluster that is configured, or without one. Exit code: 0 no problem found, 1 problem
    found, also of unknown cause, 2 no problem found but not everything could be read, 3 could not run.
    """
    shown = Presentation.of(output, json=json, markdown=markdown, quiet=quiet, verbose=verbose)
    place = Place(command.namespaces_of(namespace, all_namespaces), tuple(context or ()), dump, kubeconfig)
    if bundle:
        place.require_single("--bundle")
    file = command.new_file(bundle, force=force) if bundle else None
    command.finish(_run(alert, source, place, shown, file))


async def _run(file: str, source: str, place: Place, shown: Presentation, bundle: Path | None) -> None:
    settings = command.settings(place.kubeconfig)
    first, *others = alerts_of_file(file, source, settings)
    if others:
        command.note(f"{len(others)} more alerts in this file; the gravest is investigated: {first.title}")
    targets = [(space, context) for space in place.namespaces or ("",) for context in place.contexts or ("",)]
    codes, output = list[Exit](), AnswerOutput(shown, len(targets) > 1)
    for namespace, context in targets:
        try:
            request = await cli.alert(settings, first, namespace)
            codes.append(await _one(settings, request, place, context, output, bundle))
        except Refusal as refusal:
            if not output.several:
                raise
            command.print_refusal(refusal)
            codes.append(command.refusal_code(refusal))
    output.finish()
    raise typer.Exit(command.worst(codes))


async def _one(
    settings: Settings, request: cli.Request, place: Place, context: str, output: AnswerOutput, bundle: Path | None
) -> Exit:
    found = await cli.request(settings, request, dump=place.dump, context=context)
    if bundle:
        save_file([found], str(bundle))
    output.add(found)
    return command.exit_code([found.diagnosis.verdict], problem=bool(found.diagnosis.causes))
