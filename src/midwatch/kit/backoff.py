"""Backoff: exponential pauses between retries, with jitter so that clients do not retry in step."""

import random
from collections.abc import Iterator

FIRST_S, LONGEST_S = 0.1, 5.0


def pauses(first: float = FIRST_S, longest: float = LONGEST_S) -> Iterator[float]:
    """Endless pauses in seconds: twice as long each time up to `longest`, each between half of that and all of it."""
    most = first
    while True:
        yield random.uniform(most / 2, most)  # noqa: S311  nobody is kept out by it
        most = min(2 * most, longest)
