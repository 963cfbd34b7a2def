import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from midwatch.domain.evidence import Evidence, Gap, ToolRequest
from midwatch.engine.gather import Watch
from midwatch.engine.investigate import no_progress


@contextmanager
def show_progress(source: str) -> Generator[Watch]:
    """A line that counts the answers for a person who waits. Where nobody watches, nothing that draws is loaded."""
    if not sys.stderr.isatty():
        yield no_progress
        return
    terminal: Any = import_module("midwatch.reports.terminal")
    with terminal.console(stderr=True).status(f"reading {source}") as status:
        seen = 0

        def watch(_ask: ToolRequest, answer: Evidence | Gap) -> None:
            nonlocal seen
            seen += isinstance(answer, Evidence)
            what = f"{answer.size}" if isinstance(answer, Evidence) else "no answer"
            status.update(f"reading {source}: {seen} answers, {terminal.plain(what)}")

        yield watch
