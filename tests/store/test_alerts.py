from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from midwatch.domain.alert import Alert
from midwatch.domain.evidence import Gap
from midwatch.domain.incident import StoredAlert
from midwatch.kit.storable import storable, storable_tree
from midwatch.store import alerts, deliveries, incidents, tool_calls
from midwatch.store.database import Database
from midwatch.store.deliveries import Outcome, WebhookDelivery
from midwatch.store.tables import deliveries as table
from tests.store import build
from tests.store.build import NOW, alert, incident

MINUTE = timedelta(minutes=1)
TEN = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def delivery(name: str, minute: int = 0, **more: object) -> WebhookDelivery:
    given = {"source": "alertmanager", "received_at": NOW + minute * MINUTE, "outcome": Outcome.ACCEPTED}
    return WebhookDelivery.model_validate({"id": name, **given, **more})


def test_a_delivery_is_new_once(db: Database) -> None:
    with db.write() as tx:
        assert deliveries.add(tx, delivery("1"))
        assert not deliveries.add(tx, delivery("1", note="again"))
        assert deliveries.add(tx, delivery("1", source="grafana"))
    with db.write() as tx:
        assert not deliveries.add(tx, delivery("1"))


def test_deliveries_are_listed_and_purged(db: Database) -> None:
    with db.write() as tx:
        for minute, name in enumerate(("a", "b", "c")):
            deliveries.add(
                tx, delivery(name, minute, body="b", outcome=Outcome.UNPARSED if name == "b" else Outcome.IGNORED)
            )
        deliveries.add(tx, delivery("d", 9, source="grafana"))
        assert [d.id for d in deliveries.list_deliveries(tx)] == ["d", "c", "b", "a"]
        assert [d.id for d in deliveries.list_deliveries(tx, "alertmanager", limit=2)] == ["c", "b"]
        assert deliveries.list_deliveries(tx, outcome=Outcome.UNPARSED) == [
            delivery("b", 1, body="b", outcome=Outcome.UNPARSED)
        ]
        assert deliveries.counts(tx) == {"accepted": 1, "ignored": 2, "unparsed": 1}
        assert deliveries.purge(tx, NOW + 2 * MINUTE) == 2
        assert [d.id for d in deliveries.list_deliveries(tx)] == ["d", "c"]


def test_an_alert_is_kept_as_it_stands(db: Database) -> None:
    known = StoredAlert(id="alt_1", incident_id="inc_1", alert=alert(), first_seen=NOW, last_seen=NOW)
    again = known.model_copy(update={"incident_id": "inc_2", "count": 2, "last_seen": NOW + MINUTE})
    with db.write() as tx:
        alerts.put(tx, known)
        alerts.put(tx, known.model_copy(update={"id": "alt_0", "alert": alert("f0")}))
        assert [a.id for a in alerts.of_incident(tx, "inc_1")] == ["alt_0", "alt_1"]
        alerts.put(tx, again)
        assert alerts.find(tx, "alertmanager", "f1") == again
        assert alerts.find(tx, "grafana", "f1") is None and alerts.find(tx, "alertmanager", "f2") is None
        assert [a.id for a in alerts.of_incident(tx, "inc_1")] == ["alt_0"]


@TEN
@given(given=build.alerts, seen=build.moments, number=st.integers(1, 10**6))
def test_any_alert_comes_back_equal(db: Database, given: Alert, seen: object, number: int) -> None:
    """With its times in whatever zone, its names as long and as strange as they may be."""
    known = StoredAlert.model_validate(
        {"id": f"alt_{number}", "incident_id": "i", "alert": given, "first_seen": seen, "last_seen": seen}
    )
    with db.write() as tx:
        tx.execute(alerts.t.delete())
        alerts.put(tx, known)
    with db.read() as tx:
        assert alerts.find(tx, given.source, given.fingerprint) == StoredAlert.model_validate(
            storable_tree(known.model_dump())
        )


@TEN
@given(names=st.lists(build.names, max_size=4, unique=True), title=build.texts, service=build.names, at=build.moments)
def test_any_incident_comes_back_equal_and_is_found(
    db: Database, names: list[str], title: str, service: str, at: object
) -> None:
    title, service, names = storable(title), storable(service), list(dict.fromkeys(map(storable, names)))
    made = incident(title=title, service=service, keys=tuple(names), created_at=at, updated_at=at)
    with db.write() as tx:
        tx.execute(incidents.t.delete())
        tx.execute(incidents.k.delete())
        incidents.add(tx, made)
        assert incidents.get(tx, made.id) == made
        for name in names:
            assert incidents.by_keys(tx, (name,)) == [made]
        wanted = incidents.Filter.model_validate({"service": service, "text": title, "since": at, "until": at})
        assert incidents.list_incidents(tx, wanted, 1, 9) == ([made], 1)
        assert incidents.change(tx, made, made.model_copy(update={"title": "changed"}))


@TEN
@given(name=build.names, at=build.moments, body=build.texts)
def test_any_delivery_is_kept_with_its_time(db: Database, name: str, at: object, body: str) -> None:
    made = delivery(name, received_at=at, body=body)
    with db.write() as tx:
        tx.execute(deliveries.t.delete())
        assert deliveries.add(tx, made) and not deliveries.add(tx, made)
        (found,) = deliveries.list_deliveries(tx)
        assert (found.received_at, found.body) == (made.received_at, storable(body))


def test_what_tools_said_is_kept_once_and_numbered_at_the_end(db: Database) -> None:
    first, second = build.evidence("logs", {"pod": "b"}), build.evidence("logs", {"pod": "a"})
    gap = Gap.model_validate({"tool": "metrics", "arguments": {}, **build.GAP})
    with db.write() as tx:
        for answer in (first, gap, second, first):
            tool_calls.keep(tx, [tool_calls.row("inv_1", answer)])
        tool_calls.keep(tx, [tool_calls.row("inv_2", first)])
        assert sorted(a.model_dump_json() for a in tool_calls.for_investigation(tx, "inv_1")) == sorted(
            a.model_dump_json() for a in (first, second, gap)
        )
        assert tool_calls.evidence(tx, "inv_1") == []
        final = [second.model_copy(update={"id": "E1"}), first.model_copy(update={"id": "E2"})]
        tool_calls.number(tx, "inv_1", final)
        assert tool_calls.evidence(tx, "inv_1") == final and tool_calls.evidence(tx, "inv_2") == []


def test_unparsed_deliveries_of_version_0_1_0_are_listed(db: Database) -> None:
    with db.write() as tx:
        deliveries.add(tx, delivery("a", outcome=Outcome.UNPARSED))
        tx.execute(update(table).values(outcome="parked"))  # as that version has it
        assert [d.outcome for d in deliveries.list_deliveries(tx, outcome=Outcome.UNPARSED)] == [Outcome.UNPARSED]
        assert deliveries.counts(tx) == {"unparsed": 1}
