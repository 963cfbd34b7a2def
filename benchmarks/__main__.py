"""`python -m benchmarks`: runs all and writes docs/benchmarks.md."""

import os
import platform
from pathlib import Path

from benchmarks import crowd, start


def main() -> None:
    cores = os.cpu_count()
    head = f"# Benchmarks\n\nPython {platform.python_version()}, {cores} cores, shared with others. Written by `make bench`.\n"
    page = Path(__file__).parents[1] / "docs" / "benchmarks.md"
    page.write_text("\n".join([head, start.run(), crowd.run()]))


if __name__ == "__main__":
    main()
