"""Answers of `kubectl get`, `events` and `top`: their rows as objects, and what they list completely."""

from midwatch.integrations.kubernetes.objects.kinds import KINDS
from midwatch.integrations.kubernetes.text import rows, usage
from midwatch.integrations.kubernetes.text.bare import headerless_rows, only_rows
from midwatch.integrations.kubernetes.text.commands import Command
from midwatch.integrations.kubernetes.text.events import with_names
from midwatch.integrations.kubernetes.text.parse_result import Parsed, ParsedScene
from midwatch.integrations.kubernetes.text.tables import TextTable, tables

# What `kubectl get all` asks for.
_IN_ALL = (
    "pods replicationcontrollers services daemonsets deployments replicasets statefulsets "
    "horizontalpodautoscalers cronjobs jobs"
)
_ALL = tuple(_IN_ALL.split())
# Kinds of whose objects a row leaves out what statements about all of them need (labels, taints, rules).
_NAMED_ONLY = frozenset(("pods", "nodes", "networkpolicies"))


def read_table(
    lines: list[tuple[int, str]], command: Command, scene: ParsedScene, parsed: Parsed, *, sure: bool
) -> bool:
    listed = [_table(table, command, scene, parsed) for table in tables(lines)]
    return any(listed) if any(listed) else _bare(lines, scene, parsed, sure=sure) or bool(listed and sure)


def empty_lists(command: Command, namespace: str, scene: ParsedScene) -> list[tuple[str, str]]:
    """The lists that `No resources found` states to be empty."""
    if command.verb != "get" or command.narrowed:
        return []
    return [(kind, namespace or _scope(command, kind, scene)) for kind in _wanted(command)]


def _table(table: TextTable, command: Command, scene: ParsedScene, parsed: Parsed) -> bool:
    parsed.read_lines.update(range(table.number, table.last + 1))
    if usage.measures(table):
        for obj in usage.of_table(table, scene):
            parsed.add(obj)
        return True
    kind = rows.plural(table, command.kind)
    made = [(rows.kind_of_row(kind, cells), obj) for _, cells in table.rows if (obj := rows.of_row(kind, cells, scene))]
    if not made:
        return _not_read(table, command, parsed)
    if kind == "events":
        with_names([obj for _, obj in made])
    for _, obj in made:
        parsed.add(obj, row=kind != "events")
    lost = table.unread + len(table.rows) - len(made)
    if lost:
        parsed.problems.append((table.number, f"{lost} rows of this table could not be read"))
    elif not command.narrowed:
        _complete(table, command, scene, parsed, [plural for plural, _ in made])
    return True


def _not_read(table: TextTable, command: Command, parsed: Parsed) -> bool:
    if table.rows:
        what = f" of {command.unknown}" if command.unknown else ""
        parsed.problems.append((table.number, f"a table{what} that Midwatch does not read"))
    return False


def _complete(table: TextTable, command: Command, scene: ParsedScene, parsed: Parsed, plurals: list[str]) -> None:
    """What the table lists wholly. A table without its command is taken for a whole one, as people paste them."""
    everywhere = "NAMESPACE" in table.columns.names
    for kind in dict.fromkeys([*plurals, *(_wanted(command) if command.everything else ())]):
        place = parsed.named if kind in _NAMED_ONLY else parsed.lists
        scope = "" if everywhere else _scope(command, kind, scene)
        if (kind, scope) not in place:
            place.append((kind, scope))


def _bare(lines: list[tuple[int, str]], scene: ParsedScene, parsed: Parsed, *, sure: bool) -> bool:
    """Rows without their header, as `grep` and `tail` leave them; in a text of unknown origin all lines must be such
    rows."""
    left = [(n, line) for n, line in lines if n not in parsed.read_lines]
    found = headerless_rows(left, scene) if sure else only_rows(left, scene)
    parsed.read_lines.update(number for number, _ in found)
    found = [obj for _, obj in found]
    with_names([obj for obj in found if obj["kind"] == "Event"])
    for obj in found:
        parsed.add(obj, row=obj["kind"] != "Event")
    return bool(found)


def _wanted(command: Command) -> tuple[str, ...]:
    return _ALL if command.everything else command.kinds


def _scope(command: Command, kind: str, scene: ParsedScene) -> str:
    return "" if command.everywhere or not KINDS[kind].namespaced else scene.namespace or "default"
