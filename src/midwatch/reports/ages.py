"""Times as reports give them: in UTC, with the age."""

from datetime import datetime, timedelta

_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def since(onset: datetime | None, now: datetime | None, before_snapshot_s: int | None = None) -> str:
    """Start time with age: `since 2026-11-28 01:28 UTC (1h22m ago)`; of a saved state `(34m before the dump was
    taken)`, and only that where the dump names no date. `now` is when a live state was read; no age where it is unknown
    or lies before; "" for no onset."""
    told = how_long(onset, now, before_snapshot_s)
    if onset is None:
        return f"since {told}" if told else ""
    text = f"since {onset:%Y-%m-%d %H:%M} UTC"
    return f"{text} ({told})" if told else text


def how_long(onset: datetime | None, now: datetime | None, before_snapshot_s: int | None = None) -> str:
    """The age: `1h22m ago`, `34m before the dump was taken`, or "" if unknown."""
    if before_snapshot_s is not None:
        return f"{age(timedelta(seconds=before_snapshot_s))} before the dump was taken"
    return f"{age(now - onset)} ago" if now and onset and now >= onset else ""


def age(span: timedelta) -> str:
    """A duration in kubectl's format, in at most two units: 41s, 12m, 3h5m, 8d, 2d4h."""
    left = int(span.total_seconds())
    place = next((n for n, (_, size) in enumerate(_UNITS) if left >= size), len(_UNITS) - 1)
    unit, size = _UNITS[place]
    text, rest = f"{left // size}{unit}", left % size
    if place + 1 < len(_UNITS) and (smaller := rest // _UNITS[place + 1][1]) and unit in "dh":
        text += f"{smaller}{_UNITS[place + 1][0]}"
    return text
