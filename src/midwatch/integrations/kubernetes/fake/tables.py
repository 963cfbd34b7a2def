"""The Table form of a list: what `kubectl get` shows. Columns and cells are those of the server, in its order."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from midwatch.integrations.kubernetes.fake.columns import WORKLOADS
from midwatch.integrations.kubernetes.fake.morecolumns import OTHERS
from midwatch.integrations.kubernetes.fake.printing import Sheet, age
from midwatch.integrations.kubernetes.fake.resources import Resource
from midwatch.integrations.kubernetes.fake.world import Thing

_SHEETS: Mapping[str, Sheet] = {**WORKLOADS, **OTHERS}
_NUMBERS = (
    "Desired",
    "Current",
    "Up-to-date",
    "Available",
    "Data",
    "MaxPods",
    "Replicas",
    "Active",
    "Count",
    "Webhooks",
    "Value",
)
_PLAIN = Sheet("Name, Age", "", lambda obj, now: [obj["metadata"]["name"], age(obj, now)])


def table(
    resource: Resource, objects: Sequence[Thing], metadata: Mapping[str, Any], include: str, now: datetime
) -> Thing:
    """`include` is the query's includeObject: None, Metadata (the default) or Object."""
    sheet = _SHEETS.get(resource.id, _PLAIN)
    columns = [_column(name, priority) for name, priority in sheet.columns]
    rows = [{"cells": sheet.cells(o, now)} | _object(o, resource, include) for o in objects]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": columns,
        "rows": rows,
    }


def _column(name: str, priority: int) -> Thing:
    kind = "integer" if name in _NUMBERS else "string"
    written = "name" if name == "Name" else ""
    return {
        "name": name,
        "type": kind,
        "format": written,
        "description": f"{name} of the object.",
        "priority": priority,
    }


def _object(obj: Thing, resource: Resource, include: str) -> Thing:
    if include == "None":
        return {}
    if include == "Object":
        return {"object": {"kind": resource.kind, "apiVersion": resource.api_version} | obj}
    return {"object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}}
