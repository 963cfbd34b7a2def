import sys
from typing import Annotated

import typer

from midwatch.domain.diagnosis import Verdict
from midwatch.domain.intent import AskBack, Intent, Topic
from midwatch.domain.investigation import Investigation, Request
from midwatch.interfaces.cli import command, progress
from midwatch.interfaces.cli.diagnose import Json, Markdown, run, show
from midwatch.kit.clock import utc_now
from midwatch.kit.printable import one_line
from midwatch.reasoning.echo import echo
from midwatch.services.errors import Refusal
from midwatch.services.investigations import investigate
from midwatch.services.understanding import understood
from midwatch.wiring.questions import Surroundings

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

    What is not clear is asked back, and nothing is guessed. With --dump, --context or -n it is always about that cluster.
    Exit code: 0 healthy, 1 something is wrong, 2 could not be run, or was not understood.
    """
    words, form = " ".join(question), "json" if json else "markdown" if markdown else "terminal"
    around = Surroundings(command.settings(kubeconfig))
    intent = _intent(around, words, cluster=bool(dump or context or namespace))
    if intent.topic is Topic.CLUSTER:
        request = Request(question=words, namespace=namespace or intent.namespace)
        command.finish(run(request, dump=dump, contexts=context, kubeconfig=kubeconfig, form=form))
    else:
        request = Request(
            question=words, namespace=namespace, intent=intent.model_copy(update={"namespace": namespace or intent.namespace})
        )
        command.finish(_answer(around, request, dump, (context or [""])[0], form))


def _intent(around: Surroundings, words: str, *, cluster: bool) -> Intent:
    if cluster:
        return Intent(topic=Topic.CLUSTER)
    try:
        found = understood(words, around.names, utc_now())
    except Refusal as refusal:
        command.fail(refusal)
    if isinstance(found, AskBack):
        command.fail(_asked_back(found))
    return found


def _asked_back(found: AskBack) -> Refusal:
    return Refusal(found.question, "\n  ".join(f"- {choice}" for choice in found.choices))


async def _answer(around: Surroundings, request: Request, dump: str, context: str, form: str) -> None:
    if form == "terminal" and request.intent:
        sys.stderr.write(f"{one_line(echo(request.intent))}\n")
    async with around.opened(request, dump=dump, context_name=context) as ctx:
        with progress.shown(ctx.source) as watch:
            found: Investigation = await investigate(ctx, request, watch)
    show(found, form)
    verdict = found.diagnosis.verdict
    raise typer.Exit(command.exit_code([verdict], problem=bool(found.diagnosis.causes) and verdict is not Verdict.EXPECTED))
