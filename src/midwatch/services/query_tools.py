"""What programs ask for by name and arguments instead of in words: each becomes the same Intent
as a question.

The areas declare them (`Area.query_tools`): names, parameters and texts are those of the functions.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from inspect import getdoc
from typing import Any

from pydantic import BaseModel, ValidationError

from midwatch.domain.capabilities import Area
from midwatch.domain.intent import Intent
from midwatch.domain.tool import parameters
from midwatch.services.errors import NotKnown, Refusal


@dataclass(frozen=True)
class QueryTool:
    name: str
    description: str
    parameters: type[BaseModel]
    make: Callable[..., Intent]

    def intent(self, arguments: Mapping[str, Any], now: datetime) -> Intent:
        """Raises Refusal with the first argument that is not right."""
        try:
            given = self.parameters.model_validate(dict(arguments))
        except ValidationError as error:
            problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
            raise Refusal(
                f"{'.'.join(str(p) for p in problem['loc'])}: {problem['msg']}.", "GET /tools shows the parameters"
            ) from error
        return self.make(now, **{name: getattr(given, name) for name in self.parameters.model_fields})


def query_tools_of(areas: Iterable[Area]) -> dict[str, QueryTool]:
    """By name, in the order of the areas."""
    return {make.__name__: _query_tool(make) for area in areas for make in area.query_tools()}


def query_tool(name: str, areas: Iterable[Area]) -> QueryTool:
    found = query_tools_of(areas)
    if name not in found:
        raise NotKnown(f"There is no tool {name!r}.", f"There are {', '.join(found)}")
    return found[name]


def _query_tool(make: Callable[..., Intent]) -> QueryTool:
    return QueryTool(make.__name__, getdoc(make) or "", parameters(make, 1), make)
