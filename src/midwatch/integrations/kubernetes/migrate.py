"""What version 0.1.0 recorded, as the tools of today give it.

0.1.0 listed what people save beside kubectl's output as if an API server had it: six resources of `kubernetes_list`.
They are formats of `kubernetes_saved` now, since no cluster serves them, and have the names that their field uses.
Bundles of 0.1.0 are read for good, so this stays.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec

from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.observation import Resources

_FORMATS = {
    "nodeservices": "systemd_units",
    "secretaddresses": "secret_addresses",
    "savedlogs": "container_logs",
    "servicecalls": "traced_calls",
    "firingalerts": "firing_alerts",
    "wishes": "unapplied_manifests",
}
_FIELDS = {"wishes": {"wanted": "objectKind", "called": "objectName"}}  # the others kept theirs


def migrate(item: Evidence | Gap) -> Evidence | Gap:
    """The same item where nothing changed; raises MsgspecError where the evidence is no JSON."""
    resource = item.arguments.get("resource")
    if item.tool != "kubernetes_list" or not isinstance(resource, str) or resource not in _FORMATS:
        return item
    what = _FORMATS[resource]
    place = {name: value for name, value in item.arguments.items() if name != "resource"}
    request: dict[str, Any] = {"tool": "kubernetes_saved", "arguments": {"what": what, **place}}
    if isinstance(item, Gap) or not isinstance(item.observation, Resources):
        return item.model_copy(update=request)
    body = _renamed(item.observation.body, _FIELDS.get(resource, {}))
    observation = item.observation.model_copy(update={"resource": what, "body": body})
    return item.model_copy(update={**request, "observation": observation, "sha256": sha256(body).hexdigest()})


def _renamed(body: bytes, fields: Mapping[str, str]) -> bytes:
    if not fields:
        return body
    objects = msgspec.json.decode(body, type=list[dict[str, Any]])
    return msgspec.json.encode([{fields.get(name, name): value for name, value in obj.items()} for obj in objects])
