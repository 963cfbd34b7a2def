import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _in_utc(given: datetime) -> datetime:
    """Without a zone it is UTC. At the ends of the calendar there is no other zone's time."""
    if given.tzinfo is None:
        return given.replace(tzinfo=UTC)
    try:
        return given.astimezone(UTC)
    except OverflowError:
        raise ValueError("is beyond the calendar") from None


def _written(given: object) -> object:
    """A bare number may be seconds or milliseconds: nobody should have to guess which."""
    if isinstance(given, str) and _DATE.match(given):
        return given
    raise ValueError("is no time as RFC 3339 writes it: 2026-03-02T06:00:00Z")


Moment = Annotated[datetime, BeforeValidator(_written), AfterValidator(_in_utc)]
