"""`kubectl describe` of nodes, namespaces, limits, configuration, service accounts and events."""

import re
from datetime import datetime

from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty
from midwatch.integrations.kubernetes.text.times import parse_time
from midwatch.integrations.kubernetes.text.tree import TreeNode
from midwatch.integrations.kubernetes.text.values import number, quantities, taint, value_of

_TIME = r"\w{3}, \d\d \w{3} \d{4} \S+ \S+|<unknown>"
_CONDITION = re.compile(
    rf"(\S+)\s+(True|False|Unknown)\s+({_TIME})?\s*({_TIME})?\s*(\S*)\s*(.*)",
    re.DOTALL,
)


def node(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    taints = doc.find("Taints")
    system = doc.find("System Info")
    info = (
        without_empty(
            kubeletVersion=value_of(system.get("Kubelet Version")),
            containerRuntimeVersion=value_of(system.get("Container Runtime Version")),
            architecture=value_of(system.get("Architecture")),
            operatingSystem=value_of(system.get("Operating System")),
        )
        if system
        else {}
    )
    return {
        "spec": without_empty(
            unschedulable={"true": True, "false": False}.get(doc.get("Unschedulable")),
            taints=[found for text in (taints.lines() if taints else []) if value_of(text) and (found := taint(text))],
        ),
        "status": without_empty(
            conditions=[found for line in doc.under("Conditions") if (found := _condition(line))],
            addresses=[{"type": line.key, "address": line.value} for line in doc.under("Addresses") if line.key],
            capacity=quantities([(line.key, line.value) for line in doc.under("Capacity")]),
            allocatable=quantities([(line.key, line.value) for line in doc.under("Allocatable")]),
            nodeInfo=info,
        ),
    }


def _condition(line: TreeNode) -> Json | None:
    match = _CONDITION.match("\n".join((line.text, *line.more)))
    if not match:
        return None
    changed = parse_time(match[4] or "") if match[4] else None
    return without_empty(
        type=match[1], status=match[2], lastTransitionTime=changed, reason=match[5], message=match[6].strip()
    )


def namespace(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    rows = (line.text.split(None, 3) for line in doc.under("Conditions"))
    found = [without_empty(type=r[0], status=r[1]) for r in rows if len(r) > 1 and r[1] in ("True", "False", "Unknown")]
    return {"status": without_empty(phase=value_of(doc.get("Status").partition("\n")[0]), conditions=found)}


def secret(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    """kubectl shows the size of each value, never the value."""
    keys = doc.under("Data")
    return without_empty(type=value_of(doc.get("Type"))) | {
        "data": {line.key: "" for line in keys if line.value.endswith(" bytes")}
    }


def account(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    return without_empty(secrets=_names(doc, "Mountable secrets"), imagePullSecrets=_names(doc, "Image pull secrets"))


def _names(doc: TreeNode, key: str) -> list[Json]:
    """`name`, or `name (not found)`."""
    found = doc.find(key)
    return [{"name": text.split(" ")[0]} for text in (found.lines() if found else []) if value_of(text)]


def quota(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    rows = [line.text.split() for line in doc.under("Limits")]
    triples = [r for r in rows if len(r) == 3 and r[0] != "Resource" and not r[0].startswith("--")]
    hard = quantities([(r[0], r[2]) for r in triples])
    return {
        "spec": without_empty(hard=hard),
        "status": without_empty(hard=hard, used=quantities([(r[0], r[1]) for r in triples])),
    }


def limits(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    found: dict[str, Json] = {}
    for line in doc.under("Limits"):
        cells = line.text.split()
        if len(cells) < 6 or cells[0] == "Type" or cells[0].startswith("--"):
            continue
        item = found.setdefault(cells[0], {"type": cells[0]})
        for field, text in zip(("min", "max", "defaultRequest", "default"), cells[2:6], strict=True):
            if text != "-":
                item.setdefault(field, {})[cells[1]] = text
    return {"spec": without_empty(limits=list(found.values()))}


def priority(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    return without_empty(value=number(doc.get("Value")), globalDefault=doc.get("GlobalDefault") == "true")


def ingressclass(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    return {"spec": without_empty(controller=value_of(doc.get("Controller")))}


def event(doc: TreeNode, metadata: Json, _: datetime | None) -> Json:
    """Events are described field by field, in words made of the API's names."""
    about = doc.find("Involved Object")
    source = doc.find("Source")
    return without_empty(
        involvedObject=without_empty(
            kind=about.get("Kind"),
            name=about.get("Name"),
            namespace=value_of(about.get("Namespace")),
            uid=value_of(about.get("UID")),
            fieldPath=value_of(about.get("Field Path")),
        )
        if about
        else None,
        type=value_of(doc.get("Type")),
        reason=value_of(doc.get("Reason")),
        message=value_of(doc.get("Message")),
        count=number(doc.get("Count")),
        firstTimestamp=parse_time(doc.get("First Timestamp")),
        lastTimestamp=parse_time(doc.get("Last Timestamp")),
        eventTime=parse_time(doc.get("Event Time")),
        source=without_empty(component=source.get("Component"), host=source.get("Host")) if source else None,
        reportingComponent=value_of(doc.get("Reporting Component")),
    ) | without_empty(
        metadata=metadata
        | without_empty(creationTimestamp=parse_time((doc.find("Metadata") or doc).get("Creation Timestamp")))
    )
