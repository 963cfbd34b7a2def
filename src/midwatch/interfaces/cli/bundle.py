from typing import Annotated

import typer

from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.diagnose import diagnose_question

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def bundle(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where to write the bundle (.tgz).")],
    question: Annotated[str, typer.Argument(metavar="[QUESTION]", help="What to look into, in words.")] = "",
    dump: command.Dump = "",
    context: command.Contexts = None,
    kubeconfig: command.Kubeconfig = "",
    namespace: command.Namespace = "",
) -> None:
    """Investigate, and save all evidence in one file.

    The file holds what was read, secrets cut out, and the answer. `midwatch replay FILE` repeats it without a cluster.
    """
    command.finish(
        diagnose_question(question, namespace, dump=dump, contexts=context, kubeconfig=kubeconfig, bundle=file)
    )
