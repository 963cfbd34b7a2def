"""The single entry point to all tools. Policies are wrappers of one method; a tool's failure becomes a Gap here and
nowhere else."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, ValidationError

from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.observation import Written
from midwatch.domain.tool import Tool, ToolError, ToolResult
from midwatch.kit.redaction import redact_arguments, redact_text
from midwatch.kit.storable import storable, storable_tree

Run = Callable[[Tool, BaseModel], Awaitable[ToolResult]]
Policy = Callable[[Run], Run]


async def run(tool: Tool, arguments: BaseModel) -> ToolResult:
    """The innermost call: the tool's own function with its typed arguments."""
    return await tool.run(**{name: getattr(arguments, name) for name in type(arguments).model_fields})


class Toolbox:
    """All tools behind the policies. `policies` are applied outermost first; `now` gives the timestamp of Evidence;
    `failed` are the unreachable systems with the reason: their tools may be unknown."""

    def __init__(
        self,
        tools: Iterable[Tool],
        policies: Sequence[Policy],
        now: Callable[[], datetime],
        failed: Mapping[str, str] | None = None,
    ) -> None:
        self._failed = failed or {}
        self.tools: Mapping[str, Tool] = {tool.name: tool for tool in tools}
        self._now = now
        self._run: Run = run
        for policy in reversed(policies):
            self._run = policy(self._run)

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Evidence | Gap:
        """Calls a tool: returns Evidence without an id (the caller numbers it), or the Gap with the reason."""
        told = storable_tree(redact_arguments(arguments))
        query, started = f"{name}({', '.join(f'{k}={v}' for k, v in told.items())})", self._now()
        tool = self.tools.get(name)
        if tool is None:
            reason = self._failed.get(name.partition("_")[0], f"no tool is called {name!r}")
            return Gap(tool=name, arguments=told, query=query, reason=redact_text(reason))
        try:
            seen = _storable(await self._run(tool, tool.parameters.model_validate(dict(arguments))))
        except ValidationError as error:
            return Gap(tool=name, arguments=told, query=query, reason=_first(error))
        except ToolError as error:
            reason, asked = redact_text(str(error)), redact_text(error.query or query)
            return Gap(
                tool=name, arguments=told, query=asked, reason=reason, permission=error.permission, absent=error.absent
            )
        took = self._now() - started
        return Evidence(
            id="",
            tool=name,
            arguments=told,
            query=redact_text(seen.query),
            observation=seen.observation,
            taken_at=started,
            took_ms=round(took.total_seconds() * 1000),
            sha256=fingerprint(seen),
            connection=tool.connection,
            snapshot=seen.snapshot,
        )


def _storable(seen: ToolResult) -> ToolResult:
    """The result in its stored form, which is fingerprinted: the fingerprint then verifies a stored result."""
    found = seen.observation
    if isinstance(found, Written) and (text := storable(found.text)) is not found.text:
        return seen._replace(observation=found.model_copy(update={"text": text}), query=storable(seen.query))
    return seen


def fingerprint(seen: ToolResult) -> str:
    return sha256(seen.observation.content).hexdigest()


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"argument {'.'.join(str(p) for p in problem['loc'])}: {problem['msg']}"
