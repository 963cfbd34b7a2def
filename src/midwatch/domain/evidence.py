from datetime import datetime
from typing import Any

from pydantic import Field

from midwatch.domain.base import Model
from midwatch.domain.observation import Observation
from midwatch.domain.snapshot import Snapshot
from midwatch.domain.subject import Subject


class ToolRequest(Model, frozen=True):
    """A request to a tool that has not been made yet. `asked_by` names the areas that make it."""

    tool: str
    arguments: dict[str, Any] = {}
    why: str = ""
    essential: bool = False
    asked_by: str = ""

    def by(self, name: str) -> "ToolRequest":
        return self.model_copy(update={"asked_by": name})

    @property
    def key(self) -> str:
        return (
            f"{self.tool}({', '.join(f'{k}={v!r}' for k, v in sorted(self.arguments.items()) if v not in ('', None))})"
        )


def _default(connection: str) -> bool:
    return not connection


def named_connection() -> Any:
    """Name of the requested connection; left out of JSON where it is the default one."""
    return Field(
        default="", exclude_if=_default, description="the connection (context) that was asked; absent: default"
    )


def _absent(value: object) -> bool:
    return value is None


def snapshot_field() -> Any:
    """The moment of a saved state; left out of JSON where a live system was read."""
    return Field(default=None, exclude_if=_absent, description="the moment of a saved state; absent: read live")


class Lead(Model, frozen=True):
    """A pointer beyond an area: every area that opens entities of this kind adds its requests about the entity."""

    kind: str
    name: str
    why: str = ""


def evidence_id(place: int) -> str:
    """Id of the evidence in the answer, by its place from 1."""
    return f"E{place}"


class Evidence(Model, frozen=True):
    """One completed tool call, the only citable source. `taken_at` is the time of the call, `snapshot` the time at
    which the state it read was saved."""

    id: str
    tool: str
    arguments: dict[str, Any]
    query: str
    observation: Observation
    taken_at: datetime
    took_ms: int
    sha256: str
    connection: str = named_connection()
    snapshot: Snapshot | None = snapshot_field()

    @property
    def text(self) -> str:
        """The whole observation as text, in which quotations are looked up."""
        return self.observation.text

    @property
    def size(self) -> str:
        return self.observation.size


class Gap(Model, frozen=True):
    """A request without an answer. Never evidence.

    `permission` names the right that is missing, if that is the reason; `absent` that there was nothing to read (a log
    that does not exist yet); `essential` that without it the verdict cannot be HEALTHY.
    """

    tool: str
    arguments: dict[str, Any]
    query: str
    reason: str
    permission: str = ""
    absent: bool = False
    essential: bool = False


class Citation(Model, frozen=True):
    """A pointer into one Evidence that code can check.

    `quote` must occur in the evidence (within the object `subject`, when one is named); with `absent` the object
    `subject` must not occur in it, and the evidence must be complete for that scope.
    """

    evidence: str
    quote: str = ""
    subject: Subject | None = None
    absent: bool = False
