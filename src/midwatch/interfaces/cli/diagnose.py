import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from importlib import import_module
from typing import Annotated

import typer

from midwatch.domain.diagnosis import Verdict
from midwatch.domain.investigation import Answer, CaseFile, Request
from midwatch.interfaces.cli import command, progress
from midwatch.services.errors import Refusal
from midwatch.settings import Settings
from midwatch.wiring import cli

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON (see midwatch schema).")]
Markdown = Annotated[bool, typer.Option("--markdown", help="Print the answer as Markdown.")]


@app.command()
def diagnose(
    question: Annotated[
        str, typer.Argument(metavar="[QUESTION]", help="What to look into, in words: a name is enough.")
    ] = "",
    dump: command.Dump = "",
    context: command.Contexts = None,
    kubeconfig: command.Kubeconfig = "",
    namespace: command.Namespace = "",
    all_namespaces: command.Everywhere = False,
    json: Json = False,
    markdown: Markdown = False,
    bundle: Annotated[
        str, typer.Option("--bundle", metavar="FILE", help="Also save all evidence in one redacted file.")
    ] = "",
) -> None:
    """Find the root cause in a cluster, live or saved.

    A question about something else (a NAT spike, a website) is answered as `midwatch ask` does; one that names no topic
    is about the cluster. Reads, never writes. Several contexts have an answer each, one after the other; with --json
    that is a document each.
    Exit code: 0 healthy, 1 something is wrong, 2 could not be run, or a cluster could not be read.
    """
    where = "" if all_namespaces else namespace
    form = "json" if json else "markdown" if markdown else "terminal"
    command.finish(
        diagnose_question(question, where, dump=dump, contexts=context, kubeconfig=kubeconfig, form=form, bundle=bundle)
    )


async def diagnose_question(
    question: str,
    namespace: str,
    *,
    dump: str = "",
    contexts: list[str] | None = None,
    kubeconfig: str = "",
    form: str = "terminal",
    bundle: str = "",
    asks_back: bool = False,
) -> None:
    """Investigates, in each context where it is about a cluster, prints each answer, and leaves with the exit code of
    the worst: a cluster that cannot be read costs none of the answers of the others. What names no topic is about
    whatever is wrong, or is refused with the choices where it `asks_back`."""
    if dump and contexts:
        raise Refusal("--dump and --context do not go together.", "A dump is read as it is; leave --context out")
    settings = command.settings(kubeconfig)
    otherwise = "" if asks_back else cli.default_topic()
    request = cli.question(settings, question, namespace, dump=dump, otherwise=otherwise)
    if form == "terminal" and not cli.about_everything(request):
        sys.stderr.write(f"{cli.restate_request(settings, request)}\n")
    names = _places(settings, request, dump, contexts)
    if bundle and len(names) > 1:
        raise Refusal("--bundle saves one cluster.", "Give one --context")
    runs = list[CaseFile]()
    async for found in _answers(settings, request, dump, names):
        show(found, form)
        if bundle:
            import_module("midwatch.services.bundles").save_file(found, bundle)
        runs.append(found)
    problem = any(_problem(run) for run in runs)
    if len(runs) < len(names) and not problem:
        raise typer.Exit(command.Exit.FAILED)
    raise typer.Exit(command.exit_code([run.diagnosis.verdict for run in runs], problem=problem))


def _places(settings: Settings, request: Request, dump: str, contexts: Sequence[str] | None) -> tuple[str, ...]:
    """The contexts that are investigated, each once; only what is about everything has more than one."""
    if dump:
        return ("",)
    names = tuple(dict.fromkeys(contexts or cli.contexts(settings)))
    return names if cli.about_everything(request) else names[:1]


async def _answers(settings: Settings, request: Request, dump: str, names: Sequence[str]) -> AsyncGenerator[CaseFile]:
    """One after the other. With several, one that cannot be read is told, and the others are investigated."""
    for name in names:
        try:
            yield await _one(settings, request, dump, name)
        except Refusal as refusal:
            if len(names) == 1:
                raise
            command.print_refusal(refusal)


async def _one(settings: Settings, request: Request, dump: str, context: str) -> CaseFile:
    with progress.shown(dump or context or "the evidence") as watch:
        return await cli.request(settings, request, dump=dump, context=context, watch=watch)


def _problem(run: CaseFile) -> bool:
    found = run.diagnosis
    beside = bool(found.elsewhere) and not run.request.question
    return found.verdict is not Verdict.EXPECTED and (bool(found.causes) or beside)


def show(found: CaseFile, form: str) -> None:
    """Prints the answer. What lays a report out is loaded where a person reads it, not where a program does."""
    if form == "json":
        sys.stdout.write(Answer.of(found).json_text())
        return
    laid_out: Callable[[CaseFile, str], None] = import_module("midwatch.interfaces.cli.layout").show
    laid_out(found, form)
