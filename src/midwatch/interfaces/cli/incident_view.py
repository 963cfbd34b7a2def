"""`midwatch incidents show`: an incident, the answer of its newest investigation, its alerts and its timeline."""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import typer
from pydantic import ValidationError

from midwatch.domain.evidence import Gap
from midwatch.domain.investigation import Answer
from midwatch.interfaces.cli import columns
from midwatch.interfaces.cli.forms import Form, Presentation
from midwatch.interfaces.cli.server_client import ServerClient
from midwatch.kit.printable import one_line
from midwatch.reports import terminal
from midwatch.reports.compose import compose
from midwatch.reports.markdown import markdown
from midwatch.services.errors import Refusal

NAMES = ("no", "title", "status", "severity", "age", "service")
_ALERT = "alert"  # the tool of what is read off an alert
_DONE = "done"


async def read_incident(server: ServerClient, incident: str) -> dict[str, Any]:
    """The incident as the API has it, with its `timeline`, and the newest investigation with its answer as
    `newest_investigation` (None where there is none)."""
    found: dict[str, Any] = await server.get(f"/incidents/{incident}")
    found["timeline"] = await server.get(f"/incidents/{incident}/timeline")
    runs: list[dict[str, Any]] = found["investigations"]
    newest = next((run for run in runs if run["state"] == _DONE), None)
    found["newest_investigation"] = await server.get(f"/investigations/{newest['id']}") if newest else None
    return found


def show_incident(found: dict[str, Any], shown: Presentation) -> None:
    about = found["incident"]
    if shown.form is Form.MARKDOWN:
        sys.stdout.write(f"# #{about['number']} {terminal.plain(about['title'])}\n\n")
    else:
        columns.show(NAMES, [row(about)], wrapped="title")
    if shown.quiet:
        return
    _line("")
    _line(f"Incident {about['id']}, opened {utc(about['created_at'])}")
    for name in ("description", "acknowledged_by", "resolved_by", "resolution"):
        if about[name]:
            _line(f"{name.replace('_', ' ').capitalize()}: {about[name]}")
    runs = found["investigations"]
    newest = found["newest_investigation"]
    if newest and newest.get("answer"):
        _answer(newest, shown)
    others = [run for run in runs if not newest or run["id"] != newest["id"]]
    _section("Other investigations" if newest else "Investigations", [_investigation(run) for run in others])
    _section("Alerts", [f"{one['alert']['title']} ({_count(one['count'])})" for one in found["alerts"]])
    _section("Timeline", [_entry(one) for one in found["timeline"]])


def _answer(run: dict[str, Any], shown: Presentation) -> None:
    try:
        answer = Answer.model_validate(run["answer"])
    except ValidationError:
        raise Refusal(
            f"The answer of investigation {run['id']} has an unknown format.",
            "Use the version of midwatch that the server has, or -o json",
        ) from None
    report = compose(answer, verbose=shown.verbose or shown.form is Form.MARKDOWN)
    _line("")
    _line(f"Investigation {run['id']}, finished {utc(run['finished_at'])}")
    if reason := rests_on_alert_only(answer):
        _line(reason)
    if shown.form is Form.MARKDOWN:
        sys.stdout.write("\n" + markdown(report))
    else:
        terminal.show(terminal.console(), report)


def rests_on_alert_only(answer: Answer) -> str:
    """Says that nothing but the text of the alert was read, and why; "" where something else was."""
    if not answer.evidence or any(one.tool != _ALERT for one in answer.evidence):
        return ""
    gaps: Sequence[Gap] = answer.diagnosis.gaps
    reason = next((gap.reason for gap in gaps if gap.essential), gaps[0].reason if gaps else "")
    return f"Based on the text of the alert only: {reason or 'no other system was asked'}"


def row(item: dict[str, Any]) -> Sequence[str]:
    known = (item["status"], item["severity"], columns.age(item["created_at"]), item["service"] or "-")
    return (f"#{item['number']}", item["title"], *known)


def _investigation(run: dict[str, Any]) -> str:
    """With its answer, or why there is none; one that has not ended has neither."""
    told = run["headline"] or run["reason"]
    state = (run["verdict"] or run["state"]).lower()
    return f"{run['id']}  {state}" + (f": {told}" if told else f" since {utc(run['created_at'])}")


def _entry(entry: dict[str, Any]) -> str:
    """The source of an alert is who acts; entries of version 0.1.0 name it in their text once more."""
    actor = f"{entry['actor']}: "
    return f"{utc(entry['at'])}  {actor}{entry['text'].removeprefix(actor)}"


def _count(received: int) -> str:
    return "received once" if received == 1 else f"received {received} times"


def _section(title: str, lines: Sequence[str]) -> None:
    if lines:
        _line("")
        _line(title)
        for line in lines:
            typer.echo(columns.wrap(f"  {one_line(terminal.plain(line))}"))


def _line(text: str) -> None:
    typer.echo(columns.wrap(terminal.plain(text), "  "))


def utc(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M:%S} UTC"
