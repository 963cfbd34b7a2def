"""Cuts secrets out of text by their shape, and out of settings by their name. The shapes are data: redaction.yaml."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from midwatch.kit import trees


@dataclass(frozen=True)
class _Shape:
    type: str
    pattern: re.Pattern[str]
    hints: tuple[str, ...]
    token: bool
    starts: tuple[re.Pattern[bytes], ...]  # the hints as the shape spells them: megabytes are searched without being copied in lower case

    def cut(self, text: str) -> str:
        return self.pattern.sub(self._mark, text)

    def _mark(self, match: re.Match[str]) -> str:
        mark = f"[REDACTED:{self.type}]"
        if not self.pattern.groups:
            return mark
        start, end = match.start(1) - match.start(), match.end(1) - match.start()
        return match[0][:start] + mark + match[0][end:]


@cache
def _shapes() -> tuple[_Shape, ...]:
    entries = trees.load(files("midwatch.kit").joinpath("redaction.yaml").read_text())
    return tuple(_shape(e) for e in entries)


def _shape(entry: dict[str, Any]) -> _Shape:
    hints = tuple(entry["hints"])
    starts: list[str] = entry.get("starts", [re.escape(hint) for hint in hints])
    return _Shape(
        entry["type"],
        re.compile(entry["pattern"]),
        hints,
        entry.get("token", False),
        tuple(re.compile(start.encode()) for start in starts),
    )


_SHORT = 300  # characters; so far one expression over all hints is faster than a look for each


@cache
def _any_hint() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(hint) for shape in _shapes() for hint in shape.hints))


def _needed(text: str) -> Iterator[_Shape]:
    low = text.lower()
    return (s for s in _shapes() if any(hint in low for hint in s.hints))


def redact_text(text: str) -> str:
    """The text with every secret replaced by `[REDACTED:<type>]`; everything else stays as it is."""
    if len(text) <= _SHORT and not _any_hint().search(text.lower()):
        return text
    for shape in _needed(text):
        text = shape.cut(text)
    return text


@lru_cache(maxsize=8192)
def redact_value(text: str) -> str:
    """`redact_text` for short texts that repeat (environment values, arguments of replicas)."""
    return redact_text(text)


def redact_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of the arguments of a call."""
    return {name: redact_value(value) if isinstance(value, str) else value for name, value in arguments.items()}


@cache
def _starts() -> tuple[re.Pattern[bytes], ...]:
    return tuple(dict.fromkeys(start for s in _shapes() if s.token for start in s.starts))


def redact_body(body: bytes) -> bytes:
    """JSON with every secret of a token's shape cut out; shapes that could swallow a quote are cut by the tool, value by value."""
    seen = {start for start in _starts() if start.search(body)}
    found = [s for s in _shapes() if s.token and not seen.isdisjoint(s.starts)]
    if not found:
        return body
    text = body.decode()
    for shape in found:
        text = shape.cut(text)
    return text.encode()


_SECRET_NAME = re.compile(
    r"(?i)pass(?:word|wd|phrase)?$|passw|secret|token|api[_.-]?key|access[_.-]?key|private[_.-]?key|credential|dsn$|_pwd|_pass_|auth$"
)
_HARMLESS_VALUE = re.compile(r"(?i)true|false|yes|no|on|off|\d{0,6}|/[\w./-]*|\$\(?\{?\w+\}?\)?")


@lru_cache(maxsize=8192)
def redact_named(name: str, value: str) -> str:
    """The value of a setting: gone when its name speaks of a secret, otherwise redacted by shape.

    Switches, small numbers, paths and references stay readable, because faults hide in them and secrets do not.
    """
    return f"[REDACTED:{name}]" if names_secret(name, value) else redact_value(value)


def names_secret(name: str, value: str) -> bool:
    """Whether the name says that the value is a secret, and the value could be one."""
    return bool(value and _SECRET_NAME.search(name) and not _HARMLESS_VALUE.fullmatch(value))
