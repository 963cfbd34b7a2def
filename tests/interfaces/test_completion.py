"""The completion scripts in the shells themselves, and what stands in them."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

from midwatch.interfaces.cli.app import COMMANDS
from tests.flows.cluster import midwatch
from tests.interfaces.shells import PATIENCE_S, Shell

SHELLS = ("bash", "zsh", "fish")
# What is typed before the tabulator key, and what then stands on the line or below it.
LINES = [
    ("midwatch incid", "midwatch incidents"),
    ("midwatch incidents reso", "midwatch incidents resolve"),
    ("midwatch incidents list --seve", "midwatch incidents list --severity"),
    ("midwatch diagnose --all-name", "midwatch diagnose --all-namespaces"),
    ("midwatch diagnose -n incidents --mark", "midwatch diagnose -n incidents --markdown"),
    ("midwatch completion ba", "midwatch completion bash"),
    ("midwatch diagnose -o mark", "midwatch diagnose -o markdown"),
    ("midwatch incidents list --status res", "midwatch incidents list --status resolved"),
    ("midwatch admin create ada --role resp", "midwatch admin create ada --role responder"),
    ("midwatch demo tra", "midwatch demo traffic"),
]


def script(shell: str) -> str:
    return midwatch("completion", shell).out


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """With a `midwatch` that does nothing: a completion starts no process."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "midwatch").write_text("#!/bin/sh\necho STARTED\n")
    (folder / "midwatch").chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture
def shell(request: pytest.FixtureRequest, tmp_path: Path, path: str) -> Iterator[Shell]:
    name: str = request.param
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    (tmp_path / "completion").write_text(script(name))
    made = Shell(name, tmp_path, path)
    try:
        assert "loaded" in made.typed("source ./completion; echo load''ed\n", r"(?m)^\W*loaded")
        yield made
    finally:
        made.close()


@pytest.mark.components
@pytest.mark.parametrize("shell", SHELLS, indirect=True)
def test_the_tabulator_key_completes(shell: Shell) -> None:
    for typed, wanted in LINES:
        seen = shell.typed(f"{typed}\t", re.escape(wanted.removeprefix("midwatch ")) + r"\b")
        assert wanted.split()[-1] in seen and "STARTED" not in seen, typed
        shell.typed("\x15", r"\Z")  # the line is cleared


@pytest.mark.components
@pytest.mark.parametrize("name", SHELLS)
def test_a_script_has_no_error(name: str, tmp_path: Path) -> None:
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    file = tmp_path / "completion"
    file.write_text(script(name))
    checked = subprocess.run([name, "-n", str(file)], capture_output=True, text=True, timeout=PATIENCE_S)
    assert (checked.returncode, checked.stderr) == (0, "")


def every_word() -> Iterator[str]:
    """Of all commands: names, subcommands and options."""
    for name in COMMANDS:
        yield name
        found: Any = typer.main.get_command(import_module(f"midwatch.interfaces.cli.{name}").app)
        inner: dict[str, Any] = getattr(found, "commands", {})
        yield from inner
        for command in (found, *inner.values()):
            shown = [param for param in command.params if not getattr(param, "hidden", False)]
            yield from (opt for param in shown for opt in param.opts if opt.startswith("-"))


@pytest.mark.parametrize("name", SHELLS)
def test_the_values_of_an_option_and_the_short_help_are_in_the_script(name: str) -> None:
    text = script(name)
    for values in (("text", "json", "yaml", "markdown"), ("viewer", "responder", "admin"), ("apps", "traffic")):
        quoted = " ".join(f"'{value}'" for value in values)
        assert " ".join(values) in text or quoted in text or (name != "bash" and values[0] in text), values
    assert ("-s h" if name == "fish" else "-h") in text


@pytest.mark.parametrize("name", SHELLS)
def test_every_command_and_option_is_in_the_script(name: str) -> None:
    text = script(name)
    for word in dict.fromkeys(every_word()):
        fish = f"-l {word[2:]}" if word.startswith("--") else f"-s {word[1:]}" if word.startswith("-") else word
        assert re.search(rf"(?<![\w-]){re.escape(fish if name == 'fish' else word)}(?![\w-])", text), word
