"""What all commands share: flags, exit codes, and one clear sentence for whatever goes wrong."""

import asyncio
import os
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from midwatch.domain.diagnosis import Verdict
from midwatch.domain.refusal import NothingFound
from midwatch.integrations.kubernetes.settings import KubernetesSettings
from midwatch.interfaces.cli.exits import Exit
from midwatch.kit.printable import one_line, printable
from midwatch.kit.redaction import redact_text
from midwatch.services.errors import Refusal
from midwatch.settings import Settings, home
from midwatch.wiring.configuration import load

__all__ = ["Exit"]

T = TypeVar("T")
_NO_FOLDERS = ("/proc", "/sys")  # where the kernel makes none, whatever the permissions say

Dump = Annotated[
    str,
    typer.Option(
        "--dump", metavar="PATH", help="Read a saved cluster: folder, zip, tar, file, or - for standard input."
    ),
]
Contexts = Annotated[
    list[str] | None,
    typer.Option("--context", metavar="NAME", help="Context of the kubeconfig; may be given several times."),
]
Kubeconfig = Annotated[
    str, typer.Option("--kubeconfig", metavar="FILE", help="kubeconfig file instead of $KUBECONFIG or ~/.kube/config.")
]
Namespaces = Annotated[
    list[str] | None,
    typer.Option("-n", "--namespace", metavar="NAME", help="Look into one namespace; may be given several times."),
]
Everywhere = Annotated[bool, typer.Option("-A", "--all-namespaces", help="Look into all namespaces (the default).")]
Force = Annotated[bool, typer.Option("--force", help="Replace a file that exists.")]


def example(*lines: str) -> str:
    """The end of a help text: commands to copy, one on a line."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


def namespaces_of(names: Iterable[str] | None, everywhere: bool) -> tuple[str, ...]:
    """Each once; ("",) is all of them, () where no flag says it. -A wins over -n, as with kubectl."""
    return ("",) if everywhere else tuple(dict.fromkeys(names or ()))


def words_of(words: Iterable[str] | None) -> str:
    """A question that was given as one argument or as several. Bytes that are not UTF-8 become "?"."""
    return printable(" ".join(words or ()).encode(errors="replace").decode())


def new_file(file: str, *, force: bool) -> Path:
    """The path of a file that may be written; raises Refusal before any work is done for it."""
    path = Path(file)
    if path.is_dir():
        raise Refusal(f"{file} is a folder.", "Name a file in it")
    if path.is_file() and not force:
        raise Refusal(f"{file} exists.", "Name another file, or replace it with --force")
    if not path.parent.is_dir():
        raise Refusal(f"{file} cannot be written: there is no folder {path.parent}.", "Name a folder that exists")
    if not os.access(path.parent, os.W_OK):
        raise Refusal(
            f"{file} cannot be written: {path.parent} is read-only.", "Name a file in a folder that can be written"
        )
    return path


def require_store_folder(found: Settings) -> None:
    """Raises Refusal where the store would be in a folder that cannot be made or written; PostgreSQL needs none."""
    if found.server.database:
        return
    folder = home()
    nearest = next(part for part in (folder, *folder.absolute().parents) if part.exists())
    if not nearest.is_dir():
        reason = f"{nearest} is a file"
    elif not os.access(nearest, os.W_OK | os.X_OK) or (nearest != folder and str(nearest).startswith(_NO_FOLDERS)):
        reason = f"{nearest} is read-only"
    else:
        return
    raise Refusal(
        f"The store cannot be written in {folder}: {reason}.", "Set MIDWATCH_HOME to a folder that can be written"
    )


def settings(kubeconfig: str = "") -> Settings:
    """The settings in force; a flag wins over the environment, which wins over midwatch.yaml."""
    found = load()
    if kubeconfig:
        return found.having(found.of(KubernetesSettings).model_copy(update={"kubeconfig": Path(kubeconfig)}))
    return found


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Runs a command to its end; a Refusal becomes a sentence on standard error and its exit code."""
    try:
        return asyncio.run(work)
    except Refusal as refusal:
        fail(refusal)
    except OSError as error:
        fail(os_refusal(error))


def os_refusal(error: OSError) -> Refusal:
    """A sentence for a file, a folder, a device or a stream that cannot be used."""
    where = f"{error.filename}: " if error.filename else ""
    reason = f"{where}{error.strerror or type(error).__name__}."
    return Refusal(reason, "Check that path, its permissions and the space on its disk")


def fail(refusal: Refusal) -> NoReturn:
    print_refusal(refusal)
    raise typer.Exit(refusal_code(refusal))


def refusal_code(refusal: Refusal) -> Exit:
    """UNKNOWN for something named that is not in what was checked."""
    return Exit.UNKNOWN if isinstance(refusal, NothingFound) else Exit.FAILED


def print_refusal(refusal: Refusal) -> None:
    """On standard error: the sentence, and below it what to do next."""
    reason, hint = one_line(redact_text(refusal.reason)), one_line(redact_text(refusal.hint))
    typer.echo(f"midwatch: {reason}" + (f"\n  {hint}" if hint else ""), err=True)


def note(text: str) -> None:
    """For a person, beside the output of the command."""
    typer.echo(f"midwatch: {one_line(redact_text(text))}", err=True)


def exit_code(verdicts: Iterable[Verdict], *, problem: bool) -> Exit:
    """HEALTHY only where every verdict says so, or is about a fact (CONFIRMED without a problem); UNKNOWN where nothing
    was found and gaps remain."""
    if problem:
        return Exit.PROBLEM
    sure = (Verdict.HEALTHY, Verdict.EXPECTED, Verdict.CONFIRMED)
    return Exit.HEALTHY if all(v in sure for v in verdicts) else Exit.UNKNOWN


def worst(codes: Iterable[Exit]) -> Exit:
    """Of several investigations: one that could not run leaves the others UNKNOWN, since not everything was read."""
    found = set(codes)
    if Exit.PROBLEM in found or len(found) == 1:
        return Exit.PROBLEM if Exit.PROBLEM in found else next(iter(found))
    return Exit.UNKNOWN
