"""Times as reports give them: in UTC, with the age."""

from datetime import datetime, timedelta

from midwatch.domain.finding import Finding

_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def since(finding: Finding, now: datetime | None) -> str:
    """`since 2026-11-28 01:28 UTC (1h22m ago)`; of a saved state `(34m before the dump was taken)`, and only that where
    the dump tells no date. `now` is when a live state was read; no age where it is not known or lies before; "" for no
    onset."""
    told = how_long(finding, now)
    if finding.onset is None:
        return f"since {told}" if told else ""
    text = f"since {finding.onset:%Y-%m-%d %H:%M} UTC"
    return f"{text} ({told})" if told else text


def how_long(finding: Finding, now: datetime | None) -> str:
    """`34m before the dump was taken`, `1h22m ago`, or "" where nothing tells."""
    if finding.before_snapshot_s is not None:
        return f"{age(timedelta(seconds=finding.before_snapshot_s))} before the dump was taken"
    return f"{age(now - finding.onset)} ago" if now and finding.onset and now >= finding.onset else ""


def age(span: timedelta) -> str:
    """As kubectl prints it, in at most two units: 41s, 12m, 3h5m, 8d, 2d4h."""
    left = int(span.total_seconds())
    place = next((n for n, (_, size) in enumerate(_UNITS) if left >= size), len(_UNITS) - 1)
    unit, size = _UNITS[place]
    text, rest = f"{left // size}{unit}", left % size
    if place + 1 < len(_UNITS) and (smaller := rest // _UNITS[place + 1][1]) and unit in "dh":
        text += f"{smaller}{_UNITS[place + 1][0]}"
    return text
