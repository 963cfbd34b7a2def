from typing import Annotated

import typer

from midwatch.domain.investigation import Request
from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.diagnose import Json, Markdown, run

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
    """Ask in words what is wrong, or with what.

    Exit code: 0 healthy, 1 something is wrong, 2 could not be run.
    """
    request = Request(question=" ".join(question), namespace=namespace)
    form = "json" if json else "markdown" if markdown else "terminal"
    command.finish(run(request, dump=dump, contexts=context, kubeconfig=kubeconfig, form=form))
