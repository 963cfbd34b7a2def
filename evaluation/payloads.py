"""payloads: webhook bodies of other systems (`<source>/<name>.json`), and what our inboxes read in them. For a person
to judge."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from midwatch.domain.alert import Alert, Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.kit.clock import utc_now
from midwatch.wiring.registry import registry

NAME = "payloads"
SOURCES = {"prometheus": "alertmanager"}  # folder → source, where they differ
THINGS = (
    "pod",
    "deployment",
    "node",
    "host",
    "workload",
    "instance",
    "database",
    "nat_gateway_id",
    "queue",
    "monitor",
    "project",
    "cluster",
)


def run(folder: Path) -> int:
    """0 when every body is understood."""
    table = Table("file", "kind", "status", "severity", "title or text", "service", "about", "time")
    unknown = 0
    files = sorted(folder.glob("*/*.json"))
    for file in files:
        found = delivery(file)
        unknown += bool(found.unknown)
        for row in rows(found):
            table.add_row(f"{file.parent.name}/{file.stem}"[:44], *row)
    console = Console(width=220)
    console.print(table)
    console.print(f"{len(files) - unknown} of {len(files)} understood")
    return 1 if unknown else 0


def delivery(file: Path) -> Delivery:
    document = json.loads(file.read_text())
    inbox = registry().alert_sources[SOURCES.get(file.parent.name, file.parent.name)]
    body = json.dumps(unwrapped(document)).encode()
    return inbox.parse(WebhookRequest(body=body, received_at=utc_now()), SenderSettings())


def unwrapped(document: Any) -> Any:
    """The collection keeps some bodies under `payload`, beside values to vary them with."""
    return (
        document["payload"]
        if isinstance(document, dict) and "payload" in document and "routing_key" not in document
        else document
    )


def rows(found: Delivery) -> Iterator[tuple[str, ...]]:
    for alert in found.alerts:
        yield (
            "alert",
            alert.status,
            alert.severity,
            alert.title,
            alert.service,
            about(alert),
            f"{alert.starts_at:%Y-%m-%d %H:%M:%S}",
        )
    for remark in found.remarks:
        yield "remark", remark.kind, "", remark.text, "", remark.external_id, f"{remark.at:%Y-%m-%d %H:%M:%S}"
    for kind in ("confirm", "ignored", "unknown"):
        if words := getattr(found, kind):
            yield kind, "", "", words, "", "", ""


def about(alert: Alert) -> str:
    return ", ".join(f"{name}={alert.labels[name]}" for name in THINGS if name in alert.labels)
