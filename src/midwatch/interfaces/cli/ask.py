from typing import Annotated

import typer

from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.diagnose import diagnose_question
from midwatch.interfaces.cli.forms import Json, Markdown, Output, Presentation, Quiet, Verbose
from midwatch.interfaces.cli.place import Place

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(
    epilog=command.example(
        "midwatch ask why is checkout slow -n shop",
        'midwatch ask "what caused the NAT spike at 2am?"',
    )
)
def ask(
    question: Annotated[list[str], typer.Argument(metavar="QUESTION", help="The question; quotes are not needed.")],
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
) -> None:
    """Ask in words: what is wrong, what caused a spike.

    What is not clear is asked back, and nothing is guessed. With --dump it is always about that cluster.
    Exit code: 0 no problem found, 1 problem found, also of unknown cause, 2 no problem found but not everything could
    be read, or the named object not found, 3 could not run, or was not understood.
    """
    shown = Presentation.of(output, json=json, markdown=markdown, quiet=quiet, verbose=verbose)
    place = Place(command.namespaces_of(namespace, all_namespaces), tuple(context or ()), dump, kubeconfig)
    words = command.words_of(question)
    command.finish(diagnose_question(words, place, shown, asks_back=True))
