"""What a caller may have done: each declares the role it needs and what it leaves in the audit log.

A use case is called `await f(ctx, caller, …)`. The role is checked before anything is read. What its body gets after
context and caller is said by the body's third parameter:

    tx: Connection      one transaction that reads
    writing: Writing    one transaction that writes, and its line in the audit log
    write: Write        (asynchronous bodies) does parts of the work so
    anything else       none: it is the caller's first argument

A plain body runs in a thread; an asynchronous one takes care of that itself.
"""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import copy_context
from dataclasses import dataclass
from functools import cached_property, partial, update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from sqlalchemy import Connection

from midwatch.domain.access import Actor, Role, key_role
from midwatch.services.errors import NotAllowed
from midwatch.services.server_context import ServerContext
from midwatch.store import audit as log
from midwatch.store.audit import Act

P = ParamSpec("P")
T = TypeVar("T")

# Reads have threads of their own: those of asyncio are few, and in a storm all of them wait for the store's one writer.
_READS = ThreadPoolExecutor(32, "reads")


class Unaudited(Exception):
    """A fault of ours: a body wrote without saying what it has changed. Nothing of it is kept."""


@dataclass(frozen=True)
class Declaration:
    """What a use case needs, and where it leaves its trace: `audit` names the action in the audit log, `record` a table
    whose row says as much; a use case that only reads has neither.

    The audit log is kept for good: what machines do by the thousand has records that end (store/retention).
    """

    needs: Role
    audit: str = ""
    record: str = ""

    @property
    def writes(self) -> bool:
        return bool(self.audit or self.record)


class Writing:
    """A transaction that writes. It begins when `tx` is asked for first, so that nobody waits for a body that still
    reads what it was given; it ends with the body.

    The body has to say what it did: `audit` names the object; after `unchanged` nothing is kept.
    """

    def __init__(self, ctx: ServerContext, stack: ExitStack) -> None:
        self._ctx, self._stack = ctx, stack
        self._said: tuple[str, dict[str, Any]] | None = None
        self._over = False
        self.then: list[Callable[[], None]] = []

    @cached_property
    def tx(self) -> Connection:
        return self._stack.enter_context(self._ctx.db.write())

    def audit(self, thing: str, /, **detail: Any) -> None:
        """Once; `detail` never holds a secret."""
        if self._said or self._over:
            raise Unaudited(f"{thing}: its write has said already what it did")
        self._said = (thing, detail)

    def mark_unchanged(self) -> None:
        self._over = True

    def after(self, do: Callable[[], None]) -> None:
        """Done when everything is committed, and not before."""
        self.then.append(do)

    def close(self, declared: Declaration, caller: Actor) -> None:
        """The last statement of the transaction: the log is locked from here to its end."""
        if self._over:
            self.tx.rollback()  # whatever was written
            return
        if self._said is None:
            raise Unaudited(f"{declared.audit or declared.record}: the write has not said what it did")
        thing, detail = self._said
        if declared.audit:
            act = Act(at=self._ctx.now(), actor=caller.name, action=declared.audit, object=thing, detail=detail)
            log.append(self.tx, act)


class Write:
    """Does a part of an asynchronous use case in a thread, as one transaction with its line in the audit log."""

    def __init__(self, ctx: ServerContext, caller: Actor, declared: Declaration) -> None:
        self._ctx, self._caller, self._declared = ctx, caller, declared

    async def __call__(self, body: Callable[Concatenate[Writing, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.to_thread(self.commit, lambda writing: body(writing, *args, **kwargs))

    def commit(self, body: Callable[[Writing], T]) -> T:
        with ExitStack() as stack:
            writing = Writing(self._ctx, stack)
            found = body(writing)
            writing.close(self._declared, self._caller)
        for do in writing.then:
            do()
        return found


class UseCase(Generic[P, T]):
    """A service function with its declaration. Raises NotAllowed for a caller whose role does not suffice."""

    def __init__(self, body: Callable[..., Any], declared: Declaration) -> None:
        self._body, self.declared = body, declared
        self._gets = _third(body)
        if declared.writes != (self._gets in (Writing, Write)) or (declared.audit and declared.record):
            raise TypeError(f"{body.__qualname__}: {declared} does not fit a body that gets {self._gets}")
        self._asynchronous = inspect.iscoroutinefunction(body)
        update_wrapper(self, body)

    async def __call__(self, ctx: ServerContext, caller: Actor, *args: P.args, **kwargs: P.kwargs) -> T:
        check(caller, self.declared.needs)
        write = Write(ctx, caller, self.declared)
        if self._asynchronous:
            first = (write,) if self._gets is Write else ()
            return await self._body(ctx, caller, *first, *args, **kwargs)
        if self._gets is Writing:
            return await asyncio.to_thread(write.commit, lambda w: self._body(ctx, caller, w, *args, **kwargs))
        return await _in_thread(partial(self._read, ctx, caller, *args, **kwargs))

    def _read(self, ctx: ServerContext, caller: Actor, *args: Any, **kwargs: Any) -> T:
        if self._gets is not Connection:
            return self._body(ctx, caller, *args, **kwargs)
        with ctx.db.read() as tx:
            return self._body(ctx, caller, tx, *args, **kwargs)


class Reads(Protocol):
    @overload
    def __call__(
        self, body: Callable[Concatenate[ServerContext, Actor, P], Coroutine[Any, Any, T]]
    ) -> UseCase[P, T]: ...
    @overload
    def __call__(self, body: Callable[Concatenate[ServerContext, Actor, Connection, P], T]) -> UseCase[P, T]: ...
    @overload
    def __call__(self, body: Callable[Concatenate[ServerContext, Actor, P], T]) -> UseCase[P, T]: ...


class Writes(Protocol):
    @overload
    def __call__(
        self, body: Callable[Concatenate[ServerContext, Actor, Write, P], Coroutine[Any, Any, T]]
    ) -> UseCase[P, T]: ...
    @overload
    def __call__(self, body: Callable[Concatenate[ServerContext, Actor, Writing, P], T]) -> UseCase[P, T]: ...


@overload
def use_case(*, needs: Role) -> Reads: ...
@overload
def use_case(*, needs: Role, audit: str) -> Writes: ...
@overload
def use_case(*, needs: Role, record: str) -> Writes: ...
def use_case(*, needs: Role, audit: str = "", record: str = "") -> Any:
    """Declares a service function. `audit` is noun.verb; Declaration says when it is `record` instead."""
    return partial(UseCase[..., Any], declared=Declaration(needs, audit, record))


def check(caller: Actor, needed: Role) -> None:
    """Raises NotAllowed."""
    if not caller.may(needed):
        raise NotAllowed(f"This needs the role {key_role(needed)}; {caller.name} is {caller.role}.")


def _third(body: Callable[..., Any]) -> Any:
    """What a body gets after context and caller; None for what is the caller's to give."""
    parameters = list(inspect.signature(body).parameters.values())
    given = parameters[2].annotation if len(parameters) > 2 else None
    return given if given in (Connection, Writing, Write) else None


async def _in_thread(do: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_READS, copy_context().run, do)
