"""Every service function that somebody outside may call declares its role and its trace. What follows from that is
tested from the declarations: a new use case is tested by itself."""

import inspect
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import Pool

from midwatch.domain.access import AccessRole, Actor, KeylessRole, Role
from midwatch.services.errors import NotAllowed, NotKnown
from midwatch.services.server_context import ServerContext
from midwatch.store.database import Database
from midwatch.store.tables import metadata
from tests.services.stage import CASES, Stage, modules, public

# Modules whose public functions are no use cases: they know no caller, and nobody outside calls them.
INSIDE = {
    "event_log": "lines of the log; asks nothing and changes nothing",
    "use_case": "what a use case is",
    "identity": "finds out who calls, before anything can be asked in their name",
    "incident_updates": "what an alert does, in the transaction of who takes it in",
    "queued_investigations": "what becomes of a run, in the transaction of who works on it",
}
# Modules that need no server: what they read the caller gave them. None of them knows a server or a store.
ALONE = (
    "bundle_format",
    "alertfiles",
    "bundles",
    "detection",
    "query_tools",
    "understanding",
    "cluster_alerts",
)
ROLES: tuple[Role, ...] = (*KeylessRole, *AccessRole)
WRITING = ("INSERT INTO ", "UPDATE ", "DELETE FROM ")
WRITES = {name: case for name, case in CASES.items() if case.declared.writes}
each_case = pytest.mark.parametrize("name", CASES)
each_write = pytest.mark.parametrize("name", WRITES)
each_read = pytest.mark.parametrize("name", sorted(set(CASES) - set(WRITES)))


@pytest.fixture
async def stage(tmp_path: Path, migrated_file: Path) -> AsyncGenerator[Stage]:
    path = tmp_path / "midwatch.db"
    path.write_bytes(migrated_file.read_bytes())
    with Database.open(f"sqlite:///{path}") as db:
        yield Stage.over(db)


@contextmanager
def heard(target: Any, name: str, listener: Any) -> Generator[None]:
    event.listen(target, name, listener)
    try:
        yield
    finally:
        event.remove(target, name, listener)


def caller(name: str) -> Actor:
    """Of the least role that may do it."""
    return Actor(name="mara", role=CASES[name].declared.needs)


class Stopped(Exception):
    """What a test has happen between a write and its end."""


def test_every_public_function_is_a_use_case_or_has_a_reason() -> None:
    plain = {
        f"{module}.{name}"
        for module, found in modules().items()
        for name, thing in public(found).items()
        if inspect.isfunction(thing) and module not in (*INSIDE, *ALONE)
    }
    assert plain == set(), "declare it with @use_case, or begin its name with an underscore"
    assert len(CASES) >= 25 and len(WRITES) >= 13


@pytest.mark.parametrize("module", ALONE)
def test_what_needs_no_server_knows_none(module: str) -> None:
    for thing in public(modules()[module]).values() if module in modules() else ():
        assert not {ServerContext, Database, Connection} & set(get_type_hints(thing).values()), thing


def test_a_trace_is_an_action_of_the_audit_log_or_a_table() -> None:
    for case in WRITES.values():
        assert case.declared.audit.count(".") == (not case.declared.record), case.declared
        assert case.declared.record in ("", *metadata.tables), case.declared


@each_case
async def test_a_lesser_role_gets_nothing_done(stage: Stage, name: str) -> None:
    """Refused before a connection to the store is so much as taken: even what the arguments are is not looked at."""
    taken: list[object] = []
    lesser = [role for role in ROLES if not Actor(name="eve", role=role).may(CASES[name].declared.needs)]
    assert lesser or CASES[name].declared.needs is KeylessRole.ANONYMOUS
    with heard(Pool, "checkout", lambda *given: taken.append(given)):
        for role in lesser:
            with pytest.raises(NotAllowed, match=f"eve is {role}"):
                await CASES[name](stage.ctx, Actor(name="eve", role=role))
    assert taken == []


@each_write
async def test_a_write_leaves_one_trace(stage: Stage, name: str) -> None:
    case, arguments = CASES[name], await stage.arguments(name)
    acts, rows = len(stage.acts()), stage.rows()
    done = await case(stage.ctx, caller(name), **arguments)
    new = stage.acts()[: len(stage.acts()) - acts]
    if case.declared.record:
        assert new == [] and len(stage.rows()[case.declared.record]) == len(rows[case.declared.record]) + 1
        return
    (act,) = new
    assert (act.actor, act.action, act.at) == ("mara", case.declared.audit, stage.watch.now)
    named = [value for parameter, value in arguments.items() if parameter.endswith("_id")]
    assert act.object in named if named else act.object in repr(done) or act.object == "first admin"
    secrets = [arguments.get("secret"), *(done if isinstance(done, tuple) else [done])]
    assert not any(secret in repr(act) for secret in secrets if isinstance(secret, str))


@each_write
async def test_a_write_and_its_trace_are_one(db: Database, name: str) -> None:
    """What stops it when everything is written and nothing committed yet takes both back, and nobody is woken."""
    stage = Stage.over(db)
    case, arguments = CASES[name], await stage.arguments(name)
    before, woken, written = stage.rows(), stage.watch.woken, list[tuple[int, str]]()

    def hear(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(WRITING):
            written.append((id(connection), " ".join(statement.split()[:3])))

    def stop(_connection: Connection) -> None:
        if written:
            raise Stopped

    with (
        heard(Engine, "before_cursor_execute", hear),
        heard(Engine, "commit", stop),
        pytest.raises(Stopped),
    ):
        await case(stage.ctx, caller(name), **arguments)
    assert len({connection for connection, _ in written}) == 1, "one transaction"
    assert f"INSERT INTO {case.declared.record or 'audit'}" in [what for _, what in written]
    assert case.declared.record or written[-1][1] == "INSERT INTO audit", "the log is locked last"
    assert (stage.rows(), stage.watch.woken) == (before, woken)


@each_write
async def test_what_concerns_nothing_leaves_nothing(stage: Stage, name: str) -> None:
    arguments = await stage.arguments(name)
    ids = [parameter for parameter in arguments if parameter.endswith("_id")]
    before = stage.rows()
    for parameter in ids:
        with pytest.raises(NotKnown, match="nobody"):
            await CASES[name](stage.ctx, caller(name), **{**arguments, parameter: "nobody"})
    assert stage.rows() == before


@each_read
async def test_a_read_leaves_nothing(stage: Stage, name: str) -> None:
    """Nor does it write what happens to change nothing. (Whether the store takes a write is found out by a count.)"""
    arguments = await stage.arguments(name)
    before, written = stage.rows(), list[str]()

    def hear(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(WRITING) and "counters" not in statement:
            written.append(statement)

    with heard(Engine, "before_cursor_execute", hear):
        await CASES[name](stage.ctx, caller(name), **arguments)
    assert (stage.rows(), written) == (before, [])
