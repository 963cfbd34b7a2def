"""Times as reports give them: in UTC, with the age."""

from datetime import datetime, timedelta

_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def since(onset: datetime | None, now: datetime | None) -> str:
    """`since 2026-11-28 01:28 UTC (1h22m ago)`; no age where `now` is not known or lies before; "" for no onset."""
    if onset is None:
        return ""
    text = f"since {onset:%Y-%m-%d %H:%M} UTC"
    return f"{text} ({age(now - onset)} ago)" if now and now >= onset else text


def age(span: timedelta) -> str:
    """As kubectl prints it, in at most two units: 41s, 12m, 3h5m, 8d, 2d4h."""
    left = int(span.total_seconds())
    place = next((n for n, (_, size) in enumerate(_UNITS) if left >= size), len(_UNITS) - 1)
    unit, size = _UNITS[place]
    text, rest = f"{left // size}{unit}", left % size
    if place + 1 < len(_UNITS) and (smaller := rest // _UNITS[place + 1][1]) and unit in "dh":
        text += f"{smaller}{_UNITS[place + 1][0]}"
    return text
