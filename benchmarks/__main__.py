"""`python -m benchmarks`: runs all and writes docs/benchmarks.md."""

import os
import platform
from importlib import import_module
from pathlib import Path

PARTS = (
    "start",
    "idle",
    "watching",
    "crowd",
    "serving",
    "questions",
)  # loaded in turn: what a process holds counts for the children it starts


def main() -> None:
    cores = os.cpu_count()
    head = (
        f"# Benchmarks\n\nPython {platform.python_version()}, {cores} cores, shared with others. Written by `make "
        "bench`.\n"
    )
    page = Path(__file__).parents[1] / "docs" / "benchmarks.md"
    page.write_text("\n".join([head, *(import_module(f"benchmarks.{name}").run() for name in PARTS)]))


if __name__ == "__main__":
    main()
