"""Pages that cannot rot: what is generated is up to date, what is written by hand names only what exists."""

import re
from pathlib import Path

import pytest
from docs.generate import pages

from midwatch.domain.sender import SenderSettings
from midwatch.integrations.website.objects.site import SiteSettings
from midwatch.interfaces.cli.app import COMMANDS
from midwatch.wiring.configuration import load

ROOT = Path(__file__).parents[1]
PAGES = pages()
WRITTEN = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_up_to_date(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == PAGES[name], "run make docs"


def settings_rows() -> list[tuple[str, str]]:
    """Each variable of the page, and a value that it may have: its default, as it is written in a variable."""
    found = re.findall(r"\| `(MIDWATCH_\w+)` \| `?([^|`]*)`? \|", PAGES["settings.md"])
    return [(name, default.strip().strip('"') or ("x" if not default.strip() else "")) for name, default in found]


@pytest.mark.parametrize(("name", "value"), settings_rows(), ids=lambda x: x)
def test_a_variable_of_the_settings_page_can_be_set(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIDWATCH_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name.replace("__SOURCE__", "__GENERIC__"), value)
    load()


def test_the_settings_page_has_the_keys_of_a_site_and_of_a_sender() -> None:
    page = PAGES["settings.md"]
    assert set(SiteSettings.model_fields) <= set(re.findall(r"^\| (\w+) \|", page, re.MULTILINE))
    assert {f"senders.SOURCE.{name}" for name in SenderSettings.model_fields} <= set(
        re.findall(r"^\| (\S+) \|", page, re.M)
    )


@pytest.mark.parametrize("page", WRITTEN, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)[^)]*\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_files_of_the_alert_lifecycle_are_there_and_none_is_entered_twice() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text().partition("## Alert lifecycle")[2].partition("\n## ")[0]
    found = re.findall(r"\b(\d+)\. `(?:…/)?([\w/]+\.py)`", page)
    assert [int(number) for number, _ in found] == list(range(1, len(found) + 1))
    assert len({path for _, path in found}) == len(found) <= 20
    places = (ROOT / "src" / "midwatch", ROOT / "src" / "midwatch" / "integrations")
    assert [path for _, path in found if not any((place / path).exists() for place in places)] == []


@pytest.mark.parametrize("page", WRITTEN, ids=lambda p: p.name)
def test_commands_and_flags_exist(page: Path) -> None:
    for command, rest in re.findall(r"midwatch (\w+)([^\n`]*)", page.read_text()):
        if command not in COMMANDS:
            continue
        for flag in re.findall(r"(?<!\S)--[a-z-]+", rest):
            assert flag in PAGES["commands.md"], f"{page.name}: midwatch {command} {flag}"
