"""The workloads that a label selector matches: `midwatch diagnose -l`."""

from typing import Any

import msgspec

from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.observation import Resources
from midwatch.domain.refusal import NothingFound
from midwatch.services.errors import Refusal
from midwatch.settings import Settings
from midwatch.wiring.connections import open_investigation

# A pod stands for the workload that made it; the others are there without pods too (scaled to 0, not yet run).
KINDS = ("pods", "deployments", "statefulsets", "daemonsets", "jobs", "cronjobs")
_HASH = "pod-template-hash"


async def workloads(
    settings: Settings, selector: str, namespace: str, *, dump: str = "", context: str = ""
) -> dict[str, list[str]]:
    """Their names by namespace, sorted. Raises Refusal where a kind cannot be read, or nothing matches."""
    found: dict[str, set[str]] = {}
    async with open_investigation(settings, dump=dump, context=context) as ctx:
        for kind in KINDS:
            arguments = {"resource": kind, "namespace": namespace, "labels": selector}
            answer = await ctx.door.call("kubernetes_list", arguments)
            for item in _items(answer, selector):
                meta: dict[str, Any] = item.get("metadata") or {}
                found.setdefault(meta.get("namespace") or "default", set()).add(_name(meta))
        source = ctx.source
    if not found:
        where = f"namespace {namespace} of {source}" if namespace else source
        raise NothingFound(
            f"No workload matches -l {selector} in {where}.", f"kubectl get pods -A -l '{selector}' lists them"
        )
    return {space: sorted(names) for space, names in sorted(found.items())}


def _items(answer: Evidence | Gap, selector: str) -> list[dict[str, Any]]:
    if isinstance(answer, Gap) and answer.absent:
        return []
    if isinstance(answer, Gap) or not isinstance(answer.observation, Resources):
        why = answer.reason if isinstance(answer, Gap) else "no list was answered"
        raise Refusal(
            f"What -l {selector} matches cannot be read: {why.rstrip('.')}.", "Leave -l out, or name the workload"
        )
    return msgspec.json.decode(answer.observation.body)


def _name(meta: dict[str, Any]) -> str:
    """Of the workload: a Deployment's pods belong to a ReplicaSet that is called as it is, with a hash."""
    owners: list[dict[str, Any]] = meta.get("ownerReferences") or []
    labels: dict[str, str] = meta.get("labels") or {}
    name = next((str(owner["name"]) for owner in owners if owner.get("name")), str(meta["name"]))
    return name.removesuffix(f"-{labels.get(_HASH, '')}")
