"""The three forms every JSON answer has: what was asked for, a page of it, or what went wrong."""

from collections.abc import Sequence
from typing import Any, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class Ok(BaseModel, Generic[T]):
    success: Literal[True] = True
    message: str = "ok"
    data: T


class Paging(BaseModel):
    """What is asked of a list; parameters nobody knows are refused, so that a misspelt filter does not give
    everything."""

    model_config = ConfigDict(extra="forbid")

    page: int = Field(default=1, ge=1, le=1_000_000)
    page_size: int = Field(default=20, ge=1, le=200)


class Page(BaseModel, Generic[T]):
    """`total` counts all that match, not only those of this page; pages count from 1."""

    items: Sequence[T]
    total: int
    page: int
    page_size: int
    has_next: bool

    @classmethod
    def of(cls, items: Sequence[T], total: int, page: int, page_size: int) -> Self:
        return cls(items=items, total=total, page=page, page_size=page_size, has_next=page * page_size < total)


class Failure(BaseModel):
    """`error` is one sentence for a person; `request_id` is what to name when asking for help."""

    success: Literal[False] = False
    error: str
    details: dict[str, Any] = Field(default_factory=dict)
    request_id: str


_ID = {"X-Request-Id": {"description": "id of the request in the log", "schema": {"type": "string"}}}
_WAIT = {"Retry-After": {"description": "seconds to wait", "schema": {"type": "string", "pattern": "^[1-9][0-9]*$"}}}

# What any endpoint may answer besides its own; OpenAPI and docs/api.md show it.
WHY: dict[int, str] = {
    400: "Bad request: invalid or unknown parameters; `details` names them.",
    401: "Unauthorized: no valid API key, or a webhook that is not authenticated.",
    403: "Forbidden: the key's role is not sufficient.",
    404: "Not found.",
    409: "Conflict: invalid state, or modified concurrently.",
    413: "Body too large.",
    429: "Too many requests; `Retry-After` in seconds.",
    500: "Internal error, logged with the request's id.",
    503: "Service unavailable: the store, or a system that is needed, does not respond; `Retry-After` in seconds.",
}
_ALL: dict[int | str, dict[str, Any]] = {
    status: {"model": Failure, "description": why, "headers": _ID | _WAIT if status in (429, 503) else _ID}
    for status, why in WHY.items()
}
# What is answered to who has no key, or one of a lesser role. Where a role is needed app.py adds them by itself.
DENIED = {status: _ALL[status] for status in (401, 403)}
FAILURES = {status: answer for status, answer in _ALL.items() if status not in DENIED}
