class Refusal(Exception):
    """The request cannot be fulfilled. One clear sentence, and what to do next."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


class NothingFound(Refusal):
    """A named object, namespace or label that the checked objects do not have."""
