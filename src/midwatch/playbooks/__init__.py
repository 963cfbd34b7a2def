"""Playbooks are content: which questions to ask for which kind of request. One YAML file each."""

import re
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from midwatch.domain.base import Model
from midwatch.domain.evidence import Ask
from midwatch.domain.investigation import Request
from midwatch.kit import fast_yaml


class Line(Model, frozen=True):
    tool: str
    arguments: dict[str, Any] = {}
    where: Literal["", "one", "all"] = ""
    essential: bool | Literal["slowness"] = False

    def needed(self, question: str) -> bool:
        """Whether nothing can be called healthy without the answer, given what the question is about."""
        return self.essential if isinstance(self.essential, bool) else speaks_of(question, self.essential)


class Playbook(Model, frozen=True):
    title: str
    asks: tuple[Line, ...]

    def questions(self, request: Request) -> tuple[Ask, ...]:
        """The asks of this playbook, filled in for one request."""
        width = "one" if request.namespace else "all"
        lines = (line for line in self.asks if line.where in ("", width))
        return tuple(
            Ask(tool=li.tool, arguments=_filled(li.arguments, request), essential=li.needed(request.question))
            for li in lines
        )


def _filled(arguments: dict[str, Any], request: Request) -> dict[str, Any]:
    filled = {k: v.replace("{namespace}", request.namespace) if isinstance(v, str) else v for k, v in arguments.items()}
    return {k: v for k, v in filled.items() if v != ""}


@cache
def _concerns() -> dict[str, re.Pattern[str]]:
    read: dict[str, str] = fast_yaml.load(files(__name__).joinpath("concerns.yaml").read_text())
    return {concern: re.compile(pattern) for concern, pattern in read.items()}


def speaks_of(question: str, concern: str) -> bool:
    return _concerns()[concern].search(question) is not None


@cache
def playbook(name: str) -> Playbook:
    entry = fast_yaml.load(files(__name__).joinpath(f"{name}.yaml").read_text())
    lines = [
        {**{k: v for k, v in line.items() if k != "with"}, "arguments": line.get("with", {})} for line in entry["asks"]
    ]
    return Playbook(title=entry["title"], asks=tuple(Line(**line) for line in lines))
