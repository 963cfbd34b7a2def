"""Normalizes a sender's data, of any types, to an Alert: texts bounded and redacted, times in UTC, standard words and
labels."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from midwatch.analysis.prompt_injection import clean
from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus, WebLink
from midwatch.integrations.alert_sources import labels as names
from midwatch.kit.redaction import names_secret, redact_text

TEXT_BYTES = 64 * 1024
TITLE_CHARS = 1024
NAME_CHARS = 200
SERVICE_CHARS = 300
LABEL_CHARS = 1024
LABELS = 200
DETAILS = 200
LINKS = 20
ALERTS = 1000
CUT = " … [cut]"

_LINK = re.compile(r"https?://[^\s\\<>\"']{1,2000}", re.IGNORECASE)
_EPOCH = re.compile(r"-?[0-9]{9,19}(?:\.[0-9]{1,9})?")
_ZONE = re.compile(r"(?<!\s)\s*+(?:UTC|GMT)$", re.IGNORECASE)
_OLDEST, _NEWEST = 1980, 2200  # years outside are a zero time (0001-01-01) or invalid
_EPOCH_UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (float("inf"), 1e9))  # below this it is seconds, ms, µs, ns


@dataclass(frozen=True, kw_only=True)
class RawAlert:
    """Raw data of one alert: of any type, of any length. `title` and `status` are required."""

    title: object
    status: AlertStatus
    severity: AlertSeverity | None
    fingerprint: object = ""
    summary: object = ""
    external_id: object = ""
    service: object = ""
    labels: Mapping[str, object] = field(default_factory=dict[str, object])
    details: Mapping[str, object] = field(default_factory=dict[str, object])
    links: Iterable[tuple[str, object]] = ()
    starts_at: object = None
    ends_at: object = None


def alert(source: str, said: RawAlert, received_at: datetime) -> Alert:
    """The normalized alert. Without a sender's fingerprint, alerts of the same title, service and labels are one.
    Without a time, it is now."""
    labels = names.standard(dict(_named(said.labels, LABELS, LABEL_CHARS)))
    title = one_line(said.title, TITLE_CHARS)
    summary = text(said.summary)
    service = one_line(said.service or names.service(labels), SERVICE_CHARS)
    started = min(moment(said.starts_at) or received_at, received_at)
    over = said.status is AlertStatus.RESOLVED
    return Alert(
        source=source,
        fingerprint=_fingerprint(said.fingerprint) or digest(title, service, json.dumps(labels, sort_keys=True)),
        status=said.status,
        severity=said.severity or AlertSeverity.MEDIUM,
        title=title,
        summary=summary if summary != title else "",
        external_id=one_line(said.external_id, NAME_CHARS),
        service=service,
        labels=labels,
        details=dict(_named(said.details, DETAILS, TEXT_BYTES)),
        links=tuple(_links(said.links)),
        starts_at=started,
        ends_at=max(started, moment(said.ends_at) or received_at) if over else None,
    )


def decode(body: bytes) -> object:
    """The JSON of a body; None for invalid or too deeply nested JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def record(value: object) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    return cast(list[Any], value) if isinstance(value, list) else []


def alert_items(document: object) -> list[Any]:
    """Alerts of a list, of a list under `alerts`, or a single one."""
    for found in (document, record(document).get("alerts")):
        if isinstance(found, list):
            return cast(list[Any], found)
    return [document]


def get_path(value: object, *path: str) -> Any:
    """Value at the path through objects and lists; None when it does not exist."""
    for name in path:
        if isinstance(value, list):
            entries = cast(list[Any], value)
            value = (
                entries[int(name)]
                if name.isascii() and name.isdecimal() and len(name) < 7 and int(name) < len(entries)
                else None
            )
        else:
            value = record(value).get(name)
    return value


def first(document: object, *fields: str) -> Any:
    """The first of these fields that is not empty."""
    held = record(document)
    return next((held[f] for f in fields if held.get(f) not in (None, "", [], {})), None)


def text(value: object, limit: int = TEXT_BYTES) -> str:
    """Any value as text of at most so many bytes: without control and hidden characters and secrets; a cut is
    marked."""
    if value is None or value == "":
        return ""
    raw = value if isinstance(value, str) else _spelled(value)
    return _cut(redact_text(_printable(raw, limit)), limit)


def one_line(value: object, chars: int) -> str:
    """Any value as one line of at most so many characters."""
    joined = " ".join(text(value).split())
    return joined if len(joined) <= chars else joined[: chars - len(CUT)] + CUT


def link(value: object) -> str:
    """A web address, or "" for any other text."""
    whole = value.strip() if isinstance(value, str) else ""
    return text(whole) if _LINK.fullmatch(whole) else ""


def moment(value: object) -> datetime | None:
    """The time of a text in RFC 3339 in its variants (`Z`, `+0000`, nanoseconds, a space, no zone: UTC), or of a number
    since 1970 in s, ms, µs or ns."""
    try:
        found = _moment(value)
        return found if found and _OLDEST <= found.year <= _NEWEST else None
    except (ValueError, OverflowError):
        return None


def _moment(value: object) -> datetime | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{value:.6f}" if isinstance(value, float) else str(value)
    if not isinstance(value, str) or not 8 <= len(value := value.strip()) <= 40:
        return None
    if _EPOCH.fullmatch(value):
        number = float(value)
        unit = next(unit for below, unit in _EPOCH_UNITS if abs(number) < below)
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=number / unit)
    written = datetime.fromisoformat(_ZONE.sub("+00:00", value).upper())
    return written.replace(tzinfo=UTC) if written.tzinfo is None else written.astimezone(UTC)


def digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]


def _fingerprint(value: object) -> str:
    key = text(value)
    return key if len(key) <= NAME_CHARS else digest(key)


def _named(values: Mapping[str, object], most: int, chars: int) -> Iterator[tuple[str, str]]:
    """Names and texts; empty ones are left out, and values with a secret's name are cut out."""
    found = 0
    for name, value in values.items():
        words = text(value) if chars == TEXT_BYTES else one_line(value, chars)
        if not words or not (short := one_line(name, NAME_CHARS)):
            continue
        if (found := found + 1) > most:
            return
        yield short, f"[REDACTED:{short}]" if names_secret(short, words) else words


def _links(pairs: Iterable[tuple[str, object]]) -> Iterator[WebLink]:
    seen: set[str] = set()
    for title, value in pairs:
        href = link(value)
        if href and href not in seen and len(seen) < LINKS:
            seen.add(href)
            yield WebLink(title=one_line(title, NAME_CHARS), href=href)


def _spelled(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return "(nested too deep)"


def _printable(raw: str, limit: int) -> str:
    """The cleaned beginning of a text. Twice the limit is enough, since redaction makes it shorter."""
    cleaned = clean(raw[: 2 * limit])
    return cleaned if cleaned.isascii() else cleaned.encode(errors="replace").decode()


def _cut(words: str, limit: int) -> str:
    if len(words) * 4 <= limit or len(raw := words.encode()) <= limit:
        return words
    return raw[: limit - len(CUT.encode())].decode(errors="ignore") + CUT
