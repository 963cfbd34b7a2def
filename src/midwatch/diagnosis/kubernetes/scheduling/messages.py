"""Parsing of the scheduler's messages about unschedulable pods, as Kubernetes 1.16 to 1.36 print them."""

import re
from collections.abc import Container, Mapping

# filter of filters.py → the scheduler's phrase for it, after the number of nodes
_PHRASES = (
    ("cordon", r"node\(s\) were unschedulable"),
    ("taint", r"node\(s\) had (?:untolerated )?taints?(?:\(s\))?"),
    ("selector", r"node\(s\) didn't match (?:Pod's node affinity(?:/selector)?|node selector)"),
    ("ports", r"node\(s\) didn't have free ports"),
    ("pods", r"Too many pods"),
    ("limit", r"node\(s\) exceed max volume count"),
    ("volume", r"node\(s\) had (?:volume node affinity conflict|no available volume zone)"),
    ("binding", r"node\(s\) (?:didn't find available persistent volumes to bind|did not have enough free storage)"),
    ("unlabelled", r"node\(s\) didn't match pod topology spread constraints \(missing required label\)"),
    ("spread", r"node\(s\) didn't match pod topology spread constraints(?! \(missing)"),
    ("anti", r"node\(s\) didn't (?:match pod anti-affinity rules|satisfy existing pods anti-affinity rules)"),
    ("peer", r"node\(s\) didn't match pod affinity rules"),
)
_COUNTED = [(name, re.compile(rf"(?<!\d)(\d{{1,9}}) {phrase}")) for name, phrase in _PHRASES]
_INSUFFICIENT = re.compile(r"(?<!\d)(\d{1,9}) Insufficient ([A-Za-z0-9./_-]{0,316}[A-Za-z0-9])")
_TAINT = re.compile(r"taint(?:\(s\))? \{([^}]{0,1000}+)\}")
_SAME = {"affinity": "selector", "state": "taint", "control-plane": "taint"}
_UNBOUND = "unbound immediate PersistentVolumeClaims"
_NO_CLAIM = re.compile(r'persistentvolumeclaim "([^"]+)" not found')


def counts(message: str) -> dict[str, int]:
    """filter → how many nodes it excluded. The counts of preemption (after "preemption:") are separate and left out."""
    text = message.split("preemption:", 1)[0]
    found = {name: sum(int(m[1]) for m in pattern.finditer(text)) for name, pattern in _COUNTED}
    for match in _INSUFFICIENT.finditer(text):
        found[f"fit:{match[2]}"] = found.get(f"fit:{match[2]}", 0) + int(match[1])
    return {name: n for name, n in found.items() if n}


_READABLE = {
    "cordon": "cordoned",
    "taint": "untolerated taint",
    "selector": "node selector or affinity",
    "ports": "host port in use",
    "pods": "too many pods",
    "limit": "volume attach limit",
    "volume": "volume in another zone or on another node",
    "binding": "no matching volume",
    "unlabelled": "topology label missing",
    "spread": "topology spread",
    "anti": "pod anti-affinity",
    "peer": "pod affinity",
}


def breakdown(message: str, needs: Mapping[str, str], beside: Container[str] = ()) -> str:
    """What each group of nodes lacks, the largest first: `2 nodes: volume in another zone, 1 node: insufficient cpu`;
    "" for a single reason. `needs`: what the pod requests of each resource; `beside`: filters that no usable
    node has."""
    said = {name: n for name, n in counts(message).items() if name not in beside}
    if len(said) < 2:
        return ""
    ordered = sorted(said.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{n} node{'s' * (n != 1)}: {_readable(name, needs)}" for name, n in ordered)


def _readable(filter_: str, needs: Mapping[str, str]) -> str:
    if filter_ in _READABLE:
        return _READABLE[filter_]
    resource = filter_.removeprefix("fit:")
    asked = f" (requests {needs[resource]})" if resource in needs else ""
    return f"insufficient {resource}{asked}"


def shortages(message: str) -> list[str]:
    """The resources that some nodes have too little of."""
    return sorted(name.removeprefix("fit:") for name in counts(message) if name.startswith("fit:"))


def names_filter(filter_: str, said: dict[str, int]) -> bool:
    """Whether the scheduler named this filter; its message does not distinguish a node selector from an affinity, nor
    taints from each other."""
    return _SAME.get(filter_, filter_) in said


def phrase(filter_: str, message: str) -> str:
    """The literal phrase about one filter, to be cited."""
    wanted = _SAME.get(filter_, filter_)
    if wanted.startswith("fit:"):
        return next((m[0] for m in _INSUFFICIENT.finditer(message) if m[2] == wanted[4:]), "")
    return next((m[0] for name, pattern in _COUNTED if name == wanted and (m := pattern.search(message))), "")


def taints(message: str) -> list[str]:
    """Taints that older schedulers print as `{key: value}`, written `key=value`."""
    pairs = (m[1].partition(":") for m in _TAINT.finditer(message))
    return sorted({f"{key.strip()}={value.strip()}" if value.strip() else key.strip() for key, _, value in pairs})


def blames_claim(message: str) -> bool:
    return _UNBOUND in message or bool(_NO_CLAIM.search(message)) or "binding" in counts(message)


def absent_claim(message: str) -> str:
    match = _NO_CLAIM.search(message)
    return match[1] if match else ""
