"""Playbooks are content: which questions to ask for which kind of request. One YAML file each."""

from functools import cache
from importlib.resources import files
from typing import Any, Literal

from midwatch.domain.base import Model
from midwatch.domain.evidence import Ask
from midwatch.domain.investigation import Request
from midwatch.kit import trees


class Line(Model, frozen=True):
    tool: str
    arguments: dict[str, Any] = {}
    where: Literal["", "one", "all"] = ""
    essential: bool = False


class Playbook(Model, frozen=True):
    title: str
    asks: tuple[Line, ...]

    def questions(self, request: Request) -> tuple[Ask, ...]:
        """The asks of this playbook, filled in for one request."""
        width = "one" if request.namespace else "all"
        lines = (line for line in self.asks if line.where in ("", width))
        return tuple(Ask(tool=li.tool, arguments=_filled(li.arguments, request), essential=li.essential) for li in lines)


def _filled(arguments: dict[str, Any], request: Request) -> dict[str, Any]:
    filled = {k: v.replace("{namespace}", request.namespace) if isinstance(v, str) else v for k, v in arguments.items()}
    return {k: v for k, v in filled.items() if v != ""}


@cache
def playbook(name: str) -> Playbook:
    entry = trees.load(files(__name__).joinpath(f"{name}.yaml").read_text())
    lines = [{**{k: v for k, v in line.items() if k != "with"}, "arguments": line.get("with", {})} for line in entry["asks"]]
    return Playbook(title=entry["title"], asks=tuple(Line(**line) for line in lines))
