import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, cast

import typer
import yaml

from midwatch.interfaces.cli import command, doctor
from midwatch.services.errors import Refusal
from midwatch.settings import only_file, settings_file
from midwatch.wiring.configuration import load

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

PORT = 8350
_IN_FILE = re.compile(r" \([^()]*, line \d+\)")
_SITE = re.compile(r"https?://[A-Za-z0-9.\[\]:_-]+(?:/\S*)?")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_OWN = 0o600  # settings may get credentials later


Changed = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="SECTION.NAME=VALUE", help="A setting, without questions; may be given several times."
    ),
]
Yes = Annotated[bool, typer.Option("-y", "--yes", help="Ask no questions: defaults, and what --set names.")]


@app.command(
    epilog=command.example(
        "midwatch init", "midwatch init --yes --file midwatch.yaml", "midwatch init --set server.port=8351"
    )
)
def init(
    file: Annotated[
        str, typer.Option("--file", metavar="FILE", help="Where to write it; the user's own midwatch.yaml otherwise.")
    ] = "",
    yes: Yes = False,
    set_: Changed = None,
    force: command.Force = False,
) -> None:
    """Write midwatch.yaml from a few questions, and check it.

    Asks for contexts of the kubeconfig, the port of the server, sites and, where the AWS SDK is installed, an AWS
    region; an empty answer leaves the default. With --yes or --set it asks nothing and needs no terminal. Credentials
    are not asked for: they stay in the kubeconfig, the environment and AWS's own files. Then it runs doctor on the file
    that it wrote, whose exit code it has.
    """
    path = Path(file) if file else settings_file()
    if path.is_dir():
        raise Refusal(f"{path} is a folder.", "Name a file in it")
    if path.exists() and not force:
        raise Refusal(f"{path} exists.", "Edit it, or replace it with --force")
    if not (yes or set_ or sys.stdin.isatty()):
        raise Refusal(
            "midwatch init asks questions, and standard input is not a terminal.",
            "Use --yes or --set SECTION.NAME=VALUE, which ask none",
        )
    sections = _given(set_ or []) if yes or set_ else dict(_answers())
    if problem := problem_of(sections):
        raise Refusal(problem, "Correct --set; docs/settings.md has all settings")
    command.finish(_write(path, sections))
    typer.echo(f"{path} written; midwatch doctor:\n")
    with only_file(path) if file else nullcontext():
        command.finish(doctor.check())


def _given(changes: Sequence[str]) -> dict[str, Any]:
    """The sections that --set names. Raises Refusal for what is not SECTION.NAME=VALUE."""
    found: dict[str, Any] = {}
    for change in changes:
        name, equals, value = change.partition("=")
        parts = name.strip().split(".")
        if not (equals and all(parts)):
            raise Refusal(
                f"--set {name} has no value." if not equals else "--set has no name.", "Write SECTION.NAME=VALUE"
            )
        table = found
        for part in parts[:-1]:
            inner = table.setdefault(part, {})
            table = cast("dict[str, Any]", inner) if isinstance(inner, dict) else table
        try:
            table[parts[-1]] = yaml.load(value, Loader=yaml.CSafeLoader)
        except yaml.YAMLError:
            raise Refusal(f"The value of {name} is not valid YAML.", "Quote it") from None
    return found


def problem_of(sections: dict[str, Any]) -> str:
    """What `midwatch` would refuse in a file with these sections; "" where nothing is wrong."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "midwatch.yaml"
        file.write_text(_yaml(sections), "utf-8")
        try:
            with only_file(file):
                load()
        except Refusal as refusal:
            return _IN_FILE.sub("", refusal.reason).replace(f"{file}", "the file")
    return ""


def _answers() -> Iterator[tuple[str, Any]]:
    """The sections with an answer other than the default."""
    kubeconfig = Path(os.environ.get("KUBECONFIG", "").partition(os.pathsep)[0] or Path.home() / ".kube" / "config")
    known = contexts(kubeconfig)
    if known:
        typer.echo(f"Contexts in {kubeconfig}: {', '.join(known)}")
    if chosen := _asked("Contexts to look into, separated by commas (empty: the current one)", _unknown_context(known)):
        yield "kubernetes", {"contexts": chosen}
    if (port := _port()) != PORT:
        yield "server", {"port": port}
    if sites := _asked("Websites to check, separated by commas (https://…)", _wrong_site):
        yield "sites", [{"url": site} for site in sites]
    if find_spec("boto3") and (
        region := _asked("AWS region of the NAT gateways (empty: AWS is not read)", _wrong_region)
    ):
        yield "aws", {"region": region[0]}


def _asked(question: str, wrong: Callable[[list[str]], str]) -> list[str]:
    """What was answered, asked again as long as something is `wrong` with it."""
    while True:
        answer: str = typer.prompt(question, default="", show_default=False)
        found = [part.strip() for part in answer.split(",") if part.strip()]
        problem = wrong(found) if found else ""
        if not problem:
            return found
        typer.echo(problem)


def _unknown_context(known: Sequence[str]) -> Callable[[list[str]], str]:
    return lambda found: next((f"There is no context {name}." for name in found if known and name not in known), "")


def _wrong_site(found: list[str]) -> str:
    for site in found:
        if not _SITE.fullmatch(site):
            return f"{site} is not a valid URL: write https://HOST or https://HOST/PATH."
    return problem_of({"sites": [{"url": site} for site in found]})


def _wrong_region(found: list[str]) -> str:
    if len(found) > 1:
        return "Only one region can be read."
    return "" if _REGION.fullmatch(found[0]) else f"{found[0]} is not an AWS region, such as us-east-1."


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


def _yaml(sections: dict[str, Any]) -> str:
    head = "# Settings of Midwatch: docs/settings.md has all of them.\n"
    return head + (yaml.safe_dump(sections, sort_keys=False, allow_unicode=True) if sections else "")


async def _write(path: Path, sections: dict[str, Any]) -> None:
    text = _yaml(sections)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.part")
    part.touch(mode=_OWN)
    part.write_text(text, "utf-8")
    part.replace(path)
