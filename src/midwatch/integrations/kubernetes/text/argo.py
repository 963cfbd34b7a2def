"""What `argocd app get` prints: an Application's state as `key: value` lines, then its conditions and the tree of its
objects."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty
from midwatch.integrations.kubernetes.text.sections import clean

_START = re.compile(r"^Name:[ \t]+(?:(?P<ns>[a-z0-9-]+)/)?(?P<name>[a-z0-9][a-z0-9.-]*)[ \t]*$", re.MULTILINE)
_FIELD = re.compile(
    r"^(?P<key>Sync Status|Health Status|Phase|Message|Finished):[ \t]+(?P<value>\S(?:.*[^ \t\n])?)[ \t]*$",
    re.MULTILINE,
)
_CONDITION = re.compile(
    r"^(?P<type>[A-Z]\w*(?:Error|Warning))[ \t]{2,}(?P<message>\S.*?)(?:(?<![ \t])[ \t]{2,}+20\d\d-.*)?$", re.MULTILINE
)
_FINISHED = re.compile(r"(20\d\d-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)")
_HOME = "argocd"  # where Applications live unless somebody configured it otherwise


def read_applications(content: str) -> Iterator[Json]:
    if "Sync Status:" not in content or "Health Status:" not in content:
        return
    text = clean(content)
    starts = list(_START.finditer(text))
    for start, after in zip(starts, [*starts[1:], None], strict=False):
        block = text[start.end() : after.start() if after else None]
        fields = {m["key"]: m["value"] for m in reversed(list(_FIELD.finditer(block)))}
        if "Sync Status" in fields and "Health Status" in fields:
            yield _application(start, fields, block)


def _application(start: re.Match[str], fields: dict[str, str], block: str) -> Json:
    operation = without_empty(
        phase=fields.get("Phase"), message=fields.get("Message"), finishedAt=_time(fields.get("Finished", ""))
    )
    return {
        "kind": "Application",
        "metadata": {"name": start["name"], "namespace": start["ns"] or _HOME},
        "status": without_empty(
            sync={"status": fields["Sync Status"].split()[0]},
            health={"status": fields["Health Status"].split()[0]},
            operationState=operation if "phase" in operation else None,
            conditions=[{"type": m["type"], "message": m["message"]} for m in _CONDITION.finditer(block)],
        ),
    }


def _time(text: str) -> str | None:
    match = _FINISHED.match(text)
    if not match:
        return None
    return (
        datetime.fromisoformat(f"{match[1]}T{match[2]}{match[3]}:{match[4]}")
        .astimezone(UTC)
        .isoformat()
        .replace("+00:00", "Z")
    )
