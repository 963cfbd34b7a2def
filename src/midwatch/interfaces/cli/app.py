"""The command line. Commands are loaded when they run, so that `--help` costs what a help text may cost."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from midwatch.domain.refusal import Refusal

# name → the first line of its help; the module of the same name holds the command.
COMMANDS = {
    "diagnose": "Find the root cause in a cluster, live or saved.",
    "ask": "Ask in words: what is wrong, what caused a spike, is a site up.",
    "investigate": "Investigate an alert: from its own text, and in the cluster it names.",
    "serve": "Take alerts in, investigate, answer.",
    "worker": "Investigate what other processes took in.",
    "admin": "Make API keys, save and restore the store.",
    "alerts": "Try a server with alerts.",
    "k8s": "Turn what is wrong in a cluster into alerts.",
    "doctor": "Say what is configured, reachable and permitted.",
    "demo": "Made-up trouble, investigated on this machine.",
    "bundle": "Investigate, and save all evidence in one file.",
    "replay": "Repeat the investigation of a bundle, offline.",
    "detect": "Find spikes in a series of measurements.",
    "schema": "Print the JSON schema of what --json prints.",
}


class _Lazy(TyperCommand):
    """Stands in a list of commands with a name and a line; becomes the real command when it is called."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        module = import_module(f"midwatch.interfaces.cli.{self.name}")
        real = typer.main.get_command(module.app)
        return real.make_context(info_name, args, parent, **extra)


class _Commands(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        """The edge of every command: what is refused outside of its own run, its settings for one, is a sentence
        too."""
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            import_module("midwatch.interfaces.cli.command").fail(refusal)

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return _Lazy(cmd_name, help=COMMANDS[cmd_name]) if cmd_name in COMMANDS else None


app = typer.Typer(
    cls=_Commands, no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.callback()
def midwatch() -> None:
    """Finds the root cause of an incident from read-only evidence, and proves every claim."""
