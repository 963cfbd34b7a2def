"""The man page of the command line, written from the commands themselves: man(7) macros."""

import re
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from typing import Any

import typer

from midwatch.interfaces.cli.app import COMMANDS, app
from midwatch.interfaces.cli.exits import LEGEND
from midwatch.settings import other_variables
from midwatch.wiring.registry import own_registry

NAME = "Finds the root cause of an incident from read-only evidence, and proves every claim"
ENVIRONMENT = (
    ("MIDWATCH_SECTION__NAME", "A setting: SECTION.NAME of midwatch.yaml, over which it wins."),
    ("MIDWATCH_HOME", "Folder of the store and of midwatch.yaml; ~/.midwatch otherwise."),
    ("MIDWATCH_URL", "The server that incidents and keys ask."),
    ("MIDWATCH_KEY", "The API key that is sent to a server."),
    ("MIDWATCH_TRACEBACK", "1: print the traceback of an internal error."),
    ("NO_COLOR", "Print no colors."),
)
FILES = (
    ("$XDG_CONFIG_HOME/midwatch/midwatch.yaml", "Settings; ~/.config/midwatch/midwatch.yaml otherwise."),
    ("midwatch.yaml", "Settings in the working folder, which win."),
    ("~/.midwatch", "The store, and the settings of version 0.1.0."),
)
_TYPE = re.compile(r" <[^<>]*>$")  # of a repeatable argument, as Python writes it


def manpage() -> Iterator[str]:
    yield f'.TH MIDWATCH 1 "" "midwatch {version("midwatch")}" "User Commands"'
    yield ".SH NAME"
    yield f"midwatch \\- {_text(NAME)}"
    yield ".SH SYNOPSIS"
    yield "\\fBmidwatch\\fR [\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGS\\fR]"
    yield ".SH DESCRIPTION"
    yield from _paragraphs(
        "Reads a cluster, alerts, metrics and websites, and says what is wrong, why, and what to check and fix. "
        "It never changes what it reads."
    )
    yield ".SH OPTIONS"
    yield from _options(typer.main.get_command(app))
    yield ".SH COMMANDS"
    for name in COMMANDS:
        found: Any = typer.main.get_command(import_module(f"midwatch.interfaces.cli.{name}").app)
        yield from _command(f"midwatch {name}", found)
        for inner, one in getattr(found, "commands", {}).items():
            yield from _command(f"midwatch {name} {inner}", one)
    yield ".SH EXIT STATUS"
    for code, meaning in LEGEND:
        yield from _entry(f"\\fB{int(code)}\\fR", meaning)
    yield ".SH ENVIRONMENT"
    for variable, meaning in (*ENVIRONMENT, *_other_variables()):
        yield from _entry(f"\\fB{_text(variable)}\\fR", meaning)
    yield ".SH FILES"
    for file, meaning in FILES:
        yield from _entry(f"\\fI{_text(file)}\\fR", meaning)
    yield ".SH SEE ALSO"
    yield ".BR kubectl (1)"
    yield ""


def _other_variables() -> Iterator[tuple[str, str]]:
    for path, _, also in other_variables(own_registry().settings):
        yield from ((name, f"Also sets {'.'.join(path)}.") for name in also.variables)


def _command(path: str, command: Any) -> Iterator[str]:
    yield f".SS {_text(path)}"
    pieces = command.collect_usage_pieces(_context(command, path))
    yield f"\\fB{_text(path)}\\fR {_text(' '.join(pieces))}"
    yield from _paragraphs(command.help or "", first=".PP")
    yield from _options(command)
    if command.epilog:
        yield ".PP"
        yield "Example:"
        yield ".PP"
        yield ".nf"
        yield from (_text(line) for line in command.epilog.splitlines() if line.startswith("  "))
        yield ".fi"


def _options(command: Any) -> Iterator[str]:
    ctx = _context(command, "midwatch")
    for param in command.get_params(ctx):
        record = None if getattr(param, "hidden", False) else param.get_help_record(ctx)
        if record:
            name = _TYPE.sub("", record[0])
            yield from _entry(f"\\fB{_text(name)}\\fR", record[1])


def _context(command: Any, name: str) -> typer.Context:
    return typer.Context(command, info_name=name, help_option_names=["-h", "--help"])


def _entry(title: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield title
    yield _text(" ".join(text.split())) or "\\&"


def _paragraphs(text: str, first: str = "") -> Iterator[str]:
    for number, part in enumerate(re.split(r"\n\s*\n", text.replace("\b", "").strip())):
        if number or first:
            yield ".PP"
        yield _text(" ".join(part.split()))


def _text(text: str) -> str:
    """As it is printed: no sign begins a request or an escape."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...").replace("·", "\\(pc")
    return f"\\&{text}" if text.startswith((".", "'")) else text
