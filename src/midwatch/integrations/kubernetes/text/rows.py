"""Tables of `kubectl get` and `kubectl top` as objects: which kind a table is of, and what its rows say."""

from collections.abc import Callable

from midwatch.integrations.kubernetes.objects.kinds import KINDS
from midwatch.integrations.kubernetes.text import events
from midwatch.integrations.kubernetes.text.cluster_rows import CLUSTER
from midwatch.integrations.kubernetes.text.commands import PLURAL_OF
from midwatch.integrations.kubernetes.text.network_rows import NETWORK
from midwatch.integrations.kubernetes.text.parse_result import Json, ParsedScene
from midwatch.integrations.kubernetes.text.pod_rows import pod
from midwatch.integrations.kubernetes.text.tables import TextTable
from midwatch.integrations.kubernetes.text.times import age, ago, parse_time
from midwatch.integrations.kubernetes.text.values import labels
from midwatch.integrations.kubernetes.text.workload_rows import WORKLOADS

Cells = dict[str, str]
Mapping = Callable[[Cells, Json], Json]
_MAPPINGS: dict[str, Mapping] = {**CLUSTER, **NETWORK, **WORKLOADS}

# plural → columns that only its table has together; the first that fits, so the more telling ones stand first.
_SIGNS: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (plural, frozenset(names.split("|")))
    for plural, names in (
        ("events", "TYPE|REASON|MESSAGE"),
        ("pods", "READY|STATUS|RESTARTS"),
        ("daemonsets", "DESIRED|NODE SELECTOR"),
        ("daemonsets", "DESIRED|NODE-SELECTOR"),
        ("deployments", "UP-TO-DATE|AVAILABLE"),
        ("replicasets", "DESIRED|CURRENT|READY"),
        ("cronjobs", "SCHEDULE|SUSPEND"),
        ("jobs", "COMPLETIONS|DURATION"),
        ("jobs", "DESIRED|SUCCESSFUL"),
        ("services", "TYPE|CLUSTER-IP|PORT(S)"),
        ("services", "CLUSTER-IP|PORT(S)"),
        ("endpointslices", "ADDRESSTYPE|ENDPOINTS"),
        ("endpoints", "ENDPOINTS"),
        ("nodes", "STATUS|ROLES|VERSION"),
        ("nodes", "STATUS|VERSION|INTERNAL-IP"),
        ("persistentvolumes", "CAPACITY|CLAIM|RECLAIM POLICY"),
        ("persistentvolumes", "CAPACITY|CLAIM|RECLAIMPOLICY"),
        ("persistentvolumeclaims", "VOLUME|CAPACITY|STATUS"),
        ("horizontalpodautoscalers", "REFERENCE|MINPODS|MAXPODS"),
        ("ingresses", "HOSTS|PORTS"),
        ("resourcequotas", "REQUEST|LIMIT"),
        ("storageclasses", "PROVISIONER"),
        ("networkpolicies", "POD-SELECTOR"),
        ("poddisruptionbudgets", "MIN AVAILABLE|MAX UNAVAILABLE"),
        ("poddisruptionbudgets", "MIN-AVAILABLE|ALLOWED-DISRUPTIONS"),
        ("ingressclasses", "CONTROLLER|PARAMETERS"),
        ("priorityclasses", "VALUE|GLOBAL-DEFAULT"),
        ("secrets", "TYPE|DATA"),
        ("configmaps", "DATA"),
        ("serviceaccounts", "SECRETS|AGE"),
    )
)
# Tables whose columns many kinds share: only with these columns and no others.
_EXACT: dict[frozenset[str], str] = {
    frozenset(("NAME", "READY", "AGE")): "statefulsets",
    frozenset(("NAME", "READY", "AGE", "CONTAINERS", "IMAGES")): "statefulsets",
    frozenset(("NAME", "STATUS", "AGE")): "namespaces",
    frozenset(("NAME", "DESIRED", "CURRENT", "AGE")): "statefulsets",
}


def plural(table: TextTable, hint: str) -> str:
    """The kind of a table, by its columns or else by the command; "" when neither tells. `get all` names it in each
    row."""
    names = frozenset(table.columns.names)
    for candidate, signs in _SIGNS:
        if signs <= names:
            return (
                "replicationcontrollers"
                if candidate == "replicasets" and hint == "replicationcontrollers"
                else candidate
            )
    exact = _EXACT.get(names - {"NAMESPACE", "LABELS"}, "")
    if exact and hint in ("", exact):
        return exact
    return hint if hint in _MAPPINGS and "NAME" in names else exact


def of_row(kind: str, cells: Cells, scene: ParsedScene) -> Json | None:
    """The object of one row; None when the row says nothing that is read."""
    if kind == "events":
        return events.row(cells, scene)
    prefix, slash, name = cells.get("NAME", "").partition("/")
    if slash:
        kind = PLURAL_OF.get(prefix.split(".")[0], "")
    else:
        name = prefix
    if name.endswith(" (default)"):
        name, cells = name.removesuffix(" (default)"), {**cells, "DEFAULT": "yes"}
    if not name or " " in name or (kind != "pods" and kind not in _MAPPINGS):
        return None
    metadata = _metadata(KINDS[kind].namespaced, name, cells, scene)
    if kind == "pods":
        return pod(cells, metadata, scene.now)
    return {"kind": KINDS[kind].name, "metadata": metadata, **_MAPPINGS[kind](cells, metadata)}


def kind_of_row(kind: str, cells: Cells) -> str:
    """The plural of a row: its own prefix (`deployment.apps/web`) before the table's kind."""
    prefix, slash, _ = cells.get("NAME", "").partition("/")
    return PLURAL_OF.get(prefix.split(".")[0], "") if slash else kind


def _metadata(namespaced: bool, name: str, cells: Cells, scene: ParsedScene) -> Json:
    found: Json = {"name": name}
    if namespaced:
        found["namespace"] = cells.get("NAMESPACE") or scene.namespace or "default"
    made = ago(scene.now, age(cells.get("AGE", ""))) or parse_time(cells.get("CREATED AT", ""))
    if made:
        found["creationTimestamp"] = made
    if "LABELS" in cells:
        found["labels"] = labels([cells["LABELS"]]) or {}
    return found
