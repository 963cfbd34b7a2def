"""An alert from a file or from standard input, for every command that takes one."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from midwatch.domain.alert import Alert
from midwatch.kit.clock import utc_now
from midwatch.services.alertfiles import LARGEST, read_alerts
from midwatch.services.errors import Refusal
from midwatch.settings import Settings
from midwatch.wiring.registry import registry

Source = Annotated[
    str, typer.Option("--source", metavar="NAME", help="The system that wrote it; otherwise found by its fields.")
]


def alerts_of_file(file: str, source: str, settings: Settings, now: datetime | None = None) -> tuple[Alert, ...]:
    """The alerts of a file, the gravest that fires first; raises Refusal. `now` is when they came in."""
    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as opened:
            body, sources = opened.read(LARGEST + 1), registry().alert_sources
    except OSError as error:
        raise Refusal(f"{file} cannot be read: {error.strerror}.", "Give a file, or - for standard input") from error
    return read_alerts(body, now or utc_now(), sources, source, settings.senders)
