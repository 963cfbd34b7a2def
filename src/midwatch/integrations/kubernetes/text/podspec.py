"""Pod specs as described: of pods (two spaces in) and of pod templates (deeper)."""

import re

from midwatch.integrations.kubernetes.text.containers import container
from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty
from midwatch.integrations.kubernetes.text.tree import TreeNode
from midwatch.integrations.kubernetes.text.values import int_or_text, labels, selector, value_of

_TOLERATION = re.compile(
    r"(?P<pair>(?:(?!op=Exists)[^\s:]+)?)(?::(?P<effect>\w+))?(?P<exists> ?op=Exists)?(?: for (?P<seconds>\d{1,9})s)?",
    re.ASCII,
)
_SPREAD = re.compile(r"(\S+):(\w+) when max skew (\d{1,9}) is exceeded for selector (.*)", re.ASCII)
_OPTIONAL = {"true": True, "false": False}


def podspec(node: TreeNode) -> Json:
    return without_empty(
        containers=[container(c) for c in boxes(node, "Containers")],
        initContainers=[container(c) for c in boxes(node, "Init Containers")],
        serviceAccountName=value_of(node.get("Service Account")),
        priorityClassName=value_of(node.get("Priority Class Name")),
        volumes=[_volume(v) for v in node.under("Volumes") if v.text.endswith(":")],
        nodeSelector=labels(_lines(node, "Node-Selectors")) or None,
        tolerations=[found for text in _lines(node, "Tolerations") if (found := _toleration(text))],
        topologySpreadConstraints=[
            found for text in _lines(node, "Topology Spread Constraints") if (found := _spread(text))
        ],
    )


def template(node: TreeNode) -> Json:
    """The `Pod Template:` of a workload."""
    found = node.find("Pod Template")
    if not found:
        return {}
    return without_empty(metadata=without_empty(labels=labels(_lines(found, "Labels"))), spec=podspec(found))


def boxes(node: TreeNode, key: str) -> list[TreeNode]:
    """The containers below a heading; a stray line is none."""
    return [c for c in node.under(key) if c.text.endswith(":") and " " not in c.text]


def _lines(node: TreeNode, key: str) -> list[str]:
    found = node.find(key)
    return [line for line in found.lines() if value_of(line)] if found else []


def _toleration(text: str) -> Json | None:
    match = _TOLERATION.fullmatch(text)
    if not match:
        return None
    name, _, value = (match["pair"] or "").partition("=")
    operator = "Exists" if match["exists"] or not value else "Equal"
    seconds = int(match["seconds"]) if match["seconds"] else None
    return without_empty(key=name, operator=operator, value=value, effect=match["effect"], tolerationSeconds=seconds)


def _spread(text: str) -> Json | None:
    match = _SPREAD.fullmatch(text)
    return (
        without_empty(
            topologyKey=match[1], whenUnsatisfiable=match[2], maxSkew=int(match[3]), labelSelector=selector(match[4])
        )
        if match
        else None
    )


def _volume(node: TreeNode) -> Json:
    name, type_ = node.text.rstrip(":"), node.get("Type").partition(" ")[0]
    optional = _OPTIONAL.get(node.get("Optional").lower())
    match type_:
        case "ConfigMap":
            source = {
                "configMap": without_empty(name=value_of(node.get("Name")), items=_items(node), optional=optional)
            }
        case "Secret":
            source = {
                "secret": without_empty(
                    secretName=value_of(node.get("SecretName")), items=_items(node), optional=optional
                )
            }
        case "PersistentVolumeClaim":
            claim = without_empty(
                claimName=value_of(node.get("ClaimName")), readOnly=True if node.get("ReadOnly") == "true" else None
            )
            source = {"persistentVolumeClaim": claim}
        case "EmptyDir":
            limit = value_of(node.get("SizeLimit"))
            source = {
                "emptyDir": without_empty(
                    medium=value_of(node.get("Medium")),
                    sizeLimit=int_or_text(limit) if limit and limit != "0" else None,
                )
            }
        case "HostPath":
            source = {
                "hostPath": without_empty(path=value_of(node.get("Path")), type=value_of(node.get("HostPathType")))
            }
        case "Projected":
            source = {"projected": {"sources": _sources(node)}}
        case _:
            source = {}
    return {"name": name, **source}


def _items(node: TreeNode) -> list[Json]:
    pairs = (n.text.partition(" -> ") for n in node.under("Items"))
    return [{"key": key, "path": path} for key, arrow, path in pairs if arrow]


def _sources(node: TreeNode) -> list[Json]:
    """One source after the other; `Optional` belongs to the one above it."""
    found: list[Json] = []
    for line in node.children:
        if line.key == "ConfigMapName":
            found.append({"configMap": {"name": line.value}})
        elif line.key == "SecretName":
            found.append({"secret": {"name": line.value}})
        elif line.key in ("ConfigMapOptional", "SecretOptionalName", "Optional") and found:
            optional = _OPTIONAL.get(line.value.lower().removeprefix("0x"))
            next(iter(found[-1].values())).update(without_empty(optional=optional))
    return found
