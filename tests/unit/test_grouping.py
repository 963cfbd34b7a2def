from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus
from midwatch.domain.incident import Incident, IncidentStatus, StoredAlert
from midwatch.engine.cluster_match import same_cluster
from midwatch.engine.grouping import FLAPS, GroupingAction, decide, keys

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def alert(
    labels: dict[str, str] | None = None,
    *,
    status: AlertStatus = AlertStatus.FIRING,
    service: str = "",
    fingerprint: str = "f1",
) -> Alert:
    return Alert(
        source="alertmanager",
        fingerprint=fingerprint,
        status=status,
        severity=AlertSeverity.HIGH,
        title="it hurts",
        service=service,
        labels=labels or {},
        starts_at=NOW,
    )


def incident(**more: Any) -> Incident:
    given = {"id": "inc_1", "number": 1, "title": "t", "severity": AlertSeverity.HIGH, "source": "alertmanager"}
    return Incident.model_validate({**given, "created_at": NOW, "updated_at": NOW, **more})


def stored(of: Alert) -> StoredAlert:
    return StoredAlert(id="alt_1", incident_id="inc_1", alert=of, first_seen=NOW, last_seen=NOW)


def meet(one: Alert, other: Alert) -> bool:
    return bool(set(keys(one).own) & set(keys(other).joins))


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ({"namespace": "shop", "deployment": "cart"}, {"namespace": "shop", "pod": "cart-7f9c6d5b8-x2x9q"}, True),
        ({"namespace": "shop", "statefulset": "db"}, {"namespace": "shop", "pod": "db-0"}, True),
        ({"namespace": "shop", "cronjob": "report"}, {"namespace": "shop", "job_name": "report-29384756"}, True),
        ({"namespace": "shop", "deployment": "cart"}, {"namespace": "test", "deployment": "cart"}, False),
        (
            {"cluster": "a", "namespace": "x", "deployment": "cart"},
            {"cluster": "b", "namespace": "x", "deployment": "cart"},
            False,
        ),
        ({"node": "worker-1"}, {"namespace": "shop", "pod": "cart-7f9c6d5b8-x2x9q", "node": "worker-1"}, True),
        (
            {"namespace": "shop", "pod": "mail-7f9c6d5b8-x2x9q", "node": "worker-1"},
            {"namespace": "shop", "pod": "cart-7f9c6d5b8-x2x9q", "node": "worker-1"},
            False,
        ),
    ],
)
def test_what_concerns_the_same_meets(one: dict[str, str], other: dict[str, str], together: bool) -> None:
    assert meet(alert(one, fingerprint="f1"), alert(other, fingerprint="f2")) is together


def test_a_scrape_target_is_no_service() -> None:
    """All of kube-prometheus' alerts carry the exporter's name as their service; that must not make them one
    incident."""
    one = alert({"namespace": "shop", "pod": "cart-7f9c6d5b8-x2x9q"}, service="kube-state-metrics", fingerprint="f1")
    other = alert({"namespace": "shop", "pod": "mail-7f9c6d5b8-x2x9q"}, service="kube-state-metrics", fingerprint="f2")
    assert not meet(one, other)
    slow = alert(service="cart", fingerprint="f3")
    crash = alert({"namespace": "shop", "deployment": "cart"}, service="cart", fingerprint="f4")
    assert meet(slow, crash)
    assert meet(crash, slow)


RESOLVED = {"status": IncidentStatus.RESOLVED, "resolved_at": NOW - timedelta(minutes=5)}


