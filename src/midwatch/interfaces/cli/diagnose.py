import sys
from collections.abc import Callable
from importlib import import_module
from typing import Annotated

import typer

from midwatch import wiring
from midwatch.domain.investigation import Answer, Investigation, Request
from midwatch.interfaces.cli import command, progress
from midwatch.services.bundles import save_file
from midwatch.services.errors import Refusal
from midwatch.services.investigations import investigate
from midwatch.settings import Settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON (see midwatch schema).")]
Markdown = Annotated[bool, typer.Option("--markdown", help="Print the answer as Markdown.")]


@app.command()
def diagnose(
    question: Annotated[str, typer.Argument(metavar="[QUESTION]", help="What to look into, in words: a name is enough.")] = "",
    dump: command.Dump = "",
    context: command.Contexts = None,
    kubeconfig: command.Kubeconfig = "",
    namespace: command.Namespace = "",
    all_namespaces: command.Everywhere = False,
    json: Json = False,
    markdown: Markdown = False,
    bundle: Annotated[str, typer.Option("--bundle", metavar="FILE", help="Also save all evidence in one redacted file.")] = "",
) -> None:
    """Find the root cause in a cluster, live or saved.

    Reads, never writes. Exit code: 0 healthy, 1 something is wrong, 2 could not be run.
    """
    request = Request(question=question, namespace="" if all_namespaces else namespace)
    form = "json" if json else "markdown" if markdown else "terminal"
    command.finish(run(request, dump=dump, contexts=context, kubeconfig=kubeconfig, form=form, bundle=bundle))


async def run(
    request: Request, *, dump: str = "", contexts: list[str] | None = None, kubeconfig: str = "", form: str = "terminal", bundle: str = ""
) -> None:
    """Investigates in each context, prints each answer, and leaves with the exit code of the worst."""
    settings = command.settings(kubeconfig)
    if dump and contexts:
        raise Refusal("--dump and --context do not go together.", "A dump is read as it is; leave --context out")
    if bundle and contexts and len(contexts) > 1:
        raise Refusal("--bundle saves one cluster.", "Give one --context")
    runs = [await _one(settings, request, dump, name) for name in contexts or settings.kubernetes.contexts or ("",)]
    for found in runs:
        show(found, form)
        if bundle:
            save_file(found, bundle)
    problem = any(r.diagnosis.causes or (r.diagnosis.elsewhere and not r.request.question) for r in runs)
    raise typer.Exit(command.exit_code([r.diagnosis.verdict for r in runs], problem=problem))


async def _one(settings: Settings, request: Request, dump: str, context: str) -> Investigation:
    async with wiring.context(settings, dump=dump, context=context) as ctx:
        with progress.shown(ctx.source) as watch:
            return await investigate(ctx, request, watch)


def show(found: Investigation, form: str) -> None:
    """Prints the answer. What lays a report out is loaded where a person reads it, not where a program does."""
    if form == "json":
        sys.stdout.write(Answer.of(found).json_text())
        return
    laid_out: Callable[[Investigation, str], None] = import_module("midwatch.interfaces.cli.layout").show
    laid_out(found, form)
