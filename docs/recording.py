"""Records the five-minute tour of README.md: runs its commands and writes what they print as docs/tour.cast (asciicast
v2) and docs/tour.svg. `make recording`; with --check it fails when one is out of date.

What differs from run to run (times, ages, ids, ports, folders, the order of alerts that come at once) is replaced by
fixed values, so that the files change only when the output of a command does.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeVar
from urllib.request import Request, urlopen

from rich.console import Console
from rich.style import Style
from rich.terminal_theme import MONOKAI
from rich.text import Text

T = TypeVar("T")
HERE = Path(__file__).parent
COLUMNS, ROWS = 100, 34
TYPED_S, READ_S, LINE_S = 0.05, 2.5, 0.22  # per character, per screen, per line on it
PATIENCE_S = 120.0
FONT, WIDE, HIGH, MARGIN = 14, 8.43, 18, 12  # pixels

_CHANGING: tuple[tuple[str, str], ...] = (
    (r"127\.0\.0\.1:\d+", "127.0.0.1:8350"),
    (r"\d{4}-\d\d-\d\d([ T])\d\d:\d\d", r"2026-01-15\g<1>02:14"),
    (r"(?<=02:14):\d\d(\.\d+)?", ":00"),
    (r"\b(\d+h)?\d+m ago", "25m ago"),
    (r"(?<=  )(\d+m)?\d+s(?=  )", "12s"),
)


class Step(NamedTuple):
    """A command as it is shown, and what it printed."""

    command: str
    output: str

    @property
    def screen(self) -> list[str]:
        """What fits on the terminal."""
        lines = self.output.splitlines()
        return lines if len(lines) < ROWS else [*lines[: ROWS - 2], "…"]


def fixed(text: str, folder: str = "", ids: dict[str, str] | None = None) -> str:
    """A text without what differs from run to run. An age says when something began, beside a fixed time."""
    names = {} if ids is None else ids
    text = text.replace(folder, "~") if folder else text
    for pattern, value in _CHANGING:
        text = re.sub(pattern, value, text)
    text = re.sub(r"\b(inc|inv|alt)_[0-9a-z]{26}\b", lambda m: names.setdefault(m[0], _id(m[1], len(names))), text)
    return re.sub(r"^#\d+\b", lambda m: names.setdefault(m[0], _number(names)), text, flags=re.MULTILINE)


def _number(names: dict[str, str]) -> str:
    return f"#{1 + sum(name.startswith('#') for name in names)}"


def _id(kind: str, number: int) -> str:
    return f"{kind}_01hm{number + 1:022d}"


def record() -> list[Step]:
    """Runs the tour with a fake cluster and a server of its own."""
    with TemporaryDirectory() as folder, _tour(Path(folder)) as tour:
        tour.run("midwatch diagnose")
        tour.run("midwatch diagnose payment-service")
        tour.run("midwatch serve &", shown=tour.serve())
        tour.run("export MIDWATCH_KEY=$(midwatch admin create oncall)", shown=tour.key())
        tour.run(f"midwatch k8s watch --once --url {tour.environment['MIDWATCH_URL']}")
        incident = tour.answered("OOMKilled")
        tour.run("midwatch incidents list", ordered=True)
        for verb in ("show", "ack", "resolve"):
            tour.run(f"midwatch incidents {verb} {incident}")
        return tour.steps


class _Tour:
    def __init__(self, folder: Path) -> None:
        self.steps: list[Step] = []
        self.folder, self._ids = folder, dict[str, str]()
        mine = {"HOME": str(folder), "COLUMNS": str(COLUMNS), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MIDWATCH_", "XDG_", "KUBE"))}
        self.environment = kept | mine | {"KUBECONFIG": str(folder / "kubeconfig")}
        self.processes: list[subprocess.Popen[bytes]] = []

    def run(self, command: str, shown: str | None = None, *, ordered: bool = False) -> None:
        """`ordered`: the rows below the first line come in any order, and are sorted by all but their number."""
        output = self._output(*command.split()[1:]) if shown is None else shown
        if ordered:
            head, *rows = re.split(r"\n(?=#)", output.rstrip("\n"))
            output = "\n".join([head, *sorted(rows, key=lambda row: row.split(maxsplit=1)[1])])
        self.steps.append(Step(self._fixed(command), self._fixed(output)))

    def _fixed(self, text: str) -> str:
        return fixed(text, str(self.folder), self._ids)

    def _output(self, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "midwatch", *arguments],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        if done.returncode not in (0, 1):
            raise SystemExit(f"midwatch {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def start(self, module: str, *arguments: str, ready: str) -> str:
        """Starts a process and waits for a line of it."""
        log = self.folder / f"{module}.log"
        with log.open("w") as out:
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", module, *arguments],
                env=self.environment,
                cwd=self.folder,
                stdout=out,
                stderr=out,
            )
        self.processes.append(process)
        return _until(lambda: "".join(re.findall(ready, log.read_text())[:1]), f"{module}: {ready}")

    def serve(self) -> str:
        line = self.start("midwatch", "serve", "--port", "0", ready=r".*server started.*\n")
        self.environment["MIDWATCH_URL"] = json.loads(line)["url"]
        return line

    def key(self) -> str:
        self.environment["MIDWATCH_KEY"] = self._output("admin", "create", "oncall").strip()
        return ""

    def answered(self, title: str) -> str:
        """The id of an incident, once all are investigated."""
        _until(lambda: {run["state"] for run in self._runs()} == {"done"}, "investigations")
        listed = json.loads(self._output("incidents", "list", "-o", "json"))
        return next(incident["id"] for incident in listed if title in incident["title"])

    def _runs(self) -> list[dict[str, str]]:
        url = f"{self.environment['MIDWATCH_URL']}/api/v1/investigations"
        with urlopen(Request(url, headers={"X-API-Key": self.environment["MIDWATCH_KEY"]})) as answer:  # noqa: S310
            return json.load(answer)["items"]


@contextmanager
def _tour(folder: Path) -> Iterator[_Tour]:
    tour = _Tour(folder)
    try:
        tour.start(
            "midwatch.integrations.kubernetes.fake",
            "--kubeconfig",
            str(folder / "kubeconfig"),
            "--seconds",
            "600",
            ready=".",
        )
        yield tour
    finally:
        for process in reversed(tour.processes):
            process.terminate()
            process.wait(30)


def _until(found: Callable[[], T], what: str) -> T:
    end = time.monotonic() + PATIENCE_S
    while not (value := found()):
        if time.monotonic() > end:
            raise SystemExit(f"not in time: {what}")
        time.sleep(0.2)
    return value


def pause(step: Step) -> float:
    """How long a screen is shown, in seconds: as long as it takes to read it."""
    return READ_S + LINE_S * len(step.screen)


def cast(steps: list[Step]) -> str:
    """asciicast v2: a header, then one event a line."""
    title = "Midwatch: the five-minute tour"
    lines: list[object] = [{"version": 2, "width": COLUMNS, "height": ROWS, "title": title}]
    at = 0.0
    for step in steps:
        lines.append([round(at, 2), "o", "\x1b[H\x1b[2J$ "])
        for sign in step.command:
            at += TYPED_S
            lines.append([round(at, 2), "o", sign])
        lines.append([round(at + 0.3, 2), "o", "\r\n" + "\r\n".join(step.screen) + "\r\n"])
        at += 0.3 + pause(step)
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def picture(steps: list[Step]) -> str:
    """One SVG with a screen for each command, shown in turn; without animation the first one stays."""
    wide, high = round(COLUMNS * WIDE) + 2 * MARGIN, ROWS * HIGH + 2 * MARGIN
    ends = list(accumulate(pause(step) for step in steps))
    rules = "".join(_shown_between(n, (0.0, *ends)[n], end, ends[-1]) for n, end in enumerate(ends))
    screens = "".join(
        f'<g class="s" id="s{n}">{_rows([Text(f"$ {step.command}", "bold"), *map(Text.from_ansi, step.screen)])}</g>'
        for n, step in enumerate(steps)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" role="img" aria-label="Five-minute tour">'
        f"<style>text{{font:{FONT}px ui-monospace,Menlo,Consolas,monospace;fill:#d9d9d9;white-space:pre}}"
        f".s{{visibility:hidden;animation-duration:{ends[-1]:.2f}s;animation-iteration-count:infinite;"
        f"animation-timing-function:step-end}}#s0{{visibility:visible}}{rules}</style>"
        f'<rect width="{wide}" height="{high}" rx="8" fill="#1b1d21"/>{screens}</svg>\n'
    )


def _shown_between(number: int, start: float, end: float, whole: float) -> str:
    shown, hidden = (f"{100 * at / whole:.3f}%" for at in (start, end))
    before = "" if not start else "0%{visibility:hidden}"
    return (
        f"#s{number}{{animation-name:a{number}}}@keyframes a{number}{{{before}{shown}{{visibility:visible}}"
        f"{hidden}{{visibility:hidden}}}}"
    )


def _rows(lines: list[Text]) -> str:
    return "\n".join(_row(line, MARGIN + HIGH * number + FONT) for number, line in enumerate(lines))


def _row(line: Text, y: int) -> str:
    """One line of a screen: a `tspan` for each colour, behind it a box where the background has one."""
    boxes, spans, column = "", "", 0
    for segment in line.render(Console(color_system="truecolor", width=COLUMNS)):
        color, background, weight = _look(segment.style or Style())
        at, length = MARGIN + column * WIDE, segment.cell_length * WIDE
        if background:
            boxes += f'<rect x="{at:.1f}" y="{y - FONT + 1}" width="{length:.1f}" height="{HIGH}" fill="{background}"/>'
        if text := segment.text.rstrip("\n"):
            spans += f'<tspan x="{at:.1f}" textLength="{length:.1f}"{color}{weight}>{escape(text)}</tspan>'
        column += segment.cell_length
    return f'{boxes}<text y="{y}">{spans}</text>'


def _look(style: Style) -> tuple[str, str, str]:
    colors = [c.get_truecolor(MONOKAI).hex if c and not c.is_default else "" for c in (style.color, style.bgcolor)]
    front, back = reversed(colors) if style.reverse else colors
    if style.dim and not front:
        front = "#8a8a8a"
    return f' fill="{front}"' if front else "", back, ' font-weight="bold"' if style.bold else ""


def files() -> dict[str, str]:
    steps = record()
    return {"tour.cast": cast(steps), "tour.svg": picture(steps)}


def main() -> None:
    made = files()
    if "--check" in sys.argv:
        stale = [name for name, text in made.items() if not (HERE / name).exists() or (HERE / name).read_text() != text]
        sys.stdout.write(
            f"out of date: {', '.join(stale)} (run make recording)\n" if stale else "the recording is up to date\n"
        )
        raise SystemExit(bool(stale))
    for name, text in made.items():
        (HERE / name).write_text(text)


if __name__ == "__main__":
    main()
