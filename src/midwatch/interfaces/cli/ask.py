from typing import Annotated

import typer

from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.diagnose import Json, Markdown, diagnose_question

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def ask(
    question: Annotated[list[str], typer.Argument(metavar="QUESTION", help="The question; quotes are not needed.")],
    dump: command.Dump = "",
    context: command.Contexts = None,
    kubeconfig: command.Kubeconfig = "",
    namespace: command.Namespace = "",
    json: Json = False,
    markdown: Markdown = False,
) -> None:
    """Ask in words: what is wrong, what caused a spike, is a site up.

    What is not clear is asked back, and nothing is guessed. With --dump it is always about that cluster.
    Exit code: 0 healthy, 1 something is wrong, 2 could not be run, or was not understood.
    """
    form = "json" if json else "markdown" if markdown else "terminal"
    words = " ".join(question)
    command.finish(
        diagnose_question(
            words, namespace, dump=dump, contexts=context, kubeconfig=kubeconfig, form=form, asks_back=True
        )
    )
