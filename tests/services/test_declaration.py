"""What a declaration does with a body: the third parameter says what it gets, and pyright follows its arguments."""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true, reportUnusedCoroutine=false

import asyncio
from collections.abc import AsyncGenerator
from contextvars import ContextVar
from pathlib import Path
from threading import current_thread

import pytest
from sqlalchemy import Connection

from midwatch.domain.access import AccessRole, Actor, KeylessRole, key_role
from midwatch.services.server_context import ServerContext
from midwatch.services.use_case import Unaudited, Write, Writing, use_case
from midwatch.store import advisory_lock, audit
from midwatch.store.audit import Act
from midwatch.store.database import Database
from tests.services.stage import Stage
from tests.usecases import OWNER

ADMIN = AccessRole.ADMIN
WHERE: ContextVar[str] = ContextVar("WHERE", default="")


@use_case(needs=ADMIN)
def read(_ctx: ServerContext, _caller: Actor, tx: Connection, word: str, times: int = 1) -> tuple[str, str, str]:
    assert not tx.closed
    return word * times, current_thread().name, WHERE.get()


@use_case(needs=ADMIN, audit="thing.write")
def write_once(_ctx: ServerContext, _caller: Actor, writing: Writing, said: tuple[str, ...]) -> str:
    advisory_lock.advisory_lock(writing.tx, "thing")
    for thing in said:
        writing.audit(thing, why="a test")
    return current_thread().name


@use_case(needs=ADMIN, audit="thing.write")
def write_nothing(ctx: ServerContext, caller: Actor, writing: Writing) -> None:
    audit.append(writing.tx, Act(at=ctx.now(), actor=caller.name, action="thing.write", object="a"))
    writing.mark_unchanged()


@use_case(needs=ADMIN, audit="thing.write")
async def write_twice(_ctx: ServerContext, _caller: Actor, write: Write) -> list[str]:
    def one(writing: Writing, thing: str) -> str:
        writing.audit(thing)
        return thing

    return [await write(one, "a"), await write(one, "b")]


@pytest.fixture
async def stage(tmp_path: Path, migrated_file: Path) -> AsyncGenerator[Stage]:
    path = tmp_path / "midwatch.db"
    path.write_bytes(migrated_file.read_bytes())
    with Database.open(f"sqlite:///{path}") as db:
        yield Stage.over(db)


async def test_a_plain_body_runs_in_a_thread_with_what_the_caller_knows(stage: Stage) -> None:
    WHERE.set("here")
    word, thread, where = await read(stage.ctx, OWNER, "x", times=3)
    assert (word, where) == ("xxx", "here") and thread.startswith("reads")
    assert (await write_once(stage.ctx, OWNER, ("a",))).startswith("asyncio")


async def test_reads_do_not_wait_for_those_who_wait_to_write(stage: Stage) -> None:
    """However many writers stand in line, in as many threads as asyncio has."""
    with stage.ctx.db.write():
        line = [asyncio.create_task(write_once(stage.ctx, OWNER, (str(n),))) for n in range(50)]
        await asyncio.sleep(0.05)
        async with asyncio.timeout(20):
            assert (await read(stage.ctx, OWNER, "x"))[0] == "x"
        assert not any(task.done() for task in line)
    await asyncio.gather(*line)
    assert len(stage.acts()) == 50


@pytest.mark.parametrize("said", [(), ("a", "b")])
async def test_a_write_says_once_what_it_did_or_nothing_is_kept(stage: Stage, said: tuple[str, ...]) -> None:
    with pytest.raises(Unaudited):
        await write_once(stage.ctx, OWNER, said)
    assert stage.acts() == []


async def test_what_changed_nothing_leaves_nothing(stage: Stage) -> None:
    await write_nothing(stage.ctx, OWNER)
    assert stage.acts() == []


async def test_each_part_of_an_asynchronous_write_leaves_its_line(stage: Stage) -> None:
    assert await write_twice(stage.ctx, OWNER) == ["a", "b"]
    assert [(act.actor, act.action, act.object) for act in stage.acts()] == [
        ("test", "thing.write", "b"),
        ("test", "thing.write", "a"),
    ]


def test_a_declaration_that_does_not_fit_its_body_is_refused_at_once() -> None:
    def reading(_ctx: ServerContext, _caller: Actor, _tx: Connection) -> None: ...

    def writing(_ctx: ServerContext, _caller: Actor, _writing: Writing) -> None: ...

    with pytest.raises(TypeError, match="reading"):
        use_case(needs=ADMIN, audit="thing.write")(reading)  # pyright: ignore[reportCallIssue, reportArgumentType]
    with pytest.raises(TypeError, match="writing"):
        use_case(needs=ADMIN)(writing)


def wrong_calls(stage: Stage) -> None:
    """Never called: pyright, which is told to complain of a mark that is not needed, sees the fault in each line."""
    read(stage.ctx, OWNER)  # pyright: ignore[reportCallIssue]
    read(stage.ctx, OWNER, 1)  # pyright: ignore[reportArgumentType]
    read(stage.ctx, "x")  # pyright: ignore[reportCallIssue]
    read(stage.ctx, OWNER, "x", often=2)  # pyright: ignore[reportCallIssue]
    write_once(stage.ctx, OWNER, "a", "b")  # pyright: ignore[reportCallIssue]
    write_nothing(stage.ctx, OWNER, "a")  # pyright: ignore[reportCallIssue]


def test_a_key_never_has_less_than_it_had_and_a_sender_reads_nothing() -> None:
    roles = (*KeylessRole, *AccessRole)
    may = {role: {needed for needed in roles if Actor(name="x", role=role).may(needed)} for role in roles}
    assert may == {
        KeylessRole.ANONYMOUS: {KeylessRole.ANONYMOUS},
        KeylessRole.SENDER: {KeylessRole.ANONYMOUS, KeylessRole.SENDER},
        AccessRole.VIEWER: {KeylessRole.ANONYMOUS, AccessRole.VIEWER},
        AccessRole.RESPONDER: {*KeylessRole, AccessRole.VIEWER, AccessRole.RESPONDER},
        AccessRole.ADMIN: {*KeylessRole, *AccessRole},
    }
    assert [key_role(role) for role in KeylessRole] == [AccessRole.VIEWER, AccessRole.RESPONDER]
