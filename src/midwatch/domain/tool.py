"""Tools: a tool is one typed function. Its schema, its name in MCP, its endpoint and its page are derived from the
signature."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from inspect import Parameter, getdoc, signature
from typing import Any, NamedTuple, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from midwatch.domain.observation import Observation
from midwatch.domain.snapshot import Snapshot


class Mode(StrEnum):
    READ = "read"
    WRITE = "write"


class ToolError(Exception):
    """A tool failed to answer. Caught in one place, Toolbox.call, where it becomes a Gap.

    `permission` names the missing right; `absent`: the requested object does not exist, which is no failure.
    """

    def __init__(self, message: str, *, query: str = "", permission: str = "", absent: bool = False) -> None:
        super().__init__(message)
        self.query = query
        self.permission = permission
        self.absent = absent


class ToolResult(NamedTuple):
    """Result of a tool: the observation, the exact query in a form that a person can repeat, and the moment of a saved
    state."""

    observation: Observation
    query: str
    snapshot: Snapshot | None = None


@dataclass(frozen=True)
class Tool:
    name: str
    title: str
    description: str
    parameters: type[BaseModel]
    run: Callable[..., Awaitable[ToolResult]]
    mode: Mode = Mode.READ
    timeout_s: float = 30.0
    connection: str = ""  # the one of its system that it asks, "" for the default

    @classmethod
    def of(
        cls,
        function: Callable[..., Awaitable[ToolResult]],
        *bound: object,
        mode: Mode = Mode.READ,
        timeout_s: float = 30.0,
    ) -> "Tool":
        """The tool a function declares: its name, the first line of its docstring, and its parameters.

        `bound` are its first arguments: they come with the tool, and are no parameters of it.
        """
        text = getdoc(function) or ""
        return cls(
            name=function.__name__,
            title=text.partition("\n")[0],
            description=text,
            parameters=parameters(function, len(bound)),
            run=partial(function, *bound) if bound else function,
            mode=mode,
            timeout_s=timeout_s,
        )


@cache
def parameters(function: Callable[..., Any], bound: int) -> type[BaseModel]:
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {
        p.name: (hints[p.name], Field() if p.default is Parameter.empty else Field(default=p.default))
        for p in list(signature(function).parameters.values())[bound:]
    }
    return create_model(function.__name__, __config__=ConfigDict(extra="forbid"), **fields)
