from typing import Annotated

import typer

from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.diagnose import diagnose_question
from midwatch.interfaces.cli.forms import Json, Markdown, Output, Presentation, Quiet, Verbose
from midwatch.interfaces.cli.place import Place

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(epilog=command.example("midwatch bundle incident.tgz -n shop", "midwatch replay incident.tgz"))
def bundle(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where to write the bundle (.tgz).")],
    question: Annotated[
        list[str] | None, typer.Argument(metavar="QUESTION", help="What to look into, in words.")
    ] = None,
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
    force: command.Force = False,
) -> None:
    """Investigate, and save all evidence in one file.

    The file holds what was read, secrets cut out, and the answer. `midwatch replay FILE` repeats it without a cluster.
    Exit code as for diagnose.
    """
    shown = Presentation.of(output, json=json, markdown=markdown, quiet=quiet, verbose=verbose)
    place = Place(command.namespaces_of(namespace, all_namespaces), tuple(context or ()), dump, kubeconfig)
    path = command.new_file(file, force=force)
    command.finish(diagnose_question(command.words_of(question), place, shown, bundle=path))
