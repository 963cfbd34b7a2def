"""The man page: every command, option, exit code and variable stands in it, and man can set it."""

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs.generate import pages

from midwatch.interfaces.cli.exits import LEGEND
from midwatch.settings import other_variables
from midwatch.wiring.registry import own_registry
from tests.interfaces.test_completion import every_word

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "midwatch.1"
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def text() -> str:
    """As it reads: without escapes."""
    return re.sub(r"\\f[BIR]|\\&", "", pages()["midwatch.1"].replace("\\-", "-"))


def variables() -> Iterator[str]:
    yield from ("MIDWATCH_HOME", "MIDWATCH_URL", "MIDWATCH_KEY", "NO_COLOR")
    yield from (name for _, _, also in other_variables(own_registry().settings) for name in also.variables)


def test_every_command_and_option_stands_in_it(text: str) -> None:
    for word in dict.fromkeys([*every_word(), "--version", "--no-color", *variables()]):
        assert re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text), word


def test_every_command_has_its_short_help_option(text: str) -> None:
    assert text.count("\n-h, --help\n") > 20


def test_every_exit_code_stands_in_it(text: str) -> None:
    codes = text.partition(".SH EXIT STATUS")[2].partition(".SH ")[0]
    for code, meaning in LEGEND:
        assert f".TP\n{int(code)}\n{meaning}" in codes


@pytest.mark.parametrize(
    "command",
    [("mandoc", "-Tlint", "-Wwarning"), ("groff", "-man", "-Tutf8", "-ww", "-z")],
    ids=lambda command: command[0],
)
def test_man_can_set_it(command: tuple[str, ...]) -> None:
    """Without a warning, except that it has no date: it is of the version that it names."""
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    told = subprocess.run([*command, str(PAGE)], capture_output=True, text=True, timeout=PATIENCE_S)
    lines = [line for line in (told.stdout + told.stderr).splitlines() if "missing date" not in line]
    assert lines == []


def test_it_is_installed_where_man_looks() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    shared = config["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared == {"docs/midwatch.1": "share/man/man1/midwatch.1"} and PAGE.exists()
