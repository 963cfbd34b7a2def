from pathlib import Path
from typing import Annotated

import msgspec
import typer

from midwatch.domain.investigation import Answer, CaseFile
from midwatch.engine.investigations import investigate
from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.answer_output import AnswerOutput
from midwatch.interfaces.cli.diagnose import is_problem
from midwatch.interfaces.cli.forms import Json, Markdown, Output, Presentation, Quiet, SharedPlace, Verbose
from midwatch.services.bundles import Bundle, load
from midwatch.services.errors import Refusal
from midwatch.settings import Settings
from midwatch.wiring.replays import replay as wired
from midwatch.wiring.replays import replay_refused

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(epilog=command.example("midwatch replay incident.tgz", "midwatch replay incident.tgz --check -q"))
def replay(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A bundle that `midwatch bundle` wrote.")],
    output: Output = None,
    json: Json = False,
    markdown: Markdown = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    check: Annotated[bool, typer.Option("--check", help="Fail unless the answer is the same, byte for byte.")] = False,
) -> None:
    """Repeat the investigation of a bundle, offline.

    The same version of Midwatch gives the same answer, byte for byte. Exit code as for diagnose; with --check also 3
    when it differs.
    """
    shown = Presentation.of(output, json=json, markdown=markdown, quiet=quiet, verbose=verbose)
    command.finish(replay_bundle(file, shown, check=check))


async def replay_bundle(file: str, shown: Presentation, *, check: bool = False) -> None:
    bundles, settings = load(Path(file)), command.settings()
    sources = [bundle.manifest.source for bundle in bundles]
    several = len(set(sources)) > 1
    codes, output = list[command.Exit](), AnswerOutput(shown, len(bundles) > 1)
    for number, bundle in enumerate(bundles):
        found = await _one(file, bundle, settings, check=check)
        begins = several and sources[number] not in sources[:number]
        output.add(found, SharedPlace(several, begins))
        codes.append(command.exit_code([found.diagnosis.verdict], problem=is_problem(found)))
    output.finish()
    raise typer.Exit(command.worst(codes))


async def _one(file: str, bundle: Bundle, settings: Settings, *, check: bool) -> CaseFile:
    try:
        found = await investigate(wired(bundle, settings), bundle.manifest.request)
    except Refusal as refusal:
        raise replay_refused(refusal, file, bundle, settings) from refusal
    except (msgspec.MsgspecError, RecursionError) as error:  # what it holds is JSON in JSON, and reading it comes late
        raise Refusal(
            f"{file} is not a whole Midwatch bundle: its evidence cannot be read.", "midwatch bundle FILE writes one"
        ) from error
    if check and Answer.of(found).json_text() != bundle.answer:
        raise Refusal(
            f"The answer is not the one in {file}.",
            "Another version of Midwatch wrote it; compare --json with answer.json in the file",
        )
    return found
