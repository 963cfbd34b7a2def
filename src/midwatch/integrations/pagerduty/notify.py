"""PagerDuty notifier: the answer as a note on the PagerDuty incident, once."""

from collections.abc import Mapping, Sequence
from typing import Any

from midwatch.domain.notifier import Notifier, Story
from midwatch.domain.work import Notification
from midwatch.integrations.pagerduty.client import PagerDuty, note_id
from midwatch.integrations.pagerduty.own_notes import signature
from midwatch.reports.plain import plain

NAME, KIND = "pagerduty", "note"
LARGEST = 4000  # characters; PagerDuty accepts more, but a longer note is not readable


def notifier(client: PagerDuty) -> Notifier:
    async def deliver(notification: Notification) -> str:
        """Adds the note unless it exists: the process may have died between PagerDuty's response and its record."""
        incident, mark = str(notification.payload["incident"]), signature(notification.key)
        if notification.attempts:
            for note in await client.notes(incident):
                if mark in map(str.strip, str(note.get("content", "")).splitlines()):
                    return note_id(note) or mark
        return await client.add_note(incident, note_text(str(notification.payload["text"]), mark))

    return Notifier(NAME, KIND, targets, render, deliver)


def targets(story: Story) -> Sequence[str]:
    """The PagerDuty incidents of the incident's alerts."""
    return sorted({a.alert.external_id for a in story.alerts if a.alert.source == NAME} - {""})


def render(story: Story, target: str) -> Mapping[str, Any]:
    return {"incident": target, "text": plain(story.report, sections=2)}


def note_text(text: str, mark: str) -> str:
    room = LARGEST - len(mark) - 2
    kept = text if len(text) <= room else text[: room - 2].rsplit("\n", 1)[0] + "\n…"
    return f"{kept}\n\n{mark}"
