from datetime import datetime

from midwatch.domain.base import Model


class Snapshot(Model, frozen=True):
    """The moment of a saved state: its own clock, not the time it was read.

    `at` is the newest time that the saved evidence carries. Without one (`dated` False) only the distances to `at` mean
    anything: the evidence tells ages and no dates.
    """

    at: datetime
    dated: bool = True
