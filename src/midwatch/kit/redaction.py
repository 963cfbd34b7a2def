"""Cuts secrets out of text by their shape, and out of settings by their name. The shapes of tokens are data: redaction.yaml; what
surrounds other secrets is read by `secretsettings`, `secretcarriers` and `secretcommands`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, cast

from midwatch.kit import trees
from midwatch.kit.credentials import cut_credentials, cut_credentials_of
from midwatch.kit.secretcarriers import cut_addresses, cut_connections, cut_cookies, cut_headers
from midwatch.kit.secretcommands import cut_commands, cut_keys
from midwatch.kit.secretnames import holds_secret
from midwatch.kit.secretsettings import ROOTS, cut_settings

_Cut = Callable[[str], str]


@dataclass(frozen=True)
class _Shape:
    """One kind of token. `first` are the letters it begins with, as it spells them; `hints` are in lower case."""

    type: str
    pattern: re.Pattern[str]
    first: str = ""
    hints: tuple[str, ...] = ()
    token: bool = False
    starts: tuple[re.Pattern[bytes], ...] = ()  # the hints as the shape spells them: megabytes are searched without being copied

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
    return tuple(shape for entry in entries for shape in _read(entry))


def _read(entry: dict[str, Any]) -> list[_Shape]:
    if tokens := cast("dict[str, str]", entry.get("tokens", {})):
        before = entry.get("before", "")
        return [_token(entry["type"], str(first), rest, before) for first, rest in tokens.items()]
    hints = tuple(entry["hints"])
    starts: list[str] = entry.get("starts", [re.escape(hint) for hint in hints])
    token = entry.get("token", False)
    return [_Shape(entry["type"], re.compile(entry["pattern"]), "", hints, token, tuple(re.compile(start.encode()) for start in starts))]


def _token(type_: str, first: str, rest: str, before: str) -> _Shape:
    """A pattern that begins with plain letters is found ten times faster than one that begins with a look at what is before them."""
    if before:
        return _Shape(type_, re.compile(f"(?<![A-Za-z0-9]){before}{re.escape(first)}{rest}"), first)
    return _Shape(type_, re.compile(f"{re.escape(first)}(?<![A-Za-z0-9_]{re.escape(first)}){rest}"), first)


@dataclass(frozen=True)
class _Reader:
    """What cuts by grammar; one of `signs` has to be in the text (in lower case unless `exact`) before it is tried."""

    cut: _Cut
    signs: tuple[str, ...]
    exact: bool = False

    def needed(self, text: str, low: str) -> bool:
        looked = text if self.exact else low
        return any(sign in looked for sign in self.signs)


_READERS = (
    _Reader(cut_keys, ("PRIVATE KEY",), exact=True),
    _Reader(cut_addresses, ("://",), exact=True),
    _Reader(cut_connections, ("@tcp(", "@unix(", "@udp(", "image")),
    _Reader(cut_headers, ("authorization", "bearer", "basic")),
    _Reader(cut_cookies, ("cookie",)),
    _Reader(cut_commands, (" -p", "\"-p", "'-p", "- -p", " -u", "\"-u", "--user", "--proxy-user", "identified by", "identified with", "auth ",
                           "pass:", "redis-cli", "-benchmark", "sqlcmd", "ldap", "smbclient", "htpasswd", " -w ")),
)


def _low(text: str) -> str:
    """In lower case, of the same length: a few letters of Unicode become two."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def redact_text(text: str) -> str:
    """The text with every secret replaced by `[REDACTED:<type>]`; everything else stays as it is."""
    return _by_shape(cut_credentials(text))


def _by_shape(text: str) -> str:
    low = _low(text)
    cut = text
    for reader in _READERS[:1]:
        cut = reader.cut(cut) if reader.needed(text, low) else cut
    for shape in _shapes():
        if shape.first in text if shape.first else any(hint in low for hint in shape.hints):
            cut = shape.cut(cut)
    for reader in _READERS[1:]:
        cut = reader.cut(cut) if reader.needed(text, low) else cut
    if any(root in low for root in ROOTS):
        cut = cut_settings(cut, low if cut is text else _low(cut))
    return cut


@lru_cache(maxsize=8192)
def _short(text: str) -> str:
    return _by_shape(text)


def redact_value(text: str) -> str:
    """`redact_text` for short texts that repeat (environment values, arguments of replicas)."""
    return _short(cut_credentials(text))


def redact_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of the arguments of a call."""
    return {name: redact_value(value) if isinstance(value, str) else value for name, value in arguments.items()}


@cache
def _starts() -> tuple[re.Pattern[bytes], ...]:
    return tuple(dict.fromkeys(start for s in _shapes() if s.token for start in s.starts))


_ADDRESS = re.compile(rb'://[^\s/@"\\]*[:@]')


def redact_body(body: bytes) -> bytes:
    """JSON with every secret of a token's shape cut out; shapes that could swallow a quote are cut by the tool, value by value."""
    body = cut_credentials_of(body)
    seen = {start for start in _starts() if start.search(body)}
    found = [s for s in _shapes() if s.token and not seen.isdisjoint(s.starts)]
    addresses = _ADDRESS.search(body) is not None
    if not found and not addresses:
        return body
    text = body.decode()
    for shape in found:
        text = shape.cut(text)
    return (cut_addresses(text) if addresses else text).encode()


@lru_cache(maxsize=8192)
def _named(name: str, value: str) -> str:
    return f"[REDACTED:{name}]" if holds_secret(name, value) else _by_shape(value)


def redact_named(name: str, value: str) -> str:
    """The value of a setting: gone when its name speaks of a secret, otherwise redacted by shape.

    Switches, small numbers, paths and references stay readable, because faults hide in them and secrets do not.
    """
    return _named(name, cut_credentials(value))


def names_secret(name: str, value: str) -> bool:
    """Whether the name says that the value is a secret, and the value could be one."""
    return holds_secret(name, value)
