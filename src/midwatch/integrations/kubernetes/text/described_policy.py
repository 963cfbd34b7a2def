"""`kubectl describe networkpolicy`: the rules that it spells out in words."""

from datetime import datetime

from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty
from midwatch.integrations.kubernetes.text.tree import TreeNode
from midwatch.integrations.kubernetes.text.values import int_or_text, selector, value_of


def policy(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    spec = doc.find("Spec")
    if spec is None:
        return {"spec": {"policyTypes": []}}
    types = [t.strip() for t in spec.get("Policy Types").split(",") if value_of(t)]
    ingress = spec.find("Allowing ingress traffic")
    egress = spec.find("Allowing egress traffic")
    return {
        "spec": {
            "podSelector": _chosen(spec.get("PodSelector")),
            "policyTypes": types,
            **({"ingress": _rules(ingress, "From", "from")} if ingress else {}),
            **({"egress": _rules(egress, "To", "to")} if egress else {}),
        }
    }


def _chosen(text: str) -> Json:
    """`<none> (…)` chooses everything."""
    return {} if text.startswith("<none>") else selector(text) or {}


def _rules(node: TreeNode, word: str, field: str) -> list[Json]:
    """Rules stand below each other, parted by dashes; `<none> (Selected pods are isolated …)` is no rule at all."""
    found: list[Json] = []
    rule: Json = {}
    for line in node.children:
        if line.text.startswith("<none>"):
            continue
        if line.text.startswith("---"):
            found.append(rule)
            rule = {}
        elif line.key == "To Port" and not line.value.startswith("<any>"):
            rule.setdefault("ports", []).append(_port(line.value))
        elif line.key == word and not line.value.startswith("<any>"):
            rule.setdefault(field, []).append(_peer(line))
    stated = any(not line.text.startswith("<none>") for line in node.children)
    return [*found, rule] if stated else []


def _port(text: str) -> Json:
    port, _, protocol = text.partition("/")
    first, _, last = port.partition("-")
    if last.isdigit() and first.isdigit():
        return without_empty(port=int_or_text(first), endPort=int_or_text(last), protocol=protocol)
    return without_empty(port=int_or_text(port), protocol=protocol)


def _peer(node: TreeNode) -> Json:
    block = node.find("IPBlock")
    if block:
        return {"ipBlock": without_empty(cidr=block.get("CIDR"))}
    selectors = {"podSelector": node.find("PodSelector"), "namespaceSelector": node.find("NamespaceSelector")}
    return {name: _chosen(found.value) for name, found in selectors.items() if found}
