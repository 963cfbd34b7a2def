"""docs/accuracy.md: one section for each data set, written by its runner, so that no figure is typed by hand."""

import re
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "accuracy.md"
_TITLE = "# Accuracy\n\nMeasured by `python -m evaluation <set> <folder> --write`; what is not here was not measured.\n"


def write_section(name: str, about: str, lines: Sequence[str]) -> None:
    """Puts the section `name` into the page, in place of the one before."""
    page = PAGE.read_text() if PAGE.exists() else _TITLE
    section = "\n".join([f"## {name}", "", about, "", *lines, ""])
    old = re.compile(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", re.M | re.S)
    page = old.sub(lambda _: section + "\n", page, count=1) if old.search(page) else f"{page.rstrip()}\n\n{section}"
    PAGE.write_text(page.rstrip() + "\n")
