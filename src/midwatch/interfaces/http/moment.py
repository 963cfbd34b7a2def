from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator


def _in_utc(given: datetime) -> datetime:
    """Without a zone it is UTC. At the ends of the calendar there is no other zone's time."""
    if given.tzinfo is None:
        return given.replace(tzinfo=UTC)
    try:
        return given.astimezone(UTC)
    except OverflowError:
        raise ValueError("is beyond the calendar") from None


Moment = Annotated[datetime, AfterValidator(_in_utc)]
