"""Tool results of a run, stored as they arrive: a run that is taken over repeats no call."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from midwatch.domain.evidence import Evidence, Gap, ToolRequest, evidence_id
from midwatch.store.rows import new_keys
from midwatch.store.storable_text import to_json
from midwatch.store.tables import calls as t

_NUMBER = (
    update(t)
    .where(t.c.run_id == bindparam("its_run"), t.c.key == bindparam("its_key"))
    .values(number=bindparam("place"))
)
Row = dict[str, Any]


def row(run_id: str, answer: Evidence | Gap) -> Row:
    """A result as a table row. Large ones take time: make it before the transaction."""
    key = _key(answer.tool, answer.arguments)
    return {"run_id": run_id, "key": key, "body": to_json(answer), "kind": type(answer).__name__.lower()}


def _key(tool: str, arguments: dict[str, object]) -> str:
    return sha256(ToolRequest(tool=tool, arguments=arguments).key.encode()).hexdigest()


def keep(tx: Connection, answers: Sequence[Row]) -> set[tuple[str, str]]:
    """Stores the results that are new; returns run and key of each."""
    return {(run_id, key) for run_id, key in new_keys(tx, t, *answers)}


def for_investigation(tx: Connection, run_id: str) -> list[Evidence | Gap]:
    """Tool results of the run, in no particular order."""
    rows = tx.execute(select(t.c.kind, t.c.body).where(t.c.run_id == run_id))
    return [(Evidence if row.kind == "evidence" else Gap).model_validate_json(row.body) for row in rows]


def number(tx: Connection, run_id: str, evidence: Sequence[Evidence]) -> None:
    """Stores each evidence's place in the answer, known only after the last request. Evidence without a tool call (the
    alert itself) is added first."""
    known = set(tx.execute(select(t.c.key).where(t.c.run_id == run_id)).scalars())
    places = {_key(item.tool, item.arguments): place for place, item in enumerate(evidence, 1)}
    keep(tx, [row(run_id, evidence[place - 1]) for key, place in places.items() if key not in known])
    if places:
        tx.execute(_NUMBER, [{"its_run": run_id, "its_key": key, "place": place} for key, place in places.items()])


def evidence(tx: Connection, run_id: str) -> list[Evidence]:
    """Evidence in the order of its ids; empty until the run has ended."""
    query = select(t.c.number, t.c.body).where(t.c.run_id == run_id, t.c.number.is_not(None)).order_by(t.c.number)
    return [
        Evidence.model_validate_json(body).model_copy(update={"id": evidence_id(place)})
        for place, body in tx.execute(query)
    ]
