"""What an integration is: a typed value, found by its folder, never a name guessed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from midwatch.domain.evidence import Evidence
from midwatch.domain.finding import Analysis, Code
from midwatch.domain.tool import Tool


@dataclass(frozen=True)
class Health:
    """One line of `midwatch doctor`: `state` is ok, missing (not configured), refused or failed."""

    name: str
    state: str
    detail: str
    hint: str = ""


@dataclass(frozen=True)
class Integration:
    """Capabilities are optional fields: what an integration cannot do, it leaves out."""

    name: str
    title: str
    tools: tuple[Tool, ...] = ()
    analyse: Callable[[Sequence[Evidence]], Analysis] | None = None
    codes: dict[str, Code] = field(default_factory=dict[str, Code])
