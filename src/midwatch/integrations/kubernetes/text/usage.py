"""`kubectl top`: what pods and nodes use."""

from midwatch.integrations.kubernetes.text.parse_result import Json, ParsedScene, without_empty
from midwatch.integrations.kubernetes.text.tables import TextTable
from midwatch.integrations.kubernetes.text.times import rfc3339

Cells = dict[str, str]


def measures(table: TextTable) -> bool:
    return {"CPU(cores)", "MEMORY(bytes)"} <= set(table.columns.names)


def of_table(table: TextTable, scene: ParsedScene) -> list[Json]:
    if any(name.startswith(("CPU", "MEMORY")) and "%" in name for name in table.columns.names):
        return [_node(cells, scene) for _, cells in table.rows if cells.get("NAME")]
    pods: dict[tuple[str, str], Json] = {}
    for _, cells in table.rows:
        name = cells.get("POD") or cells.get("NAME", "")
        namespace = cells.get("NAMESPACE") or scene.namespace or "default"
        if name:
            pod = pods.setdefault(
                (namespace, name), _measured("PodMetrics", {"name": name, "namespace": namespace}, scene)
            )
            pod.setdefault("containers", []).append(
                {"name": cells["NAME"] if "POD" in cells else "", "usage": _usage(cells)}
            )
    return list(pods.values())


def _node(cells: Cells, scene: ParsedScene) -> Json:
    return _measured("NodeMetrics", {"name": cells["NAME"]}, scene) | {"usage": _usage(cells)}


def _measured(kind: str, metadata: Json, scene: ParsedScene) -> Json:
    return without_empty(kind=kind, metadata=metadata, timestamp=rfc3339(scene.now) if scene.now else None)


def _usage(cells: Cells) -> Json:
    """A node that did not answer has `<unknown>` here."""
    values = {"cpu": cells.get("CPU(cores)", ""), "memory": cells.get("MEMORY(bytes)", "")}
    return {name: text for name, text in values.items() if text[:1].isdigit()}
