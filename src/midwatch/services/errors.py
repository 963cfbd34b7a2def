"""What can be asked and not be had. Each interface says it its own way: the command line with exit code 3, HTTP with a
status.

Refusal            the request is not right
├── NotKnown       not found
├── Conflict       invalid state, or modified concurrently
├── NoAccess       nobody is known by this key
├── NotAllowed     the key's role may not do this
└── Later          not now
    └── TooOften   this caller has asked enough for a while
"""

from midwatch.domain.refusal import Refusal

__all__ = ["Conflict", "Later", "NoAccess", "NotAllowed", "NotKnown", "Refusal"]


class NotKnown(Refusal):
    """Not found."""


class Conflict(Refusal):
    """Invalid state, or modified concurrently."""


class NoAccess(Refusal):
    """Nobody is known by this key."""


class NotAllowed(Refusal):
    """The key's role may not do this."""


class Later(Refusal):
    """Not now; `after` seconds from now it may work."""

    def __init__(self, reason: str, hint: str = "", *, after: float) -> None:
        super().__init__(reason, hint)
        self.after = after


class TooOften(Later):
    """This caller has asked enough for a while."""
