"""How an answer leaves: one effect at a time, and not twice."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from midwatch.domain.work import Effect
from midwatch.kit.redaction import redact_text


class Undelivered(Exception):
    """The other side did not take it. `permanent`: trying again is of no use; `after`: seconds it asked us to wait, 0
    if it did not."""

    def __init__(self, reason: str, *, permanent: bool = False, after: float = 0.0) -> None:
        super().__init__(redact_text(reason))  # the other side may repeat what we sent
        self.permanent, self.after = permanent, after


@dataclass(frozen=True)
class Outbox:
    """Delivers effects of one target. `deliver` returns the receipt: the other side's id of what it took.

    It is called again after a crash that may have come before or after the other side took it, so it has to find out
    which (by the effect's key at the other side) or send something the other side recognises as the same.
    """

    target: str
    deliver: Callable[[Effect], Awaitable[str]]
