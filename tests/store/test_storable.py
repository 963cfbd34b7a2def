"""Whatever text comes from outside is kept on both databases; what no database can keep is marked."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from midwatch.domain.alert import AlertComment, AlertSeverity
from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.investigation import Request
from midwatch.domain.observation import AlertText
from midwatch.domain.work import Investigation, RunEvent
from midwatch.kit.storable import MARK, storable
from midwatch.store import alerts, audit, deliveries, investigations, tool_calls
from midwatch.store.audit import Act
from midwatch.store.database import Database
from midwatch.store.deliveries import Outcome, WebhookDelivery
from midwatch.store.storable_text import to_json
from tests.flows.server_context import Watch, alert

NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
ANY = st.text(st.characters(exclude_categories=()), max_size=30) | st.sampled_from(
    ["\0", "a\0b", "\ud800", "x\udfffy", "😀", "\\u0000", "\\\0", '"\0"']
)
SOME = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(ANY)
def test_only_what_cannot_be_kept_is_marked(text: str) -> None:
    kept = storable(text)
    assert len(kept) == len(text) and "\0" not in kept and kept.encode().decode() == kept
    assert all(
        a == b or (b == MARK and (a == "\0" or "\ud800" <= a <= "\udfff")) for a, b in zip(text, kept, strict=True)
    )


@given(ANY)
def test_a_noun_is_written_as_json_that_holds_the_marked_text(text: str) -> None:
    event = RunEvent(run_id="r", at=NOW, kind="k", data={"said": [text, {text: text}]})
    again = RunEvent.model_validate_json(to_json(event))
    assert again.data == {"said": [storable(text), {storable(text): storable(text)}]}


@SOME
@given(one=ANY, other=ANY)
def test_every_text_of_an_alert_is_kept(db: Database, one: str, other: str) -> None:
    watch = Watch(db)
    said = alert(
        f"f{one}", title=one, summary=other, external_id=one, service=other, labels={one: other}, details={other: one}
    )
    receipt = watch.says(said, id=f"{one}{other}{datetime.now(UTC).timestamp()}")
    watch.comments(AlertComment(fingerprint=f"f{one}", id=other, kind="note", text=one, actor=other, at=watch.now))
    with db.read() as tx:
        found = alerts.find(tx, "bell", f"f{one}")
        assert (
            found is not None
            and found.alert.title == storable(one)
            and found.alert.labels == {storable(one): storable(other)}
        )
    assert any(storable(one) in entry.text for entry in watch.timeline(receipt.incidents[0]))


@SOME
@given(one=ANY, other=ANY)
def test_questions_evidence_events_and_names_are_kept(db: Database, one: str, other: str) -> None:
    with db.write() as tx:
        number = len(audit.list_entries(tx, page_size=200))
        run = Investigation(
            id=f"inv_{number}",
            request=Request(question=one, namespace=other),
            asked_by=other,
            created_at=NOW,
            severity=AlertSeverity.LOW,
        )
        investigations.add(tx, run)
        investigations.append_events(tx, [RunEvent(run_id=run.id, at=NOW, kind="evidence", data={"query": one})])
        for answer in answers(one, other):
            tool_calls.keep(tx, [tool_calls.row(run.id, answer)])
        audit.append(tx, Act(at=NOW, actor=one, action="key.create", object=other, detail={"name": one}))
        deliveries.add(
            tx,
            WebhookDelivery(
                source="bell", id=f"{one}{number}", received_at=NOW, outcome=Outcome.UNPARSED, note=one, body=other
            ),
        )
    with db.read() as tx:
        kept = investigations.get(tx, run.id)
        assert kept is not None and (kept.request.question, kept.asked_by) == (storable(one), storable(other))
        assert [e.data["query"] for e in investigations.events_after(tx, run.id)] == [storable(one)]
        assert len(tool_calls.for_investigation(tx, run.id)) == 2 and audit.first_broken_entry(tx) is None


def answers(one: str, other: str) -> list[Evidence | Gap]:
    seen: dict[str, Any] = {"id": "", "query": one, "taken_at": NOW, "took_ms": 1, "sha256": "0" * 64}
    observation = AlertText(source=storable(one), text=storable(other), truncated=False)
    return [
        Evidence(tool="logs", arguments={"pod": one}, observation=observation, **seen),
        Gap(tool="logs", arguments={"pod": f"{one}."}, query=one, reason=other),
    ]


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_what_nobody_has_is_asked_for_under_any_name(db: Database, name: str) -> None:
    with db.read() as tx:
        assert (
            investigations.get(tx, name) is None
            and alerts.find(tx, name, name) is None
            and alerts.find_external(tx, name, name) is None
        )
