"""Draws docs/demo.svg: what a terminal of 100 columns shows of a real `midwatch demo` (`make picture`)."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from docs.recording import fixed
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).parent / "demo.svg"
COLUMNS = 100
LAST = "Prevention:"  # the rest of the answer is evidence, line after line


def _run() -> list[str]:
    environment = os.environ | {"COLUMNS": str(COLUMNS), "FORCE_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "midwatch", "demo"], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def _shown(lines: list[str]) -> list[str]:
    end = next(number for number, line in enumerate(lines) if LAST in line)
    return lines[: end + 1]


def draw() -> str:
    """The SVG; the same for the same output, whenever it is drawn."""
    out = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    out.print(Text.from_ansi("$ midwatch demo\n" + fixed("\n".join(_shown(_run())))))
    # The reader's own monospace font: a picture in a README loads nothing from elsewhere.
    form = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
        "Fira Code, monospace", "monospace"
    )
    return out.export_svg(title="midwatch", code_format=form, unique_id="midwatch")


def main() -> None:
    made = draw()
    if "--check" in sys.argv:
        stale = not PICTURE.exists() or PICTURE.read_text() != made
        sys.stdout.write("out of date: demo.svg (run make picture)\n" if stale else "the picture is up to date\n")
        raise SystemExit(stale)
    PICTURE.write_text(made)


if __name__ == "__main__":
    main()
