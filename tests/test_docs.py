"""Pages that cannot rot: what is generated is up to date, what is written by hand names only what exists."""

import re
from pathlib import Path

import pytest
from docs.generate import pages

from midwatch.interfaces.cli.app import COMMANDS

ROOT = Path(__file__).parents[1]
PAGES = pages()
WRITTEN = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_up_to_date(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == PAGES[name], "run make docs"


@pytest.mark.parametrize("page", WRITTEN, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)[^)]*\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", WRITTEN, ids=lambda p: p.name)
def test_commands_and_flags_exist(page: Path) -> None:
    for command, rest in re.findall(r"midwatch (\w+)([^\n`]*)", page.read_text()):
        if command not in COMMANDS:
            continue
        for flag in re.findall(r"(?<!\S)--[a-z-]+", rest):
            assert flag in PAGES["commands.md"], f"{page.name}: midwatch {command} {flag}"
