"""What an investigation of an alert would do, as text or JSON: `midwatch doctor --explain`."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from midwatch.domain.alert import AlertStatus
from midwatch.domain.capabilities import Selection
from midwatch.interfaces.cli import command
from midwatch.interfaces.cli.alert_file import alerts_of_file
from midwatch.kit.clock import utc_now
from midwatch.reports import terminal
from midwatch.services.errors import Refusal
from midwatch.wiring.connections import Connections
from midwatch.wiring.explain import ASKED, AlertIntent, AlertRead, Explanation, SystemPart, explain

_LABEL_WIDTH = 10  # columns: the longest name of a row is `resource`
Row = tuple[str, str]


async def explain_alert(
    file: str, source: str, contexts: list[str], kubeconfig: str, namespace: str, dump: str, *, json: bool
) -> None:
    if len(contexts) > 1:
        raise Refusal("An alert is investigated in one context.", "Give one --context, or none")
    if dump not in ("", "-") and not Path(dump).exists():
        raise Refusal(f"{dump} does not exist.", "Give the folder or file of a saved cluster")
    settings, now = command.settings(kubeconfig), utc_now()
    first, *others = alerts_of_file(file, source, settings, now)
    found = explain(
        Connections(settings),
        first,
        now,
        Selection(next(iter(contexts), ""), dump),
        namespace,
        chosen_by="--source" if source else "",
        others=len(others),
    )
    if json:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
    else:
        _show(terminal.console(), found)


def _show(out: Console, found: Explanation) -> None:
    taking_part = [(part.name, part.reason) for part in found.areas if part.why]
    if others := ", ".join(part.name for part in found.areas if not part.why):
        taking_part.append(("not", others))
    requests = [(one.tool, str(one.requests)) for one in found.requests]
    _section(out, "Alert", _alert(found.alert))
    _section(out, "\nUnderstood as", _intent(found.understood))
    _section(out, "\nAreas that take part", taking_part)
    _section(out, "\nSystems that are asked", (row for part in found.systems for row in _system(part)))
    total = sum(one.requests for one in found.requests)
    _section(out, f"\nFirst requests: {total}", requests or [("none", "the answer uses the alert text only")])


def _section(out: Console, title: str, rows: Iterable[Row]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True, min_width=_LABEL_WIDTH + 2)
    table.add_column(overflow="fold")
    for name, text in rows:
        table.add_row("  " + terminal.plain(name), Text(terminal.plain(text)))
    terminal.lay(out, Text(title, style="bold cyan"), table)


def _alert(alert: AlertRead) -> Iterator[Row]:
    yield "source", f"{alert.source_title or alert.source} (chosen by: {alert.chosen_by})"
    yield "title", alert.title
    yield "severity", str(alert.severity)
    since = "began" if alert.status is not AlertStatus.RESOLVED else "had begun"
    yield "status", f"{alert.status}; {since} {alert.starts_at:%Y-%m-%d %H:%M:%S} UTC"
    if alert.starts_now:
        yield "", "now is taken for its start: it names none in the past that can be read"
    yield "service", alert.service or "none named"
    yield "resource", alert.resource or "none named"
    yield "labels", ", ".join(f"{name}={value}" for name, value in alert.labels.items()) or "none"
    if alert.details_from:
        yield "details", f"{alert.details_from} is asked first for what this file leaves out"
    if alert.others:
        yield "not read", f"{alert.others} more alert{'s' * (alert.others > 1)} of this file; this is the gravest"


def _intent(intent: AlertIntent) -> Iterator[Row]:
    yield "topic", f"{intent.topic} ({intent.title})"
    yield "window", str(intent.window) if intent.window else "none: the state at the time of asking"
    yield "namespace", intent.namespace or "all"
    for kind, names in intent.entities.items():
        yield kind, ", ".join(names)


def _system(part: SystemPart) -> Iterator[Row]:
    if part.state != ASKED:
        yield part.name, f"{part.state}: {part.reason}"
        return
    yield part.name, f"{part.context}: {part.reason}" if part.context else part.reason
    if part.unchecked:
        yield "", f"not checked: {', '.join(part.unchecked)}"
