"""Events as kubectl shows them: below a described object, as a table, or described themselves."""

from collections import Counter
from datetime import datetime
from hashlib import sha256

from midwatch.integrations.kubernetes.objects.kinds import KINDS
from midwatch.integrations.kubernetes.text.commands import PLURAL_OF
from midwatch.integrations.kubernetes.text.parse_result import Json, ParsedScene, without_empty
from midwatch.integrations.kubernetes.text.tables import columns
from midwatch.integrations.kubernetes.text.times import SeenTime, age, ago, event_times
from midwatch.integrations.kubernetes.text.tree import TreeNode
from midwatch.integrations.kubernetes.text.values import number, value_of

_CLUSTER_WIDE = frozenset(kind.name for kind in KINDS.values() if not kind.namespaced)
Cells = dict[str, str]


def described_events(doc: TreeNode, about: Json, now: datetime | None) -> list[Json]:
    """The `Events:` table of a described object."""
    rows = doc.under("Events")
    if not rows:
        return []
    head = columns(" " * rows[0].indent + rows[0].text)
    found: list[Json] = []
    for row in rows[1:]:
        if row.text.startswith("--") or row.text.startswith("<none>"):
            continue
        cells = {name.upper(): text for name, text in head.cells(row.raw).items()}
        if cells.get("TYPE") in ("Normal", "Warning"):
            cells["MESSAGE"] = "\n".join((cells.get("MESSAGE", ""), *row.more)).rstrip()
            found.append(event(cells, about, now))
        elif found:
            # A message of several lines goes on wherever its own text is indented.
            found[-1]["message"] = "\n".join((found[-1].get("message", ""), row.raw, *row.more)).rstrip()
    return with_names(found)


def row(cells: Cells, scene: ParsedScene) -> Json | None:
    """A row of `kubectl get events` or `kubectl events`."""
    kind, name = _about(cells)
    if not name:
        return None
    namespace = cells.get("NAMESPACE") or scene.namespace or "default"
    about = without_empty(
        kind=kind,
        name=name,
        namespace="" if kind in _CLUSTER_WIDE else namespace,
        fieldPath=value_of(cells.get("SUBOBJECT", "")),
    )
    made = event(cells, about, scene.now)
    made["metadata"]["namespace"] = namespace
    return made


def event(cells: Cells, about: Json, now: datetime | None) -> Json:
    when = _when(cells)
    component, _, host = (value_of(cells.get("FROM") or cells.get("SOURCE", "")) or "").partition(", ")
    return without_empty(
        kind="Event",
        metadata={"namespace": about.get("namespace") or "default"},
        involvedObject=about,
        type=cells.get("TYPE"),
        reason=cells.get("REASON"),
        message=cells.get("MESSAGE"),
        count=when.count,
        firstTimestamp=ago(now, when.first),
        lastTimestamp=ago(now, when.last),
        source=without_empty(component=component, host=host),
    )


def with_names(events: list[Json]) -> list[Json]:
    """kubectl never prints an event's name: one is made of what it says, the same for the same event in two
    listings."""
    same: Counter[str] = Counter()
    for item in events:
        about = item["involvedObject"]
        parts = (
            about.get("kind", ""),
            about.get("namespace", ""),
            about.get("name", ""),
            item.get("reason", ""),
            item.get("message", ""),
        )
        digest = sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:12]
        nth = same[digest]
        same[digest] += 1
        item["metadata"]["name"] = f"{about.get('name', '')}.{digest}" + (f".{nth}" if nth else "")
    return events


def _about(cells: Cells) -> tuple[str, str]:
    """Kind and name: `pod/web-1`, `Pod/web-1`; older versions have the columns KIND and NAME."""
    kind, _, name = cells.get("OBJECT", "").partition("/")
    if not name and "KIND" in cells:
        kind, name = cells["KIND"], cells.get("NAME", "")
    plural = PLURAL_OF.get(kind.lower().split(".")[0], "")
    return (KINDS[plural].name if plural else kind, name)


def _when(cells: Cells) -> SeenTime:
    """`AGE`/`LAST SEEN` may hold all three; older versions and -o wide have columns of their own."""
    when = event_times(cells.get("LAST SEEN") or cells.get("LASTSEEN") or cells.get("AGE", ""))
    first = cells.get("FIRST SEEN") or cells.get("FIRSTSEEN")
    count = number(cells.get("COUNT"))
    return SeenTime(when.last, age(first) if first else when.first, count if count is not None else when.count)
