import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, cast

import typer
import yaml

from midwatch.interfaces.cli import command, doctor
from midwatch.services.errors import Refusal
from midwatch.settings import settings_file

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

PORT = 8350
_OWN = 0o600  # settings may get credentials later


@app.command(epilog=command.example("midwatch init", "midwatch init --file midwatch.yaml"))
def init(
    file: Annotated[
        str, typer.Option("--file", metavar="FILE", help="Where to write it; the user's own midwatch.yaml otherwise.")
    ] = "",
    force: command.Force = False,
) -> None:
    """Write midwatch.yaml from a few questions, and check it.

    Asks for contexts of the kubeconfig, the port of the server, sites and an AWS region; an empty answer leaves the
    default. Credentials are not asked for: they stay in the kubeconfig, the environment and AWS's own files. Then it
    runs doctor, whose exit code it has.
    """
    path = Path(file) if file else settings_file()
    if path.is_dir():
        raise Refusal(f"{path} is a folder.", "Name a file in it")
    if path.exists() and not force:
        raise Refusal(f"{path} exists.", "Edit it, or replace it with --force")
    if not sys.stdin.isatty():
        raise Refusal(
            "midwatch init asks questions, and standard input is no terminal.",
            f"Run it in a terminal, or write {path} by hand: docs/settings.md",
        )
    command.finish(_write(path, dict(_answers())))
    typer.echo(f"{path} written; midwatch doctor:\n")
    command.finish(doctor.check())


def _answers() -> Iterator[tuple[str, Any]]:
    """The sections with an answer other than the default."""
    kubeconfig = Path(os.environ.get("KUBECONFIG", "").partition(os.pathsep)[0] or Path.home() / ".kube" / "config")
    known = contexts(kubeconfig)
    if known:
        typer.echo(f"Contexts in {kubeconfig}: {', '.join(known)}")
    if chosen := _asked("Contexts to look into, separated by commas (empty: the current one)", known=known):
        yield "kubernetes", {"contexts": chosen}
    if (port := _port()) != PORT:
        yield "server", {"port": port}
    if sites := _asked("Websites to check, separated by commas (https://…)"):
        yield "sites", [{"url": site} for site in sites]
    if find_spec("boto3") and (region := _asked("AWS region of the NAT gateways (empty: AWS is not read)")):
        yield "aws", {"region": region[0]}


def _asked(question: str, known: Sequence[str] = ()) -> list[str]:
    """What was answered, asked again as long as it names something that is not known."""
    while True:
        answer: str = typer.prompt(question, default="", show_default=False)
        found = [part.strip() for part in answer.split(",") if part.strip()]
        strange = [part for part in found if known and part not in known]
        if not strange:
            return found
        typer.echo(f"There is no context {strange[0]}.")


def _port() -> int:
    while True:
        port: int = typer.prompt("Port of midwatch serve", default=PORT, type=int)
        if 0 <= port <= 65535:
            return port
        typer.echo("A port is a number from 0 to 65535.")


def contexts(kubeconfig: Path) -> list[str]:
    """Names in a kubeconfig; none where it cannot be read: doctor says why."""
    found: Any = None
    with suppress(OSError, ValueError, yaml.YAMLError):
        found = yaml.load(kubeconfig.read_text("utf-8"), Loader=yaml.CSafeLoader)
    listed = cast("dict[str, Any]", found).get("contexts") if isinstance(found, dict) else None
    entries = cast("list[Any]", listed) if isinstance(listed, list) else []
    return [str(cast("dict[str, Any]", one)["name"]) for one in entries if isinstance(one, dict) and "name" in one]


async def _write(path: Path, sections: dict[str, Any]) -> None:
    head = "# Settings of Midwatch: docs/settings.md has all of them.\n"
    text = head + (yaml.safe_dump(sections, sort_keys=False, allow_unicode=True) if sections else "")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.part")
    part.touch(mode=_OWN)
    part.write_text(text, "utf-8")
    part.replace(path)
