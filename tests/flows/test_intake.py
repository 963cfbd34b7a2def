"""From what a monitoring system says to incidents, timelines and queued investigations."""

from functools import partial
from threading import Event, Timer
from typing import Any

import pytest

from midwatch.domain.alert import AlertComment, AlertSeverity, AlertStatus, Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.domain.incident import IncidentStatus
from midwatch.domain.work import RunState
from midwatch.services.alerts import receive, status
from midwatch.services.errors import NoAccess, NotKnown
from midwatch.store import incidents as kept
from midwatch.store import investigations as stored_runs
from midwatch.store.database import Database
from tests.flows.server_context import CART, START, Watch, alert, over
from tests.plugged import settings as composed
from tests.together import together
from tests.usecases import OWNER, SENDER

ACKNOWLEDGED = AlertStatus.ACKNOWLEDGED


@pytest.fixture
def watch(db: Database) -> Watch:
    return Watch(db)


def test_an_alert_opens_an_incident_and_queues_its_run(watch: Watch) -> None:
    receipt = watch.says(alert(title="cart fails", summary="5xx", service="cart", severity="critical", **CART))
    incident = watch.incident()
    (run,) = watch.runs()
    assert receipt.incidents == (incident.id,) and receipt.actions == {"open": 1} and receipt.outcome == "accepted"
    assert (incident.number, incident.title, incident.description, incident.service) == (1, "cart fails", "5xx", "cart")
    assert (incident.status, incident.severity, incident.cycle) == (IncidentStatus.TRIGGERED, AlertSeverity.CRITICAL, 1)
    assert (run.incident_id, run.state, run.request.namespace, run.severity) == (
        incident.id,
        RunState.QUEUED,
        "shop",
        "critical",
    )
    assert watch.kinds() == ["opened", "queued"] and watch.woken == 1
    assert watch.timeline(incident.id)[1].data == {"run": run.id}


def test_a_repetition_is_counted_and_nothing_else(watch: Watch) -> None:
    watch.says(alert())
    for _ in range(2):
        watch.later(minutes=5).says(alert())
    receipt = watch.later(minutes=5).says(alert())
    incident = watch.incident()
    (known,) = watch.alerts(incident.id).values()
    assert receipt.actions == {"repeat": 1} and watch.kinds() == ["opened", "queued"]
    assert (known.count, known.cycle, known.first_seen, known.last_seen) == (4, 1, START, watch.now)
    assert incident.updated_at == watch.now and len(watch.runs()) == 1 and watch.woken == 1


def test_related_alerts_join(watch: Watch) -> None:
    watch.says(alert("f1", **CART))
    receipt = watch.later(minutes=10).says(alert("f2", labels={"namespace": "shop", "pod": "cart-7f9c6d5b8-x2x9q"}))
    incident = watch.incident()
    assert receipt.actions == {"join": 1} and set(watch.alerts(incident.id)) == {"f1", "f2"}
    assert watch.kinds() == ["opened", "queued", "joined"] and len(watch.runs()) == 1
    assert "alert:bell/f2" in incident.keys


def test_unrelated_alerts_stay_apart(watch: Watch) -> None:
    watch.says(alert("f1", **CART), alert("f2", labels={"namespace": "shop", "deployment": "mail"}))
    assert [i.number for i in watch.incidents()] == [2, 1] and len(watch.runs()) == 2


def test_what_comes_much_later_opens_its_own(watch: Watch) -> None:
    watch.says(alert("f1", **CART))
    watch.later(minutes=31).says(alert("f2", **CART))
    assert len(watch.incidents()) == 2


def test_a_join_raises_the_severity_and_never_lowers_it(watch: Watch) -> None:
    watch.says(alert("f1", severity="medium", **CART))
    watch.says(alert("f2", severity="critical", **CART))
    watch.says(alert("f3", severity="low", **CART))
    incident = watch.incident()
    assert incident.severity is AlertSeverity.CRITICAL
    raised = [e.text for e in watch.timeline(incident.id) if e.kind == "severity"]
    assert raised == ["severity raised from medium to critical"]


def test_a_repetition_that_is_graver_raises_it_too(watch: Watch) -> None:
    watch.says(alert(severity="low"))
    watch.says(alert(severity="high"))
    assert watch.incident().severity is AlertSeverity.HIGH


def test_an_incident_is_over_when_all_its_alerts_are(watch: Watch) -> None:
    watch.says(alert("f1", **CART), alert("f2", **CART))
    watch.later(minutes=1).says(over("f1", **CART))
    assert watch.incident().status is IncidentStatus.TRIGGERED
    watch.later(minutes=1).says(over("f2", **CART))
    incident = watch.incident()
    assert (incident.status, incident.resolved_at, incident.resolved_by) == (IncidentStatus.RESOLVED, watch.now, "bell")
    assert watch.kinds()[-3:] == ["ended", "ended", "resolved"]
    assert watch.alerts(incident.id)["f1"].count == 1


