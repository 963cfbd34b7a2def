"""What the tools of a run said, kept as it comes: a run that is taken over asks nothing twice."""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import Connection, bindparam, select, update

from midwatch.domain.evidence import Ask, Evidence, Gap
from midwatch.store.rows import insert_new
from midwatch.store.tables import calls as t

_NUMBER = update(t).where(t.c.run_id == bindparam("its_run"), t.c.key == bindparam("its_key"))


def _key(tool: str, arguments: dict[str, object]) -> str:
    return sha256(Ask(tool=tool, arguments=arguments).key.encode()).hexdigest()


def keep(tx: Connection, run_id: str, answer: Evidence | Gap) -> None:
    values = {"run_id": run_id, "key": _key(answer.tool, answer.arguments), "body": answer.model_dump_json()}
    insert_new(tx, t, {**values, "kind": type(answer).__name__.lower()})


def kept(tx: Connection, run_id: str) -> list[Evidence | Gap]:
    """In no particular order."""
    rows = tx.execute(select(t.c.kind, t.c.body).where(t.c.run_id == run_id))
    return [(Evidence if row.kind == "evidence" else Gap).model_validate_json(row.body) for row in rows]


def number(tx: Connection, run_id: str, evidence: Sequence[Evidence]) -> None:
    """Gives each evidence its final id: it is known only when all questions were put. What nobody was asked for (the alert itself)
    is kept here first."""
    known = set(tx.execute(select(t.c.key).where(t.c.run_id == run_id)).scalars())
    placed = [(_key(item.tool, item.arguments), place, item) for place, item in enumerate(evidence, 1)]
    for key, _, item in placed:
        if key not in known:
            keep(tx, run_id, item)
    if placed:
        tx.execute(_NUMBER, [{"its_run": run_id, "its_key": k, "number": n, "body": item.model_dump_json()} for k, n, item in placed])


def evidence(tx: Connection, run_id: str) -> list[Evidence]:
    """In the order of their ids; empty until the run has ended."""
    query = select(t.c.body).where(t.c.run_id == run_id, t.c.number.is_not(None)).order_by(t.c.number)
    return [Evidence.model_validate_json(body) for body in tx.execute(query).scalars()]
