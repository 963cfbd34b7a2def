"""Asks the fake server as any HTTP client would, without the product's own client."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    raw: bytes

    @property
    def text(self) -> str:
        return (gzip.decompress(self.raw) if self.headers["content-encoding"] == "gzip" else self.raw).decode()

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.text)

    @property
    def names(self) -> list[str]:
        return [item["metadata"]["name"] for item in self.json["items"]]


def ask(
    url: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    body: Any = None,
    **query: str | int,
) -> Answer:
    """`query` values are encoded; a name that is a word of Python gets a _ behind it."""
    asked = urlencode({key.rstrip("_"): value for key, value in query.items()})
    data = json.dumps(body).encode() if body is not None else None
    kind = {"content-type": "application/json"} if data else dict[str, str]()
    request = Request(
        f"{url}{path}?{asked}" if asked else f"{url}{path}", data, kind | dict(headers or {}), method=method
    )
    try:
        with urlopen(request, timeout=10) as response:
            return Answer(response.status, response.headers, response.read())
    except HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, refusal.headers, refusal.read())


def pod(
    name: str,
    namespace: str = "shop",
    labels: Mapping[str, str] | None = None,
    phase: str = "Running",
    node: str = "n1",
) -> dict[str, Any]:
    """The least a pod can be."""
    status = {
        "name": "app",
        "state": {"running": {}},
        "lastState": {},
        "ready": True,
        "restartCount": 0,
        "containerID": "containerd://1",
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(labels or {})},
        "spec": {"nodeName": node, "containers": [{"name": "app", "image": "app:1"}]},
        "status": {"phase": phase, "containerStatuses": [status]},
    }
