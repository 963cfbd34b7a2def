"""The answer as a note on the PagerDuty incident, once."""

from midwatch.domain.work import Effect
from midwatch.integrations.outbox import Outbox
from midwatch.integrations.pagerduty.client import PagerDuty, note_id
from midwatch.integrations.pagerduty.ours import signature

TARGET = "pagerduty"
LARGEST = 4000  # characters; PagerDuty takes more, nobody reads more in a note


def outbox(client: PagerDuty) -> Outbox:
    async def deliver(effect: Effect) -> str:
        """Looks first whether the note is there: the process may have died between PagerDuty's answer and our record of
        it."""
        incident, mark = str(effect.payload["incident"]), signature(effect.key)
        if effect.attempts:
            for note in await client.notes(incident):
                if mark in map(str.strip, str(note.get("content", "")).splitlines()):
                    return note_id(note) or mark
        return await client.add_note(incident, note_text(str(effect.payload["text"]), mark))

    return Outbox(TARGET, deliver)


def note_text(text: str, mark: str) -> str:
    room = LARGEST - len(mark) - 2
    kept = text if len(text) <= room else text[: room - 2].rsplit("\n", 1)[0] + "\n…"
    return f"{kept}\n\n{mark}"