def test_an_alert_that_is_back_in_an_open_incident_is_told(watch: Watch) -> None:
    watch.says(alert("f1", **CART), alert("f2", **CART))
    watch.later(minutes=1).says(over("f1", **CART))
    watch.later(minutes=1).says(alert("f1", **CART))
    incident = watch.incident()
    assert watch.kinds()[-2:] == ["ended", "joined"] and watch.alerts(incident.id)["f1"].cycle == 2
    watch.says(over("f2", **CART))
    assert watch.incident().status is IncidentStatus.TRIGGERED, "f1 is not over"


def test_the_end_of_what_nobody_knew_is_nothing(watch: Watch) -> None:
    receipt = watch.says(over())
    assert (receipt.actions, receipt.outcome, watch.incidents(), watch.runs()) == ({"nothing": 1}, "accepted", [], [])
    assert watch.woken == 0
    watch.later(seconds=5).says(alert())
    assert watch.incident().status is IncidentStatus.TRIGGERED and len(watch.runs()) == 1


def test_a_second_end_changes_nothing(watch: Watch) -> None:
    watch.says(alert())
    watch.later(minutes=1).says(over())
    before, kinds = watch.incident(), watch.kinds()
    receipt = watch.later(minutes=1).says(over())
    assert receipt.actions == {"nothing": 1} and watch.incident() == before and watch.kinds() == kinds


def test_what_fires_again_soon_reopens(watch: Watch) -> None:
    watch.says(alert(status=ACKNOWLEDGED, fingerprint="f1"))
    watch.later(minutes=1).says(over())
    receipt = watch.later(minutes=5).says(alert())
    incident = watch.incident()
    assert receipt.actions == {"reopen": 1} and (incident.status, incident.cycle) == (IncidentStatus.TRIGGERED, 2)
    assert (incident.resolved_at, incident.resolved_by, incident.resolution) == (None, "", "")
    assert (incident.acknowledged_at, incident.acknowledged_by) == (None, ""), "nobody has acknowledged that it is back"
    assert len(watch.runs()) == 1 and watch.woken == 1
    (known,) = watch.alerts(incident.id).values()
    assert (known.cycle, known.count, known.first_seen) == (2, 1, watch.now)


def test_what_fires_again_late_is_a_new_incident(watch: Watch) -> None:
    watch.says(alert())
    watch.later(minutes=1).says(over())
    watch.later(minutes=16).says(alert())
    newest, oldest = watch.incidents()
    assert oldest.status is IncidentStatus.RESOLVED and newest.status is IncidentStatus.TRIGGERED
    assert set(watch.alerts(newest.id)) == {"f1"} and watch.alerts(oldest.id) == {}


def test_a_run_that_still_waits_is_not_queued_twice(watch: Watch) -> None:
    for _ in range(2):
        watch.says(alert())
        watch.later(minutes=1).says(over())
    assert len(watch.runs()) == 1
    watch.begin(watch.runs()[0])
    watch.later(minutes=1).says(alert())
    assert sorted(r.state for r in watch.runs()) == ["queued", "running"], "the one that runs has not seen it come back"


def test_flapping_is_not_investigated_again(watch: Watch) -> None:
    for _ in range(5):
        watch.says(alert())
        for run in watch.runs():
            if run.state is RunState.QUEUED:
                watch.begin(run)
        watch.later(minutes=2).says(over())
        watch.later(minutes=2)
    incident = watch.incident()
    why = [e.text for e in watch.timeline(incident.id) if e.kind == "reopened"]
    assert len(watch.runs()) == 3 and incident.cycle == 5
    assert why[:2] == ["firing again"] * 2 and all("flapping" in text for text in why[2:])


def test_acknowledging_over_there_acknowledges_here(watch: Watch) -> None:
    watch.says(alert())
    watch.later(minutes=1).says(alert(status=ACKNOWLEDGED, fingerprint="f1"))
    watch.later(minutes=1).says(alert(status=ACKNOWLEDGED, fingerprint="f1"))
    incident = watch.incident()
    assert incident.status is IncidentStatus.ACKNOWLEDGED and incident.acknowledged_by == "bell"
    assert watch.kinds() == ["opened", "queued", "acknowledged"], "said once"


def test_somebody_looks_already(watch: Watch) -> None:
    watch.says(alert(status=ACKNOWLEDGED, fingerprint="f1"))
    assert watch.incident().status is IncidentStatus.ACKNOWLEDGED and watch.runs() == []


