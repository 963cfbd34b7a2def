import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from midwatch.domain.diagnosis import Verdict
from midwatch.domain.investigation import CaseFile, Request
from midwatch.interfaces.cli import command, progress
from midwatch.interfaces.cli.answer_output import AnswerOutput
from midwatch.interfaces.cli.exits import Exit
from midwatch.interfaces.cli.forms import Form, Json, Markdown, Output, Presentation, Quiet, SharedPlace, Verbose
from midwatch.interfaces.cli.place import Place, Selector, Since, duration
from midwatch.kit.clock import utc_now
from midwatch.services.errors import Refusal
from midwatch.settings import Settings
from midwatch.wiring import cli

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

BundleFile = Annotated[
    str, typer.Option("--bundle", metavar="FILE", help="Also save all evidence in one redacted file.")
]


@app.command(
    epilog=command.example(
        "midwatch diagnose -n shop",
        "midwatch diagnose deploy/web --context prod -o json",
        "kubectl describe pod web-1 | midwatch diagnose --dump -",
    )
)
def diagnose(
    question: Annotated[
        list[str] | None,
        typer.Argument(metavar="QUESTION", help="In words, or an object: deploy/NAME, deploy NAME; a name is enough."),
    ] = None,
    dump: command.Dump = "",
    context: command.Contexts = None,
    kubeconfig: command.Kubeconfig = "",
    namespace: command.Namespaces = None,
    all_namespaces: command.Everywhere = False,
    selector: Selector = "",
    since: Since = "",
    output: Output = None,
    json: Json = False,
    markdown: Markdown = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    bundle: BundleFile = "",
    force: command.Force = False,
) -> None:
    """Find the root cause in a cluster, live or saved.

    A question about something else (a NAT spike, a website) is answered as `midwatch ask` does; one that names no topic
    is about the cluster. Reads, never writes. Exit code: 0 no problem found, 1 problem found, also of unknown
    cause, 2 no problem found but not everything could be read, or the named object not found, 3 could not run.
    """
    shown = Presentation.of(output, json=json, markdown=markdown, quiet=quiet, verbose=verbose)
    place = Place(command.namespaces_of(namespace, all_namespaces), tuple(context or ()), dump, kubeconfig)
    if _is_bundle(dump):
        if question or namespace:
            command.note(f"{dump} is a bundle: its own question is answered again")
        again: Any = import_module("midwatch.interfaces.cli.replay")
        command.finish(again.replay_bundle(dump, shown))
    file = command.new_file(bundle, force=force) if bundle else None
    words = command.words_of(question)
    command.finish(diagnose_question(words, place, shown, bundle=file, selector=selector, since=since))


class InvestigationTarget(NamedTuple):
    """One investigation of a command."""

    request: Request
    context: str


@dataclass
class _SavedBundle:
    """The file of --bundle: written anew with each investigation, so that it is whole however the command ends."""

    file: Path | None
    runs: list[CaseFile] = field(default_factory=list[CaseFile])

    def add(self, found: CaseFile) -> None:
        if self.file:
            self.runs.append(found)
            import_module("midwatch.services.bundles").save_file(self.runs, str(self.file))


def _is_bundle(dump: str) -> bool:
    """Whether it is no dump but what `midwatch bundle` wrote, which is replayed."""
    path = Path(dump).expanduser()
    if dump in ("", "-") or not path.is_file():
        return False
    bundles: Any = import_module("midwatch.services.bundle_format")
    return bundles.is_bundle(path)


