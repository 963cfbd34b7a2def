"""The command line. Commands are loaded when they run, so that `--help` costs what a help text may cost."""

import os
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from midwatch.domain.refusal import Refusal
from midwatch.interfaces.cli.exits import LEGEND, Exit

# name → the first line of its help; the module of the same name holds the command.
COMMANDS = {
    "diagnose": "Find the root cause in a cluster, live or saved.",
    "ask": "Ask in words: what is wrong, what caused a spike.",
    "investigate": "Investigate an alert, in the cluster that it names.",
    "serve": "Receive alerts, investigate, answer.",
    "worker": "Investigate what other processes received.",
    "incidents": "List, acknowledge and resolve the incidents of a server.",
    "keys": "List, create and revoke the API keys of a server.",
    "admin": "Make API keys, save and restore the store.",
    "alerts": "Try a server with alerts.",
    "k8s": "Turn what is wrong in a cluster into alerts.",
    "init": "Write midwatch.yaml from a few questions, and check it.",
    "doctor": "Show what is configured, reachable and permitted.",
    "demo": "Demo: broken applications, investigated on this machine.",
    "bundle": "Investigate, and save all evidence in one file.",
    "replay": "Repeat the investigation of a bundle, offline.",
    "detect": "Find spikes in a series of measurements.",
    "schema": "Print the JSON schema of what --json prints.",
    "completion": "Print the completion script of a shell.",
}
# Whichever click typer brings along: usage errors are all of this class.
_UsageError: Any = typer.BadParameter.__bases__[0]
NO_COLOR = "--no-color"


class _Lazy(TyperCommand):
    """Stands in a list of commands with a name and a line; becomes the real command when it is called."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        module = import_module(f"midwatch.interfaces.cli.{self.name}")
        real = typer.main.get_command(module.app)
        return real.make_context(info_name, args, parent, **extra)


class _Commands(TyperGroup):
    def main(self, args: Any = None, prog_name: str | None = None, *given: Any, **extra: Any) -> Any:
        """The edge of the command line: every way out has its exit code, a usage error and Ctrl-C too."""
        words = sys.argv[1:] if args is None else list(args)
        code: Any = Exit.FAILED
        try:
            extra["standalone_mode"] = False
            code = super().main(color_first(words), prog_name, *given, **extra)
        except _UsageError as error:
            code = import_module("midwatch.interfaces.cli.usage").report(error)
        except OSError as error:  # a help text and a schema are printed too, and no command's own edge is around them
            shared = import_module("midwatch.interfaces.cli.command")
            shared.print_refusal(shared.os_refusal(error))
        except (KeyboardInterrupt, typer.Abort):
            code = Exit.INTERRUPTED
        sys.exit(int(code) if isinstance(code, int) else Exit.HEALTHY)

    def invoke(self, ctx: Any) -> Any:
        """What is refused outside of a command's own run, its settings for one, is a sentence too."""
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            import_module("midwatch.interfaces.cli.command").fail(refusal)

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return _Lazy(cmd_name, help=COMMANDS[cmd_name]) if cmd_name in COMMANDS else None


def color_first(words: list[str]) -> list[str]:
    """--no-color is taken wherever it stands, up to `--`."""
    end = words.index("--") if "--" in words else len(words)
    flags = [word for word in words[:end] if word == NO_COLOR][:1]
    return [*flags, *(word for word in words[:end] if word != NO_COLOR), *words[end:]]


def _epilog(lines: Iterable[str]) -> str:
    return "\b\n" + "\n".join(lines)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_epilog(
        [
            "Exit codes:",
            *(f"  {code:<4} {meaning}" for code, meaning in LEGEND),
            "",
            "Example: midwatch diagnose deploy/web -n shop",
        ]
    ),
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"midwatch {import_module('importlib.metadata').version('midwatch')}")
        raise typer.Exit


@app.callback()
def midwatch(
    ctx: typer.Context,
    _asked: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    no_color: Annotated[
        bool, typer.Option(NO_COLOR, help="No colors, also after the command; as the variable NO_COLOR.")
    ] = False,
) -> None:
    """Finds the root cause of an incident from read-only evidence, and proves every claim."""
    if no_color and "NO_COLOR" not in os.environ:
        os.environ["NO_COLOR"] = "1"  # read by the library that prints, here and in the processes that are started
        ctx.call_on_close(lambda: os.environ.pop("NO_COLOR", None))