@pytest.mark.parametrize(
    ("now", "known", "mine", "related", "openings", "move", "investigate"),
    [
        (AlertStatus.FIRING, None, None, [], 0, GroupingAction.OPEN, True),
        (AlertStatus.ACKNOWLEDGED, None, None, [], 0, GroupingAction.OPEN, False),
        (AlertStatus.FIRING, AlertStatus.FIRING, {}, [], 1, GroupingAction.REPEAT, False),
        (AlertStatus.FIRING, None, None, [{}], 0, GroupingAction.JOIN, False),
        (AlertStatus.FIRING, None, None, [{"updated_at": NOW - timedelta(hours=2)}], 0, GroupingAction.OPEN, True),
        (AlertStatus.RESOLVED, AlertStatus.FIRING, {}, [], 1, GroupingAction.END, False),
        (AlertStatus.RESOLVED, AlertStatus.RESOLVED, RESOLVED, [], 1, GroupingAction.NOTHING, False),
        (AlertStatus.RESOLVED, None, None, [], 0, GroupingAction.NOTHING, False),
        (AlertStatus.FIRING, AlertStatus.RESOLVED, RESOLVED, [], 1, GroupingAction.REOPEN, True),
        (AlertStatus.FIRING, AlertStatus.RESOLVED, RESOLVED, [], FLAPS, GroupingAction.REOPEN, False),
        (
            AlertStatus.FIRING,
            AlertStatus.RESOLVED,
            RESOLVED | {"resolved_at": NOW - timedelta(hours=3)},
            [],
            1,
            GroupingAction.OPEN,
            True,
        ),
    ],
)
def test_every_case_has_its_move(
    now: AlertStatus,
    known: AlertStatus | None,
    mine: dict[str, Any] | None,
    related: list[dict[str, Any]],
    openings: int,
    move: GroupingAction,
    investigate: bool,
) -> None:
    before = stored(alert(status=known)) if known else None
    belongs = incident(**mine) if mine is not None else None
    made = decide(alert(status=now), before, belongs, [incident(**r) for r in related], openings, NOW)
    assert (made.action, made.investigate) == (move, investigate)


@given(
    st.dictionaries(st.sampled_from(["namespace", "pod", "node", "deployment", "cluster"]), st.text(max_size=40)),
    st.text(max_size=40),
)
def test_an_alert_always_meets_itself(labels: dict[str, str], service: str) -> None:
    assert meet(alert(labels, service=service), alert(labels, service=service))


def joined(arriving: list[Alert]) -> list[int]:
    """The incident, by its number, that each alert in turn gets to."""
    opened: list[Incident] = []
    found: list[int] = []
    for one in arriving:
        shared = keys(one)
        related = [i for i in reversed(opened) if set(i.keys) & set(shared.joins)]
        near = next(iter(same_cluster(shared.joins, related)), None)
        if near is None:
            near = incident(id=f"inc_{len(opened)}", number=len(opened) + 1)
            opened.append(near)
        opened[near.number - 1] = near.model_copy(update={"keys": (*near.keys, *shared.own)})
        found.append(near.number)
    return found


NAMES = st.from_regex(r"[a-z]{3,12}", fullmatch=True)
CLUSTERS = st.from_regex(r"[a-z]{1,8}([:/][a-z]{1,8}){0,2}", fullmatch=True)


@given(NAMES, NAMES, CLUSTERS, st.permutations([0, 1]), st.booleans())
def test_a_missing_cluster_is_the_only_one_known(
    namespace: str, name: str, cluster: str, order: list[int], node: bool
) -> None:
    labels = {"node": name} if node else {"namespace": namespace, "deployment": name}
    pair = [alert(labels, fingerprint="f1"), alert(labels | {"cluster": cluster}, fingerprint="f2")]
    assert joined([pair[i] for i in order]) == [1, 1]


@given(NAMES, NAMES, st.lists(CLUSTERS, min_size=2, max_size=3, unique=True), st.data())
def test_two_named_clusters_are_two(namespace: str, name: str, clusters: list[str], data: st.DataObject) -> None:
    """In whatever order they come, and whatever is said without a cluster, or by the same service, between them."""
    labels = {"namespace": namespace, "deployment": name}
    named = [alert(labels | {"cluster": c}, service=name, fingerprint=f"f-{c}") for c in clusters]
    unnamed = [alert(labels, service=name, fingerprint=f"none-{n}") for n in range(2)]
    arriving = data.draw(st.permutations([*named, *unnamed]))
    got = dict(zip([a.fingerprint for a in arriving], joined(arriving), strict=True))
    assert len({got[f"f-{c}"] for c in clusters}) == len(clusters)


def test_with_two_clusters_known_a_missing_one_is_neither() -> None:
    labels = {"namespace": "shop", "deployment": "cart"}
    one, other = (alert(labels | {"cluster": c}, fingerprint=c) for c in ("a", "b"))
    assert joined([one, other, alert(labels, fingerprint="none")]) == [1, 2, 3]