async def diagnose_question(
    question: str,
    place: Place,
    shown: Presentation,
    *,
    bundle: Path | None = None,
    selector: str = "",
    since: str = "",
    asks_back: bool = False,
) -> None:
    """Investigates, in each namespace and context where it is about a cluster, prints each answer, and leaves with the
    exit code of all of them. A question without a topic is about whatever is wrong, or is refused with the choices
    where it `asks_back`."""
    settings = command.settings(place.kubeconfig)
    place = place.with_defaults(settings)
    otherwise = "" if asks_back else cli.default_topic()
    requests = [_request(settings, question, space, place, since, otherwise) for space in place.namespaces]
    targets = [target for request in requests for target in _targets(settings, request, place, shown)]
    if selector:
        targets = [found for target in targets for found in await _selected(settings, target, place, selector)]
    names = tuple(dict.fromkeys(target.context for target in targets))
    codes, saved, output = list[Exit](), _SavedBundle(bundle), AnswerOutput(shown, len(targets) > 1)
    for name in names:
        for number, target in enumerate(target for target in targets if target.context == name):
            shared = SharedPlace(len(names) > 1, len(names) > 1 and not number)
            codes.append(await _answered(settings, target, place, output, saved, shared))
    output.finish()
    raise typer.Exit(command.worst(codes))


def _request(settings: Settings, question: str, namespace: str, place: Place, since: str, otherwise: str) -> Request:
    """Raises Refusal where it has to be asked back. Of a cluster only logs and events have a period: that is said."""
    if not since:
        return cli.question(settings, question, namespace, dump=place.dump, otherwise=otherwise)
    length = duration(since)
    minutes = max(1, round(length.total_seconds() / 60))
    dated = f"{question} in the last {minutes} minutes"
    found = cli.question(settings, dated, namespace, dump=place.dump, otherwise=otherwise)
    if cli.has_period(settings, found):
        return found
    plain = cli.question(settings, question, namespace, dump=place.dump, otherwise=otherwise)
    if place.dump:
        command.note("--since is not applied to a saved cluster: it is read whole")
        return plain
    start = (utc_now() - length).replace(microsecond=0)
    command.note(
        f"--since {since}: logs and events since {start:%Y-%m-%d %H:%M:%S} UTC; the state of objects, and logs of "
        "containers before their last restart, are read as they are"
    )
    return plain.model_copy(update={"since": start})


def _targets(settings: Settings, request: Request, place: Place, shown: Presentation) -> Iterator[InvestigationTarget]:
    names = ("",) if place.dump else tuple(dict.fromkeys(place.contexts or cli.contexts(settings)))
    if not cli.about_everything(request):
        names = names[:1]
        if shown.form is Form.TEXT and not shown.quiet:
            sys.stderr.write(f"{cli.restate_request(settings, request)}\n")
    yield from (InvestigationTarget(request, name) for name in names)


async def _selected(
    settings: Settings, target: InvestigationTarget, place: Place, selector: str
) -> list[InvestigationTarget]:
    """One for each namespace with matching workloads; raises Refusal where there are none."""
    request = target.request
    if not cli.about_everything(request):
        raise Refusal("-l selects workloads of a cluster, and this question is not about one.", "Leave -l out")
    objects: Any = import_module("midwatch.interfaces.cli.label_selection")
    found: dict[str, list[str]] = await objects.workloads(
        settings, selector, request.namespace, dump=place.dump, context=target.context
    )
    return [
        InvestigationTarget(cli.question_about(request, names, namespace), target.context)
        for namespace, names in found.items()
    ]


async def _answered(
    settings: Settings,
    target: InvestigationTarget,
    place: Place,
    output: AnswerOutput,
    bundle: _SavedBundle,
    shared: SharedPlace,
) -> Exit:
    """Prints one answer; the file is saved first, whatever becomes of the output. Of several investigations one that
    cannot run says why, and the others go on."""
    try:
        with progress.show_progress(place.dump or target.context or "the evidence") as watch:
            found = await cli.request(settings, target.request, dump=place.dump, context=target.context, watch=watch)
    except Refusal as refusal:
        if not output.several:
            raise
        command.print_refusal(refusal)
        return command.refusal_code(refusal)
    bundle.add(found)
    output.add(found, shared)
    return command.exit_code([found.diagnosis.verdict], problem=is_problem(found))


def is_problem(run: CaseFile) -> bool:
    """False for a name that was not found: what else is wrong is no answer about it."""
    found = run.diagnosis
    if found.missing and found.answer is None:
        return False
    beside = bool(found.elsewhere) and not run.request.question
    return found.verdict is not Verdict.EXPECTED and (bool(found.causes) or beside)
