"""Wrong use of the command line, in one sentence with the next step."""

import re
from difflib import get_close_matches
from typing import Any

import typer

from midwatch.domain.refusal import Refusal
from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.exits import Exit

_COMMAND = re.compile(r"No such command '([^']{1,100})'")


def report(error: Any) -> int:
    """Prints the usage error that typer raised; the exit code. Without any argument there is help instead."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return Exit.FAILED
    path = error.ctx.command_path if error.ctx else "midwatch"
    try:
        command.fail(Refusal(_sentence(error), _near(error) or f"{path} --help lists what there is"))
    except typer.Exit as left:
        return left.exit_code


def _sentence(error: Any) -> str:
    """On one line: typer lists choices below each other."""
    text = " ".join(error.message.split() if _option(error) else error.format_message().split())
    if text.rstrip(".") == "Missing command":
        text = f"Missing command: one of {', '.join(error.ctx.command.list_commands(error.ctx))}"
    text = text.partition(" Did you mean")[0]
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _option(error: Any) -> str:
    return str(getattr(error, "option_name", ""))


def _near(error: Any) -> str:
    """The option or command that was probably meant."""
    if not error.ctx:
        return ""
    path, ctx = error.ctx.command_path, error.ctx
    if option := _option(error):
        known = [name for param in ctx.command.get_params(ctx) for name in param.opts]
        near = get_close_matches(option, known, n=1, cutoff=0.7)
        return f"Did you mean {near[0]}? {path} --help lists the options" if near else ""
    if command_ := _COMMAND.match(error.message):
        near = get_close_matches(command_[1], ctx.command.list_commands(ctx), n=1)
        return f"Did you mean {path} {near[0]}? {path} --help lists the commands" if near else ""
    return ""
