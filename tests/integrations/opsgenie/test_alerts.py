from typing import Any

import pytest

from midwatch.domain.alert import AlertComment
from tests.integrations.examples import at, comment, delivered, only, row

TITLE, BEGAN, CHANGED = "Crane 4 does not answer", at("01:40:05.123"), at("01:45:05.456")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("create", ("firing", "high", TITLE, "crane-control", BEGAN, None)),
        ("acknowledge", ("acknowledged", "high", TITLE, "crane-control", BEGAN, None)),
        ("unacknowledge", ("firing", "high", TITLE, "crane-control", BEGAN, None)),
        ("close", ("resolved", "high", TITLE, "crane-control", BEGAN, CHANGED)),
        ("delete", ("resolved", "high", TITLE, "crane-control", BEGAN, CHANGED)),
    ],
)
def test_status_severity_and_times(name: str, expected: tuple[Any, ...]) -> None:
    assert row(only("opsgenie", name)) == expected


def test_what_an_alert_is_about() -> None:
    one = only("opsgenie", "create")
    assert (one.fingerprint, one.external_id, one.summary) == ("crane-4-silent", "0a0a-17", "No heartbeat since 01:35")
    assert one.labels == {"environment": "prod", "cluster": "north", "namespace": "cranes"}
    assert one.details["tags"] == "crane"


def test_notes_and_escalations_are_remarks() -> None:
    assert comment("opsgenie", "add-note") == AlertComment(
        fingerprint="crane-4-silent",
        external_id="0a0a-17",
        kind="AddNote",
        text="AddNote: Crane 4 was hit by a gull",
        actor="mara@example.com",
        actor_id="u-1",
        at=CHANGED,
    )
    assert comment("opsgenie", "escalate-next").text == "EscalateNext"


def test_an_action_of_tomorrow_is_kept_as_unknown() -> None:
    assert delivered("opsgenie", "unheard-of").unknown == "Unknown Opsgenie action Sing."
