"""What is sent: half of the workloads are watched by Prometheus Alertmanager, half by PagerDuty."""

import json
from typing import Any

NAMESPACE = "load"


def delivery(workload: int, number: int, *, over: bool = False) -> tuple[str, bytes]:
    """Path and body of the `number`-th request about a workload."""
    source, made = ("pagerduty", _pagerduty) if workload % 2 else ("alertmanager", _alertmanager)
    return f"/webhook/{source}", json.dumps(made(workload, number, over=over)).encode()


def _alertmanager(workload: int, number: int, *, over: bool) -> dict[str, Any]:
    name, status = f"work-{workload}", "resolved" if over else "firing"
    labels = {
        "alertname": "PodCrashLooping",
        "namespace": NAMESPACE,
        "deployment": name,
        "severity": "critical",
        "cluster": "bench",
    }
    said = {"summary": f"{name} restarts again and again", "description": f"{number} restarts within 15 minutes"}
    alert = {
        "status": status,
        "labels": labels,
        "annotations": said,
        "startsAt": "2026-01-01T02:00:00Z",
        "endsAt": "2026-01-01T03:00:00Z" if over else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": f"{workload:016x}",
    }
    group = {
        "receiver": "midwatch",
        "groupLabels": {"alertname": "PodCrashLooping"},
        "commonLabels": labels,
        "commonAnnotations": said,
    }
    return {"version": "4", "status": status, "externalURL": "http://alertmanager.example", "alerts": [alert], **group}


def _pagerduty(workload: int, number: int, *, over: bool) -> dict[str, Any]:
    incident = {
        "id": f"P{workload}",
        "type": "incident",
        "html_url": f"https://pagerduty.example/incidents/P{workload}",
        "number": workload,
        "status": "resolved" if over else "triggered",
        "incident_key": f"key-{workload}",
        "created_at": "2026-01-01T02:00:00Z",
        "title": f"work-{workload} answers with errors",
        "service": {"id": f"S{workload}", "type": "service_reference", "summary": f"work-{workload}"},
        "urgency": "high",
    }
    kind = "incident.resolved" if over else "incident.triggered"
    event = {
        "id": f"E{workload}-{number}",
        "event_type": kind,
        "resource_type": "incident",
        "occurred_at": "2026-01-01T02:00:00Z",
    }
    return {"event": {**event, "data": incident}}
