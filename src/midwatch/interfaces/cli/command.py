"""What all commands share: flags, exit codes, and one clear sentence for whatever goes wrong."""

import asyncio
import sys
from collections.abc import Coroutine
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from midwatch.domain.diagnosis import Verdict
from midwatch.integrations.kubernetes.settings import KubernetesSettings
from midwatch.kit.printable import one_line
from midwatch.kit.redaction import redact_text
from midwatch.services.errors import Refusal
from midwatch.settings import Settings
from midwatch.wiring.configuration import load

T = TypeVar("T")


class Exit(IntEnum):
    """Published exit codes: scripts rely on them."""

    HEALTHY = 0
    PROBLEM = 1
    FAILED = 2


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
Namespace = Annotated[str, typer.Option("-n", "--namespace", metavar="NAME", help="Look into one namespace.")]
Everywhere = Annotated[bool, typer.Option("-A", "--all-namespaces", help="Look into all namespaces (the default).")]


def settings(kubeconfig: str = "") -> Settings:
    """The settings in force; a flag wins over the environment, which wins over midwatch.yaml."""
    found = load()
    if kubeconfig:
        return found.having(found.of(KubernetesSettings).model_copy(update={"kubeconfig": Path(kubeconfig)}))
    return found


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Runs a command to its end; a Refusal becomes a sentence on standard error and exit code 2."""
    try:
        return asyncio.run(work)
    except Refusal as refusal:
        fail(refusal)
    except BrokenPipeError:
        # The reader (head, less) has seen enough; Python would complain once more while closing standard output.
        sys.stdout = None  # pyright: ignore[reportAttributeAccessIssue]
        raise typer.Exit(Exit.PROBLEM) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        fail(
            Refusal(
                f"{where}{error.strerror or type(error).__name__}.",
                "Check that path, its permissions and the space on its disk",
            )
        )


def fail(refusal: Refusal) -> NoReturn:
    print_refusal(refusal)
    raise typer.Exit(Exit.FAILED)


def print_refusal(refusal: Refusal) -> None:
    """On standard error: the sentence, and below it what to do next."""
    reason, hint = one_line(redact_text(refusal.reason)), one_line(redact_text(refusal.hint))
    typer.echo(f"midwatch: {reason}" + (f"\n  {hint}" if hint else ""), err=True)


def exit_code(verdicts: list[Verdict], *, problem: bool) -> Exit:
    """0 when everything is healthy, 1 when something is wrong, 2 when nobody could tell."""
    if problem:
        return Exit.PROBLEM
    return Exit.HEALTHY if all(v in (Verdict.HEALTHY, Verdict.EXPECTED) for v in verdicts) else Exit.FAILED
