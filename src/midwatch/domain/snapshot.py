from datetime import datetime

from midwatch.domain.base import Model


class Snapshot(Model, frozen=True):
    """The moment of a saved state: its own clock, not the time it was read.

    `at` is the newest time that the saved evidence carries. Without one (`dated` False) only the distances to `at` mean
    anything: the evidence has ages and no dates. Unless `exact`, nothing in it is written regularly, and it may have
    been saved long after `at`: then an age is a least one, and nothing is known to be young.
    """

    at: datetime
    dated: bool = True
    exact: bool = True
