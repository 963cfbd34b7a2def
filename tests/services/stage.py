"""A server with something in it, and what its use cases can be asked about: each argument by the name of its
parameter."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, select

from midwatch import services
from midwatch.domain.access import AccessRole
from midwatch.domain.alert import Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.domain.diagnosis import Diagnosis, Verdict
from midwatch.domain.investigation import Answer, CaseFile
from midwatch.domain.work import RunState
from midwatch.services import access, incidents, investigations
from midwatch.services.server_context import ServerContext
from midwatch.services.use_case import UseCase, Write, Writing
from midwatch.settings import Settings
from midwatch.store import audit
from midwatch.store import investigations as stored_runs
from midwatch.store.database import Database
from midwatch.store.incidents import Filter
from midwatch.store.tables import metadata
from tests.flows.server_context import START, TOKEN, Watch, alert
from tests.usecases import OWNER

SETTINGS = {"senders": {"bell": {"tokens": ["let me in"]}}, "server": {"answer_within": 0.01}}


def modules() -> dict[str, ModuleType]:
    return {found.name: import_module(f"{services.__name__}.{found.name}") for found in iter_modules(services.__path__)}


def public(module: ModuleType) -> dict[str, Any]:
    """Functions and use cases that are defined there."""
    return {
        name: thing
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(thing) or isinstance(thing, UseCase))
        and thing.__module__ == module.__name__
    }


CASES: dict[str, UseCase[..., Any]] = {
    f"{module}.{name}": thing
    for module, found in modules().items()
    for name, thing in public(found).items()
    if isinstance(thing, UseCase)
}


@dataclass
class Stage:
    watch: Watch

    @classmethod
    def over(cls, db: Database) -> "Stage":
        return cls(Watch(db, Settings.model_validate(SETTINGS)))

    @property
    def ctx(self) -> ServerContext:
        return self.watch.ctx

    async def incident(self) -> str:
        return (await incidents.create(self.ctx, OWNER, "cart hurts")).id

    async def resolved(self) -> str:
        return (await incidents.resolve(self.ctx, OWNER, await self.incident())).id

    async def run(self) -> str:
        return (await investigations.question(self.ctx, OWNER, "what is wrong?")).id

    async def cancelled(self) -> str:
        return (await investigations.cancel(self.ctx, OWNER, await self.run())).id

    async def done(self) -> str:
        run = await investigations.get(self.ctx, OWNER, await self.run())
        healthy = Diagnosis(verdict=Verdict.HEALTHY, headline="nothing is wrong")
        found = CaseFile(request=run.request, source="a test", evidence=(), gaps=(), diagnosis=healthy)
        over = run.model_copy(update={"state": RunState.DONE, "answer": Answer.of(found).json_text()})
        with self.ctx.db.write() as tx:
            assert stored_runs.change(tx, over, RunState.QUEUED)
        return run.id

    async def key(self) -> str:
        return (await access.create_key(self.ctx, OWNER, "mara", AccessRole.VIEWER))[0].id

    async def link(self) -> str:
        return await access.create_link(self.ctx, OWNER)

    async def arguments(self, name: str) -> dict[str, Any]:
        """What the body asks of the caller. A parameter that nobody knows here has to be described in ARGUMENTS."""
        parameters = list(inspect.signature(CASES[name]).parameters.values())[2:]
        asked = [
            p.name for p in parameters if p.default is p.empty and p.annotation not in (Connection, Writing, Write)
        ]
        known = ARGUMENTS | OTHERS.get(name, {})
        assert set(asked) <= set(known), f"{name}: say in ARGUMENTS what {set(asked) - set(known)} is"
        return {p: await known[p](self) for p in asked}

    def rows(self) -> dict[str, list[Any]]:
        """Everything that is stored, but for the count of looks whether the store takes a write."""
        with self.ctx.db.read() as tx:
            found = {t.name: [tuple(row) for row in tx.execute(select(t))] for t in metadata.sorted_tables}
        found["counters"] = [row for row in found["counters"] if row[0] != "probe"]
        return found

    def acts(self) -> list[audit.Act]:
        with self.ctx.db.read() as tx:
            return audit.list_entries(tx, page_size=1000)


Argument = Callable[[Stage], Awaitable[Any]]


def _given(value: Any) -> Argument:
    async def argument(_stage: Stage) -> Any:
        return value

    return argument


ARGUMENTS: dict[str, Argument] = {
    "incident_id": Stage.incident,
    "run_id": Stage.run,
    "key_id": Stage.key,
    "secret": Stage.link,
    "name": _given("mara"),
    "role": _given(AccessRole.VIEWER),
    "title": _given("mail hurts"),
    "words": _given("what is wrong?"),
    "question": _given("what is wrong in namespace shop?"),
    "changes": _given({"title": "another"}),
    "wanted": _given(Filter()),
    "arguments": _given({"url": "example.com"}),
    "source": _given("bell"),
    "hook": _given(WebhookRequest(Delivery(alerts=(alert(),)).model_dump_json().encode(), START, TOKEN)),
}
OTHERS: dict[str, dict[str, Argument]] = {
    "incidents.reopen": {"incident_id": Stage.resolved},
    "investigations.bundle": {"run_id": Stage.done},
    "questions.call": {"name": _given("website_health_query")},
}