def test_a_remark_goes_onto_the_timeline(watch: Watch) -> None:
    watch.says(alert())
    note = AlertComment(fingerprint="f1", kind="note", text="I look", actor="ada", at=START)
    watch.comments(note, note.model_copy(update={"fingerprint": "nobody knows this"}))
    entry = watch.timeline(watch.incident().id)[-1]
    assert (entry.kind, entry.text, entry.actor) == ("note", "I look", "ada")


def test_a_retry_is_told_from_a_repetition(watch: Watch) -> None:
    first = watch.says(alert(), id="d1")
    again = watch.says(alert(), id="d1")
    assert (first.outcome, again.outcome, again.delivery) == ("accepted", "repeated", "d1")
    (known,) = watch.alerts(watch.incident().id).values()
    assert known.count == 1


def test_a_retry_beside_the_first_is_taken_once(watch: Watch) -> None:
    receipts = together(*[partial(watch.says, alert(), id="d1")] * 8)
    assert sorted(r.outcome for r in receipts) == ["accepted"] + ["repeated"] * 7


def test_related_alerts_at_once_are_one_incident(watch: Watch, url: str) -> None:
    """Two processes' connections, twenty at once."""
    with Database.open(url) as other:
        second = Watch(other)
        receipts = together(*(partial((watch, second)[n % 2].says, alert(f"f{n}", **CART)) for n in range(20)))
    incident = watch.incident()
    assert {r.incidents for r in receipts} == {(incident.id,)} and len(watch.alerts(incident.id)) == 20
    assert watch.kinds().count("opened") == 1 and len(watch.runs()) == 1


def test_an_end_and_a_person_at_once_lose_nothing(watch: Watch) -> None:
    """A person's change between our reading and our writing is waited for, not overwritten."""
    watch.says(alert())
    before = watch.incident()
    held, go_on = Event(), Event()

    def person() -> None:
        with watch.ctx.db.write() as tx:
            after = before.model_copy(update={"title": "renamed", "updated_at": watch.now.replace(microsecond=7)})
            assert kept.change(tx, before, after)
            held.set()
            go_on.wait()

    def end() -> None:
        held.wait()
        Timer(0.3, go_on.set).start()
        watch.says(over())

    assert together(person, end) == [None, None]
    incident = watch.incident()
    assert (incident.title, incident.status) == ("renamed", IncidentStatus.RESOLVED)


def test_strange_names_are_kept(watch: Watch) -> None:
    strange: dict[str, Any] = {
        "title": "nul \0 inside",
        "service": "s" * 1024,
        "labels": {"namespace": "n" * 1024, "deployment": "ü" * 1024},
    }
    watch.says(alert("f" * 900, **strange))
    receipt = watch.says(alert("f" * 899 + "g", **strange))
    incident = watch.incident()
    assert receipt.actions == {"join": 1} and incident.service == "s" * 1024
    assert set(watch.alerts(incident.id)) == {"f" * 900, "f" * 899 + "g"}


async def test_a_request_has_to_prove_itself(watch: Watch, db: Database) -> None:
    with pytest.raises(NoAccess):
        await watch.sends(Delivery(alerts=(alert(),)), {"x-token": "wrong"})
    with pytest.raises(NoAccess, match="No token or HMAC secret is configured for source"):
        await Watch(db, composed()).sends(Delivery(alerts=(alert(),)))
    with pytest.raises(NotKnown, match="no source 'horn'"):
        await receive(watch.ctx, SENDER, "horn", WebhookRequest(b"", START))
    assert watch.incidents() == []
    assert (await watch.sends(Delivery(alerts=(alert(),)))).actions == {"open": 1}


async def test_what_is_not_understood_is_parked_without_its_secrets(watch: Watch) -> None:
    receipt = await watch.sends('{"password": "hunter2hunter2", "x": "\0"')
    (found,) = (await status(watch.ctx, OWNER, "bell")).last
    assert (receipt.outcome, receipt.note, found.id) == ("unparsed", "no delivery", receipt.delivery)
    assert "hunter2" not in found.body and found.received_at == START


async def test_a_ping_is_ignored_and_a_confirmation_fetched(watch: Watch) -> None:
    assert (await watch.sends(Delivery(ignored="a ping"))).outcome == "ignored"
    await watch.sends(Delivery(confirm="https://example.com/confirm"))
    assert watch.fetched == ["https://example.com/confirm"] and (await status(watch.ctx, OWNER, "bell")).last == []


def test_a_store_that_fails_half_way_keeps_nothing(watch: Watch) -> None:
    """The second alert cannot be written: neither the first nor the delivery is there afterwards."""
    broken = alert("f2").model_copy(update={"fingerprint": None})
    with pytest.raises(Exception, match=r"(?i)null"):
        watch.says(alert("f1"), broken, id="d1")
    assert watch.incidents() == [] and watch.says(alert("f1"), id="d1").outcome == "accepted"
    with watch.ctx.db.read() as tx:
        assert stored_runs.counts(tx) == {"queued": 1}
