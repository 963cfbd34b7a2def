import json as encoder
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from midwatch.analysis.spikes import FACTOR, Spike, SpikeLimits
from midwatch.interfaces.cli import ascii_chart, command
from midwatch.reports import terminal
from midwatch.services.detection import LARGEST, Detection, moment
from midwatch.services.detection import detect as detect_in
from midwatch.services.errors import Refusal

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

File = Annotated[str, typer.Argument(metavar="FILE", help="CSV with the header timestamp,value; - is standard input.")]
Json = Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")]
Plot = Annotated[bool, typer.Option("--plot", help="Draw the series, what is usual in it, and where the spikes are.")]
Threshold = Annotated[
    float | None, typer.Option("--threshold", metavar="VALUE", help="A value above is a spike whatever is usual.")
]
Usual = Annotated[
    float | None,
    typer.Option("--usual", metavar="VALUE", help="The normal value, as long as the series is too young to tell."),
]
Factor = Annotated[
    float, typer.Option("--factor", metavar="N", min=1, help="How many times the usual value a spike is at least.")
]


@app.callback(epilog=command.example("midwatch detect spikes requests.csv"))
def detect() -> None:
    """Find spikes in a series of measurements."""


@app.command(epilog=command.example("midwatch detect spikes requests.csv --plot"))
def spikes(
    file: File,
    json: Json = False,
    plot: Plot = False,
    threshold: Threshold = None,
    usual: Usual = None,
    factor: Factor = FACTOR,
) -> None:
    """Find when a series rose far above what is usual of late and at that time of day.

    Times are ISO 8601 (UTC without a zone) or Unix seconds; an empty value is a gap. Exit code: 0 no spike, 1 spikes, 3
    not readable.
    """
    command.finish(_spikes(file, SpikeLimits(threshold=threshold, usual=usual, factor=factor), json=json, plot=plot))


async def _spikes(file: str, limits: SpikeLimits, *, json: bool, plot: bool) -> None:
    found = detect_in(_read(file), limits)
    if json:
        sys.stdout.write(encoder.dumps(found.json(), indent=2) + "\n")
    else:
        _show(found, plot=plot)
    raise typer.Exit(command.Exit.PROBLEM if found.spikes else command.Exit.HEALTHY)


def _read(file: str) -> bytes:
    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as opened:
            return opened.read(LARGEST + 1)
    except OSError as error:
        raise Refusal(f"{file} cannot be read: {error.strerror}.", "Give a file, or - for standard input") from error


def _show(found: Detection, *, plot: bool) -> None:
    out = terminal.console()
    times = found.points.times
    count = len(found.spikes)
    gaps = f" ({found.gaps} gaps)" if found.gaps else ""
    span = f"{_clock(times[0])} to {_clock(times[-1], after=times[0])} UTC"
    terminal.lay(out, f"{count or 'No'} {'spike' if count == 1 else 'spikes'} in {len(times)} rows{gaps}, {span}")
    if plot:
        terminal.lay(
            out,
            "",
            *ascii_chart.draw(found.points.values, found.trace.usual, [(s.first, s.last) for s in found.spikes]),
        )
    if found.spikes:
        terminal.lay(out, "", _table(found.spikes))


def _table(spikes: tuple[Spike, ...]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("began (UTC)", "peak", "ended", "highest", "× usual", "sum"):
        table.add_column(column, no_wrap=True)
    for spike in spikes:
        end = "goes on" if spike.end is None else _clock(spike.end, after=spike.onset)
        factor = "-" if spike.factor is None else f"{spike.factor:,.1f}"
        began, peak = _clock(spike.onset), _clock(spike.at, after=spike.onset)
        table.add_row(began, peak, end, ascii_chart.amount(spike.top), factor, ascii_chart.amount(spike.volume))
    return table


def _clock(time: float, after: float | None = None) -> str:
    """To the minute; without the date where it is that of `after`."""
    text = moment(time).replace("T", " ")[:16]
    return text if after is None or text[:10] != moment(after)[:10] else text[11:]
