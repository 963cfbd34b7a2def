from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Annotated, Any

import typer

from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.app import COMMANDS

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


_HELP = (("-h", "Show the help text"), ("--help", "Show the help text"))


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@dataclass(frozen=True)
class CommandWords:
    """A command: its path, the names of its subcommands or the choices of its argument, and its options; each with its
    help. `values` are the choices of options that have some."""

    path: tuple[str, ...]
    commands: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def words(self) -> str:
        return " ".join(name for name, _ in (*self.commands, *self.options))


@app.command(
    epilog=command.example(
        "source <(midwatch completion bash)",
        "source <(midwatch completion zsh)",
        "midwatch completion fish > ~/.config/fish/completions/midwatch.fish",
    )
)
def completion(shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]) -> None:
    """Print the completion script of a shell.

    It completes commands and options by itself: no process is started for it. Write it again after an update.
    """
    nodes = list(_nodes())
    typer.echo("\n".join(_SCRIPTS[shell](nodes)))


def _nodes() -> Iterator[CommandWords]:
    root = (("--version", "Print the version"), ("--no-color", "No colors"), *_HELP)
    yield CommandWords((), tuple(COMMANDS.items()), root)
    for name in COMMANDS:
        found: Any = typer.main.get_command(import_module(f"midwatch.interfaces.cli.{name}").app)
        inner: dict[str, Any] = getattr(found, "commands", {})
        yield _node((name,), found, inner)
        for part, one in inner.items():
            yield _node((name, part), one, {})


def _node(path: tuple[str, ...], found: Any, inner: dict[str, Any]) -> CommandWords:
    options = [
        (opt, str(getattr(param, "help", "") or ""))
        for param in found.params
        for opt in param.opts
        if opt.startswith("-") and not getattr(param, "hidden", False)
    ]
    commands = [(name, one.get_short_help_str(limit=80)) for name, one in inner.items()]
    arguments = [param for param in found.params if not param.opts[0].startswith("-")]
    commands += [(str(one), "") for param in arguments for one in param.type_descriptor.choices or ()]
    return CommandWords(path, tuple(commands), (*options, *_HELP), tuple(_values(found)))


def _values(found: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    for param in found.params:
        choices = tuple(map(str, getattr(param.type_descriptor, "choices", None) or ()))
        yield from ((opt, choices) for opt in param.opts if choices and opt.startswith("-"))


def _bash(nodes: list[CommandWords]) -> Iterator[str]:
    yield "_midwatch() {"
    yield '  local current="${COMP_WORDS[COMP_CWORD]}" at="" words="" word'
    yield '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do'
    yield from _path(nodes)
    yield "  done"
    yield '  case "$at" in'
    for node in nodes:
        yield f"    {_quoted(_spaced(node))}) words={_quoted(node.words)} ;;"
    yield "  esac"
    yield from _value_cases(nodes, "${COMP_WORDS[COMP_CWORD-1]}", lambda found: f"words={_quoted(' '.join(found))}")
    yield '  COMPREPLY=($(compgen -W "$words" -- "$current"))'
    yield "}"
    yield "complete -o default -F _midwatch midwatch"


def _zsh(nodes: list[CommandWords]) -> Iterator[str]:
    """Its own: zsh's emulation of bash's completion cannot cut an array as bash does."""
    yield "#compdef midwatch"
    yield "(( ${+functions[compdef]} )) || { autoload -Uz compinit && compinit }"
    yield "_midwatch() {"
    yield '  local at="" word'
    yield "  local -a known"
    yield '  for word in "${(@)words[2,CURRENT-1]}"; do'
    yield from _path(nodes)
    yield "  done"
    yield '  case "$at" in'
    for node in nodes:
        known = (f"{name}:{text}" for name, text in (*node.commands, *node.options))
        yield f"    {_quoted(_spaced(node))}) known=({' '.join(map(_quoted, known))}) ;;"
    yield "  esac"
    yield from _value_cases(nodes, "${words[CURRENT-1]}", lambda found: f"known=({' '.join(map(_quoted, found))})")
    yield "  _describe midwatch known || _files"
    yield "}"
    yield "compdef _midwatch midwatch"


def _value_cases(nodes: list[CommandWords], previous: str, assign: Callable[[Sequence[str]], str]) -> Iterator[str]:
    """After an option that has choices only those are completed."""
    yield f'  case "$at {previous}" in'
    for node in nodes:
        for option, choices in node.values:
            yield f"    {_quoted(f'{_spaced(node)} {option}')}) {assign(choices)} ;;"
    yield "  esac"


def _path(nodes: list[CommandWords]) -> Iterator[str]:
    """The body of a loop over the words of the line: the command that they name, in `at`."""
    yield '    case "$at $word" in'
    yield f'      {"|".join(_quoted(_spaced(node)) for node in nodes if node.path)}) at="$at $word" ;;'
    yield "    esac"


def _spaced(node: CommandWords) -> str:
    return "".join(f" {part}" for part in node.path)


def _fish(nodes: list[CommandWords]) -> Iterator[str]:
    yield "complete -c midwatch -f -n __fish_use_subcommand"
    for node in nodes:
        where = _fish_condition(node)
        for name, text in node.commands:
            yield f"complete -c midwatch -f -n {where} -a {name} -d {_quoted(text)}"
        for name, text in node.options:
            flag = f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}"
            choices = " ".join(dict(node.values).get(name, ()))
            given = f" -x -a {_quoted(choices)}" if choices else ""
            yield f"complete -c midwatch -n {where} {flag}{given} -d {_quoted(text)}"


def _fish_condition(node: CommandWords) -> str:
    if not node.path:
        return "__fish_use_subcommand"
    parts = [f"__fish_seen_subcommand_from {part}" for part in node.path]
    inner = " ".join(name for name, _ in node.commands)
    return _quoted("; and ".join([*parts, *([f"not __fish_seen_subcommand_from {inner}"] if inner else [])]))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


_SCRIPTS = {Shell.BASH: _bash, Shell.ZSH: _zsh, Shell.FISH: _fish}
