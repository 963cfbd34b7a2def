"""Pages written by hand: their links, and what they say of the code, are true."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from midwatch.kit.redaction import redact_text

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "midwatch"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)


@cache
def anchors(page: Path) -> frozenset[str]:
    """As GitHub makes them of headings: lower case, punctuation left out, spaces as hyphens, numbered when repeated."""
    found: dict[str, int] = {}
    for heading in _HEADING.findall(_FENCE.sub("", page.read_text())):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found[slug] = found.get(slug, 0) + 1
    return frozenset(slug if n == 0 else f"{slug}-{n}" for slug, times in found.items() for n in range(times))


def dead_links(page: Path) -> list[str]:
    dead: list[str] = []
    for link in _LINK.findall(_FENCE.sub("", page.read_text())):
        name, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", name):
            continue
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    return dead


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_relative_links_lead_to_a_file_and_a_heading(page: Path) -> None:
    assert dead_links(page) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One: two\n```sh\n# three\n```\n## One: two\n"
        "[a](#one-two) [b](#one-two-1) [c](page.md) [d](https://x.example/#y) [e](#three) [f](no.md) [g](page.md#no)\n"
    )
    assert dead_links(page) == ["#three", "no.md", "page.md#no"]


def glossary() -> list[tuple[str, str]]:
    """Module and name of each type that the glossary names; "" where it names a module or folder only."""
    page = (ROOT / "docs" / "glossary.md").read_text().partition("|---|")[2]
    return re.findall(r"`([a-z_]+/[\w/]+(?:\.py|/)?)`(?:: `([\w.]+)`)?", page)


def test_the_glossary_names_types_that_exist() -> None:
    entries = glossary()
    assert len(entries) > 40
    for module, name in entries:
        path = SOURCE / module
        assert path.exists(), module
        for part in filter(None, name.split(".")):
            assert re.search(rf"^class {part}\b|^    {part}\b", path.read_text(), re.MULTILINE), f"{module}: {name}"


def test_the_features_page_names_modules_that_exist() -> None:
    page = (ROOT / "docs" / "seeds.md").read_text()
    packages = "|".join(path.name for path in SOURCE.iterdir() if path.is_dir())
    named = re.findall(rf"`((?:{packages})/[\w/.]+)`", page)
    assert len(named) > 15
    assert [module for module in named if not (SOURCE / module).exists()] == []


def test_the_glossary_is_sorted() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text()
    terms = [line.split("|")[1].strip().lower() for line in page.splitlines() if line.startswith("| ")][1:]
    assert terms == sorted(set(terms))


def test_secrets_that_are_said_to_get_through_do() -> None:
    """One that redaction learns to recognise leaves the list of docs/security.md."""
    page = (ROOT / "docs" / "security.md").read_text()
    listed = page.partition("### What can get through")[2].partition("```text\n")[2].partition("```")[0].splitlines()
    assert len(listed) >= 10
    assert [line for line in listed if redact_text(line) != line] == []


@cache
def literals() -> str:
    """Every string of the product, those of one f-string joined with "…" for what is filled in."""
    found: list[str] = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                found.append("".join(str(v.value) if isinstance(v, ast.Constant) else "…" for v in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    found += [path.read_text() for path in SOURCE.rglob("*.yaml")]
    return "\n".join(found)


def test_messages_of_the_troubleshooting_page_exist() -> None:
    """First column of each table that is headed "Message", as far as it is code."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    rows = [row for table in page.split("| Message |")[1:] for row in table.partition("\n\n")[0].splitlines()[2:]]
    quoted = [text for row in rows for text in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert len(quoted) > 25
    parts = [part.strip() for text in quoted for part in re.split(r"…|: (?=[A-Z])", text)]
    # What follows ": " comes from the operating system (Address already in use).
    system = {"Address already in use", "Permission denied", "Cannot assign requested address"}
    assert [part for part in parts if part and part not in system and part not in literals()] == []
