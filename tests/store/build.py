"""Nouns with as much in them as a test needs, and strategies for all that could be in them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus
from midwatch.domain.evidence import Evidence
from midwatch.domain.incident import Incident
from midwatch.domain.observation import LogLines
from midwatch.domain.work import Investigation, Notification

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
ZONES = [timezone(timedelta(minutes=m)) for m in (-720, -210, 0, 60, 345, 840)]

texts = st.text(max_size=40)
names = st.text(max_size=900)
moments = st.datetimes(
    min_value=datetime(1990, 1, 1),
    max_value=datetime(2100, 1, 1),
    timezones=st.sampled_from(ZONES),
)
alerts = st.builds(
    Alert,
    source=st.sampled_from(["alertmanager", "grafana"]),
    fingerprint=names,
    status=st.sampled_from(AlertStatus),
    severity=st.sampled_from(AlertSeverity),
    title=texts,
    summary=texts,
    external_id=texts,
    service=names,
    labels=st.dictionaries(
        st.sampled_from(["namespace", "pod", "deployment", "node", "cluster", "resource"]), names, max_size=3
    ),
    details=st.dictionaries(texts, texts, max_size=3),
    starts_at=moments,
    ends_at=st.none() | moments,
)


def alert(fingerprint: str = "f1", **more: Any) -> Alert:
    given = {"source": "alertmanager", "status": "firing", "severity": "high", "title": "it hurts", "starts_at": NOW}
    return Alert.model_validate({**given, "fingerprint": fingerprint, **more})


def incident(number: int = 1, **more: Any) -> Incident:
    at = NOW + timedelta(minutes=number)
    given = {
        "title": f"trouble {number}",
        "severity": "high",
        "source": "alertmanager",
        "created_at": at,
        "updated_at": at,
    }
    return Incident.model_validate({"id": f"inc_{number}", "number": number, **given, **more})


def run(number: int = 1, **more: Any) -> Investigation:
    given = {"incident_id": "inc_1", "request": {"namespace": "shop"}, "created_at": NOW + timedelta(minutes=number)}
    return Investigation.model_validate({"id": f"inv_{number}", **given, **more})


def notification(key: str = "note", **more: Any) -> Notification:
    given = {"notifier": "pagerduty", "kind": "note", "payload": {"text": "cause"}, "created_at": NOW, "next_at": NOW}
    return Notification.model_validate({"key": key, **given, **more})


GAP: dict[str, Any] = {"query": "q", "reason": "refused", "permission": "get pods"}


def evidence(tool: str, arguments: dict[str, Any]) -> Evidence:
    said = LogLines(namespace="shop", name="cart", container="main", text="a line\n")
    return Evidence(
        id="", tool=tool, arguments=arguments, query="q", observation=said, taken_at=NOW, took_ms=3, sha256="0" * 64
    )
