"""What the tools of a run said, kept as it comes: a run that is taken over asks nothing twice."""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from midwatch.domain.evidence import Ask, Evidence, Gap
from midwatch.store.rows import insert_new
from midwatch.store.tables import calls as t


def _key(tool: str, arguments: dict[str, object]) -> str:
    return sha256(Ask(tool=tool, arguments=arguments).key.encode()).hexdigest()


async def keep(tx: AsyncConnection, run_id: str, answer: Evidence | Gap) -> None:
    values = {"run_id": run_id, "key": _key(answer.tool, answer.arguments), "body": answer.model_dump_json()}
    await insert_new(tx, t, {**values, "kind": type(answer).__name__.lower()})


async def kept(tx: AsyncConnection, run_id: str) -> list[Evidence | Gap]:
    """In no particular order."""
    rows = await tx.execute(select(t.c.kind, t.c.body).where(t.c.run_id == run_id))
    return [(Evidence if row.kind == "evidence" else Gap).model_validate_json(row.body) for row in rows]


async def number(tx: AsyncConnection, run_id: str, evidence: Sequence[Evidence]) -> None:
    """Gives each evidence its final id: it is known only when all questions were put. What nobody was asked for (the alert itself)
    is kept here first."""
    for place, item in enumerate(evidence, 1):
        await keep(tx, run_id, item)
        same = (t.c.run_id == run_id) & (t.c.key == _key(item.tool, item.arguments))
        await tx.execute(update(t).where(same).values(number=place, body=item.model_dump_json()))


async def evidence(tx: AsyncConnection, run_id: str) -> list[Evidence]:
    """In the order of their ids; empty until the run has ended."""
    query = select(t.c.body).where(t.c.run_id == run_id, t.c.number.is_not(None)).order_by(t.c.number)
    return [Evidence.model_validate_json(body) for body in (await tx.execute(query)).scalars()]
