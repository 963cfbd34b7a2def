class Allowance:
    """So many of something in each `period` (seconds) for everybody: all at once, or evenly, and what was used comes back evenly.

    One number is kept for each name (GCRA, the leaky bucket that ATM networks are policed by), and forgotten once it is full again.
    """

    _MANY = 10_000

    def __init__(self, amount: int, period: float) -> None:
        self.amount, self.period = amount, period
        self._full_at: dict[str, float] = {}

    def take(self, name: str, now: float) -> float:
        """Takes one; 0 where there was one, else how many seconds from now there will be."""
        full_at = max(self._full_at.get(name, now), now) + self.period / self.amount
        if (wait := full_at - now - self.period) > 1e-6:  # what adding up the parts of a period may be off by
            return wait
        if len(self._full_at) >= self._MANY:
            self._full_at = {other: at for other, at in self._full_at.items() if at > now}
        self._full_at[name] = full_at
        return 0.0
