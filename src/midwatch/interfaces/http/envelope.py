"""The three forms every JSON answer has: what was asked for, a page of it, or what went wrong."""

from collections.abc import Sequence
from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel, Field

T = TypeVar("T")


class Ok(BaseModel, Generic[T]):
    success: bool = True
    message: str = "ok"
    data: T


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

    success: bool = False
    error: str
    details: dict[str, Any] = Field(default_factory=dict)
    request_id: str


# What any endpoint may answer besides its own; OpenAPI shows it.
FAILURES: dict[int | str, dict[str, Any]] = {
    400: {"model": Failure, "description": "The request is not right; `details` names the parameters."},
    401: {"model": Failure, "description": "No API key, or one that is not valid."},
    403: {"model": Failure, "description": "The key's role may not do this."},
    404: {"model": Failure, "description": "There is no such thing."},
    409: {"model": Failure, "description": "Its state does not allow this."},
    413: {"model": Failure, "description": "The body is too large."},
    429: {"model": Failure, "description": "Too many requests; `Retry-After` says how many seconds to wait."},
    500: {"model": Failure, "description": "A fault of Midwatch; it is logged under the request's id."},
    503: {"model": Failure, "description": "Not now; `Retry-After` says how many seconds to wait."},
}
