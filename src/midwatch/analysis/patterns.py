"""Exit reasons in program logs, as data: patterns.yaml."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from midwatch.kit import fast_yaml


@dataclass(frozen=True)
class Pattern:
    code: str
    expression: re.Pattern[str]
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]

    def facts(self, line: str) -> Mapping[str, str] | None:
        """Named groups of a matching line; None for any other line."""
        match = self.expression.search(line)
        return {k: v for k, v in match.groupdict().items() if v} if match else None


@cache
def patterns() -> tuple[Pattern, ...]:
    entries: list[dict[str, Any]] = fast_yaml.load(
        files("midwatch.analysis").joinpath("patterns.yaml").read_text("utf-8")
    )
    return tuple(
        Pattern(e["code"], re.compile(e["pattern"]), tuple(e["examples"]), tuple(e.get("not", ()))) for e in entries
    )
