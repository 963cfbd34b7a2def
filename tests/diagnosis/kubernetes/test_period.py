"""Questions about the past, answered from what was read of the present."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from midwatch.diagnosis.kubernetes.area import AREA, CLUSTER
from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus
from midwatch.domain.diagnosis import Diagnosis, Verdict
from midwatch.domain.evidence import Evidence
from midwatch.domain.intent import Intent
from midwatch.domain.investigation import Request
from midwatch.domain.snapshot import Snapshot
from midwatch.engine.analyst import Case
from tests.integrations.kubernetes.situation import NOW, Logs, evidence

YESTERDAY = "was shop healthy on 2026-11-20 between 10:00 and 11:00 UTC?"
DAY = datetime(2026, 11, 20, tzinfo=UTC)


def pod(image_since: str = "") -> dict[str, Any]:
    waiting = {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "r.example/web:9"'}
    state = {"waiting": waiting} if image_since else {"running": {"startedAt": "2026-11-01T00:00:00Z"}}
    status = {"name": "web", "ready": not image_since, "image": "w:1", "state": state}
    start = image_since or "2026-11-01T00:00:00Z"
    return {
        "kind": "Pod",
        "metadata": {"name": "web-0", "namespace": "shop", "creationTimestamp": start},
        "spec": {"nodeName": "n1", "containers": [{"name": "web", "image": "r.example/web:9"}]},
        "status": {
            "phase": "Pending" if image_since else "Running",
            "startTime": start,
            "conditions": [{"type": "Ready", "status": "False" if image_since else "True"}],
            "containerStatuses": [status],
        },
    }


def event(when: datetime) -> dict[str, Any]:
    about = {"kind": "Pod", "name": "web-0", "namespace": "shop"}
    stamp = f"{when:%Y-%m-%dT%H:%M:%SZ}"
    meta = {"name": f"e{when:%H%M}", "namespace": "shop"}
    return {"kind": "Event", "metadata": meta, "involvedObject": about, "reason": "Pulled", "lastTimestamp": stamp}


def log(first: datetime, last: datetime) -> Logs:
    return {("shop", "web-0", "web"): f"{first:%Y-%m-%dT%H:%M:%SZ} ok\n{last:%Y-%m-%dT%H:%M:%SZ} ok\n"}


def conclude(seen: list[Evidence], question: str = YESTERDAY, alert: Alert | None = None) -> Diagnosis:
    request = Request(question=question, intent=Intent(topic=CLUSTER), alert=alert)
    return Case.of(request, (AREA,)).conclude(seen, ()).diagnosis


def hours(count: float) -> datetime:
    return DAY + timedelta(hours=count)


def test_the_present_state_does_not_make_the_past_healthy() -> None:
    found = conclude(evidence([pod()]))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.gaps[0].reason == (
        "the state of 2026-11-20 10:00 to 11:00 UTC is not kept; only the state of 2026-11-21 02:00 UTC was read"
    )
    assert conclude(evidence([pod()]), "is shop healthy?").verdict is Verdict.HEALTHY


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (evidence([pod()], log(hours(9), hours(12))), Verdict.HEALTHY),
        (evidence([pod()], log(hours(10.5), hours(12))), Verdict.INCONCLUSIVE),
        (evidence([pod()], log(hours(9), hours(10.5))), Verdict.INCONCLUSIVE),
        (evidence([pod(), event(hours(9.9))]), Verdict.HEALTHY),
        (evidence([pod(), event(hours(10.1))]), Verdict.INCONCLUSIVE),
    ],
    ids=["log over it", "log begins in it", "log ends in it", "event before it", "events only later"],
)
def test_what_reaches_over_the_period_tells_of_it(seen: list[Evidence], verdict: Verdict) -> None:
    assert conclude(seen).verdict is verdict


@pytest.mark.parametrize(
    ("onset", "asked"),
    [("2026-11-20T10:30:00Z", True), ("2026-11-20T09:00:00Z", True), ("2026-11-20T11:00:01Z", False)],
    ids=["in it", "before it", "after it"],
)
def test_only_what_began_before_the_end_can_be_the_cause(onset: str, asked: bool) -> None:
    found = conclude(evidence([pod(onset)]))
    assert (bool(found.causes), bool(found.later)) == (asked, not asked)
    if not asked:
        assert found.verdict is Verdict.INCONCLUSIVE
        assert "is not kept" in found.headline


@pytest.mark.parametrize(
    "question",
    ["why is web-0 down?", "why is web-0 still down after the release of 2026-11-20 10:00?", "what broke since 10:00"],
)
def test_a_question_about_now_has_its_cause(question: str) -> None:
    assert conclude(evidence([pod("2026-11-21T01:00:00Z")]), question).causes


def alert(status: AlertStatus, ends: datetime | None) -> Alert:
    return Alert(
        source="grafana",
        fingerprint="f",
        status=status,
        severity=AlertSeverity.HIGH,
        title="KubePodNotReady",
        starts_at=hours(10),
        ends_at=ends,
    )


def test_a_resolved_alert_is_about_the_time_until_it_ended() -> None:
    seen = evidence([pod("2026-11-21T01:00:00Z")])
    assert conclude(seen, "", alert(AlertStatus.RESOLVED, hours(11))).later
    assert conclude(seen, "", alert(AlertStatus.FIRING, None)).causes
    assert conclude(seen, "", alert(AlertStatus.FIRING, hours(11))).causes  # counts only when it is resolved


def test_a_dump_of_the_period_itself_is_no_question_about_the_past() -> None:
    saved = Snapshot(at=hours(11))
    seen = [e.model_copy(update={"snapshot": saved}) for e in evidence([pod()])]
    assert saved.at < NOW
    assert conclude(seen).verdict is Verdict.HEALTHY
