"""Parts of descriptions and manifests that were pasted without the name of their object.

What a container's state says is an event of an object without a name. Of the others only the kind is told: then nobody
claims that the text holds none of it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from midwatch.integrations.kubernetes.text import events
from midwatch.integrations.kubernetes.text.messages import NOT_NAMED
from midwatch.integrations.kubernetes.text.parse_result import Json, ParsedScene

Lines = Sequence[tuple[int, str]]
_KEY = re.compile(
    r"\s*(?:- )?(?P<key>[A-Z][A-Za-z]{1,20}(?: [A-Za-z]{1,12}){0,2}|[a-z][A-Za-z]{2,40}):(?: +(?P<value>\S.*))?$"
)
# kind → fields of which all of one group stand only in its description or manifest; the first that fits.
_SIGNS: tuple[tuple[str, tuple[frozenset[str], ...]], ...] = tuple(
    (kind, tuple(frozenset(group.split("|")) for group in groups))
    for kind, groups in (
        ("Node", ("Capacity|Allocatable", "System Info", "Allocatable", "Allocated resources", "Taints|Unschedulable")),
        ("PersistentVolume", ("Reclaim Policy", "claimRef", "persistentVolumeReclaimPolicy")),
        ("PersistentVolumeClaim", ("StorageClass|Access Modes", "Used By", "accessModes|resources", "volumeName")),
        ("StorageClass", ("Provisioner", "provisioner", "VolumeBindingMode", "volumeBindingMode")),
        ("HorizontalPodAutoscaler", ("Min replicas", "scaleTargetRef", "minReplicas|maxReplicas")),
        ("Service", ("TargetPort", "Session Affinity", "targetPort", "clusterIP")),
        ("Ingress", ("Default backend", "ingressClassName")),
        ("ConfigMap", ("configMapGenerator",)),
        ("Secret", ("stringData", "secretGenerator")),
        (
            "Pod",
            ("Exit Code", "Last State", "QoS Class", "Container ID", "Restart Count", "ClaimName", "Liveness|Limits"),
        ),
        ("Pod", ("Limits|Requests", "volumeMounts", "containers", "initContainers", "volumes", "imagePullPolicy")),
        ("ConfigMap", ("data",)),
    )
)
_STATES = frozenset({"State", "Last State"})
_PARTS = frozenset({"Reason", "Exit Code", "Message", "Signal", "Restart Count", "Started", "Finished", "Ready"})
_WELL = frozenset({"Completed", "ContainerCreating", "PodInitializing", ""})
_SHOWN = 4  # keys of a part


class Fragment(NamedTuple):
    """`first`: the number of its first line; `keys`: the fields by which it is told."""

    first: int
    kind: str
    keys: tuple[str, ...]
    lines: frozenset[int]

    @property
    def said(self) -> str:
        return f"part of a {self.kind} ({', '.join(self.keys)}) without the name of the object"


def parts_in(lines: Lines) -> Iterator[Fragment]:
    """One for each paragraph that shows fields of a known kind."""
    for paragraph in _paragraphs(lines):
        keys = list(dict.fromkeys(match["key"] for _, line in paragraph if (match := _KEY.match(line[:400]))))
        kind = next((kind for kind, groups in _SIGNS if any(group <= set(keys) for group in groups)), "")
        if kind and len(keys) * 2 >= min(len(paragraph), 6):
            yield Fragment(paragraph[0][0], kind, tuple(keys[:_SHOWN]), frozenset(n for n, _ in paragraph))


def states(lines: Lines, scene: ParsedScene) -> list[Json]:
    """An event for each state of a container that is no good one: how it ended, or what it waits for."""
    found: list[Json] = []
    for paragraph in _paragraphs(lines):
        current: dict[str, str] = {}
        for key, value in [*_pairs(paragraph), ("State", "")]:
            if key in _STATES:
                found += _ended(current, scene)
                current = {"of": key, "is": value}
            elif current and key in _PARTS:
                current.setdefault(key, value)
    return events.with_names(found)


def _pairs(lines: Lines) -> Iterator[tuple[str, str]]:
    for _, line in lines:
        if match := _KEY.match(line[:2000]):
            yield match["key"], (match["value"] or "").strip()


def _ended(state: dict[str, str], scene: ParsedScene) -> list[Json]:
    reason, code = state.get("Reason", ""), state.get("Exit Code", "")
    if state.get("is") not in ("Terminated", "Waiting") or reason in _WELL or code == "0":
        return []
    said = [f"{state['of']}: {state['is']}"] + [f"{k}: {v}" for k, v in state.items() if k in _PARTS and v]
    about = {"kind": "Object", "name": NOT_NAMED} | ({"namespace": scene.namespace} if scene.namespace else {})
    # What a container ended with is told by the reason that the kubelet gave, "Error" where it has none.
    cells = {"TYPE": "Warning", "REASON": "ContainerEnded" if code else reason, "MESSAGE": ", ".join(said)}
    return [events.event(cells, about, scene.now)]


def _paragraphs(lines: Lines) -> Iterator[Lines]:
    run: list[tuple[int, str]] = []
    for number, line in [*lines, (0, "")]:
        if line.strip():
            run.append((number, line))
        elif run:
            yield run
            run = []
