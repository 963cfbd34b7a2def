"""The containers of a described pod or pod template: what they shall be and how they are."""

import re

from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty
from midwatch.integrations.kubernetes.text.probes import probe
from midwatch.integrations.kubernetes.text.times import parse_time
from midwatch.integrations.kubernetes.text.tree import TreeNode
from midwatch.integrations.kubernetes.text.values import number, quantities, value_of

_PORT = re.compile(r"(\d{1,5})/([A-Z]+)(?: \(([^)]{1,63}+)\))?")
_KEY = re.compile(r"<set to the key '([^']*)' (in secret|of config map) '([^']*)'>\s*(?:Optional: (true|false))?")
_FIELD = re.compile(r"\((v\d\w*):([\w.\[\]/'-]+)\)\s*$", re.ASCII)
_RESOURCE = re.compile(r".*\(((?:limits|requests)\.[\w.-]+)\)\s*$", re.ASCII)
_FROM = re.compile(r"(\S+)\s+(ConfigMap|Secret)(?: with prefix '([^']*)')?(?:\s+Optional: (true|false))?")
_MOUNT = re.compile(r"(\S.*?) from (\S++) \(([^)]{0,500}+)\)")
_OPTIONAL = {"true": True, "false": False}
_SHELL = frozenset(("-c", "-ec", "-lc", "-exc", "-euc", "-xc", "-ce", "-cx"))


def container(node: TreeNode) -> Json:
    ports = [
        without_empty(name=m[3], containerPort=int(m[1]), protocol=m[2])
        for m in _PORT.finditer(node.get("Ports", "Port"))
    ]
    return without_empty(
        name=node.text.rstrip(":"),
        image=value_of(node.get("Image")),
        command=_words(node, "Command"),
        args=_words(node, "Args"),
        ports=[p for p in ports if p["containerPort"]],
        resources=without_empty(
            limits=quantities([(n.key, n.value) for n in node.under("Limits")]),
            requests=quantities([(n.key, n.value) for n in node.under("Requests")]),
        ),
        livenessProbe=probe(node.get("Liveness")),
        readinessProbe=probe(node.get("Readiness")),
        startupProbe=probe(node.get("Startup")),
        restartPolicy=value_of(node.get("Restart Policy")),
        envFrom=[found for n in node.under("Environment Variables from") if (found := _env_from(n.text))],
        env=[_env(n) for n in _variables(node)],
        volumeMounts=[found for n in node.under("Mounts") if (found := _mount(n.text))],
    )


def status(node: TreeNode) -> Json | None:
    """None for a container of a pod that no kubelet has taken yet."""
    if not node.find("State"):
        return None
    return without_empty(
        name=node.text.rstrip(":"),
        image=value_of(node.get("Image")),
        ready=node.get("Ready") == "True",
        restartCount=number(node.get("Restart Count")) or 0,
        containerID=value_of(node.get("Container ID")),
        state=_state(node.find("State")),
        lastState=_state(node.find("Last State")),
    )


def _state(node: TreeNode | None) -> Json | None:
    if node is None:
        return None
    reason, message = value_of(node.get("Reason")), value_of(node.get("Message"))
    started = parse_time(node.get("Started"))
    match node.value:
        case "Waiting":
            return {"waiting": without_empty(reason=reason, message=message)}
        case "Running":
            return {"running": without_empty(startedAt=started)}
        case "Terminated":
            code, signal = number(node.get("Exit Code")), number(node.get("Signal"))
            ended = parse_time(node.get("Finished"))
            return {
                "terminated": without_empty(
                    reason=reason, message=message, exitCode=code, signal=signal, startedAt=started, finishedAt=ended
                )
            }
        case _:
            return None


def _words(node: TreeNode, key: str) -> list[str]:
    """One argument a line, except a script: kubectl does not mark where an argument of several lines ends, and -c takes
    the last one."""
    found = node.find(key)
    if not found:
        return []
    lines = found.block() or ([found.value] if value_of(found.value) else [])
    for at, line in enumerate(lines):
        if line.strip() in _SHELL and at + 1 < len(lines):
            return [*(part.strip() for part in lines[: at + 1]), "\n".join(lines[at + 1 :])]
    return [line.strip() for line in lines]


def _variables(node: TreeNode) -> list[TreeNode]:
    found = node.find("Environment")
    left = found.children[0].indent if found and found.children else 0
    return [n for n in found.children if n.key and n.indent == left] if found else []


def _env(node: TreeNode) -> Json:
    """The value, or where it comes from; further lines are a value of several lines."""
    if match := _KEY.match(node.value):
        source = "secretKeyRef" if match[2] == "in secret" else "configMapKeyRef"
        return {
            "name": node.key,
            "valueFrom": {source: without_empty(name=match[3], key=match[1], optional=_OPTIONAL.get(match[4] or ""))},
        }
    if match := _FIELD.search(node.value):
        return {"name": node.key, "valueFrom": {"fieldRef": {"fieldPath": match[2]}}}
    if match := _RESOURCE.fullmatch(node.value):
        return {"name": node.key, "valueFrom": {"resourceFieldRef": {"resource": match[1]}}}
    return {"name": node.key, "value": "\n".join((node.full_value, *(n.text for n in node.walk())))}


def _env_from(text: str) -> Json | None:
    match = _FROM.match(text)
    if not match:
        return None
    source = "configMapRef" if match[2] == "ConfigMap" else "secretRef"
    return without_empty(prefix=match[3]) | {
        source: without_empty(name=match[1], optional=_OPTIONAL.get(match[4] or ""))
    }


def _mount(text: str) -> Json | None:
    match = _MOUNT.match(text)
    if not match:
        return None
    path = re.search(r'path="([^"]*)"', match[3])
    return without_empty(
        name=match[2],
        mountPath=match[1],
        readOnly=True if match[3].startswith("ro") else None,
        subPath=path[1] if path else None,
    )
