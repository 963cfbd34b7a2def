class Allowance:
    """Rate limit of so many requests in each `period` (seconds) for each name: all at once, or evenly; used tokens come
    back evenly.

    One number is kept for each name (GCRA, the leaky bucket that ATM networks are policed by), and forgotten once it is
    full again. Of more than `_MOST` names the oldest are forgotten before: a client with that many addresses is not
    held by any count of them.
    """

    _MANY, _MOST = 10_000, 100_000

    def __init__(self, amount: int, period: float) -> None:
        self.amount, self.period = amount, period
        self._full_at: dict[str, float] = {}
        self._cleared_at = self._MANY

    def take_token(self, name: str, now: float) -> float:
        """Takes one; 0 where there was one, else how many seconds from now there will be."""
        full_at = max(self._full_at.get(name, now), now) + self.period / self.amount
        if (wait := full_at - now - self.period) > 1e-6:  # the rounding error of added parts of a period
            return wait
        if name not in self._full_at and len(self._full_at) >= self._cleared_at:
            self._clear(now)
        self._full_at[name] = full_at
        return 0.0

    def _clear(self, now: float) -> None:
        """Forgets full names. The next run is due at twice the remaining number, so that a crowd does not trigger one
        for each request."""
        staying = [(other, at) for other, at in self._full_at.items() if at > now]
        self._full_at = dict(staying[-self._MOST // 2 :])
        self._cleared_at = min(self._MOST, max(self._MANY, 2 * len(self._full_at)))
