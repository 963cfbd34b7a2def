"""Cuts secrets out of text by their shape, and out of settings by their name. The shapes of tokens are data:
redaction.yaml; what surrounds other secrets is read by `secretsettings`, `secretcarriers` and `secretcommands`."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from itertools import groupby, takewhile
from typing import Any, NamedTuple, cast

from midwatch.kit import fast_yaml
from midwatch.kit.credentials import cut_credentials, cut_credentials_of
from midwatch.kit.secretcarriers import cut_addresses, cut_connections, cut_cookies, cut_headers
from midwatch.kit.secretcommands import cut_commands, cut_keys
from midwatch.kit.secretnames import holds_secret, is_random, secret_kind
from midwatch.kit.secretsettings import ROOTS, cut_settings

# Terminal colours between a name and its value, as loggers print them (`\x1b[36mpassword\x1b[0m=x`).
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,32}m")

_Cut = Callable[[str], str]


@dataclass(frozen=True)
class _Shape:
    """One kind of token. `first` are the letters it begins with, in its spelling (`within`: that it has in its middle);
    `hints` are in lower case, and stand in the token's own word unless they may stand `anywhere`."""

    type: str
    expression: str
    first: str = ""
    within: bool = False
    hints: tuple[str, ...] = ()
    anywhere: bool = False
    token: bool = False
    starts: tuple[bytes, ...] = ()  # the hints as the shape spells them: megabytes are searched without being copied

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Compiled for the first text that may hold one: most commands meet none of the hundreds of kinds."""
        return re.compile(self.expression)

    def cut(self, text: str) -> str:
        return self.pattern.sub(self._mark, text)

    def is_hinted(self, words: str) -> bool:
        return any(hint in words for hint in self.hints)

    def _mark(self, match: re.Match[str]) -> str:
        mark = f"[REDACTED:{self.type}]"
        if not self.pattern.groups:
            return mark
        start, end = match.start(1) - match.start(), match.end(1) - match.start()
        return match[0][:start] + mark + match[0][end:]


@cache
def _shapes() -> tuple[_Shape, ...]:
    entries = fast_yaml.load(files("midwatch.kit").joinpath("redaction.yaml").read_text("utf-8"))
    return tuple(shape for entry in entries for shape in _read(entry))


def _read(entry: dict[str, Any]) -> list[_Shape]:
    if tokens := cast("dict[str, str]", entry.get("tokens", {})):
        before = entry.get("before", "")
        return [_token(entry["type"], str(first), rest, before) for first, rest in tokens.items()]
    hints = tuple(entry["hints"])
    starts: list[str] = entry.get("starts", [re.escape(hint) for hint in hints])
    token = entry.get("token", False)
    spelled = tuple(start.encode() for start in starts)
    anywhere = entry.get("anywhere", False)
    return [_Shape(entry["type"], entry["pattern"], hints=hints, anywhere=anywhere, token=token, starts=spelled)]


def _token(type_: str, first: str, rest: str, before: str) -> _Shape:
    """A compiled token pattern. Plain first letters are ten times faster than a leading lookbehind."""
    if before:
        return _Shape(type_, f"(?<![A-Za-z0-9]){before}{re.escape(first)}{rest}", first, within=True)
    return _Shape(type_, f"{re.escape(first)}(?<![A-Za-z0-9_]{re.escape(first)}){rest}", first)


@dataclass(frozen=True)
class _Reader:
    """A grammar-based reader; one of `signs` has to be in the text (in lower case) before it is tried."""

    cut: _Cut
    signs: tuple[str, ...]


_COMMANDS = (
    *(f"{before}-{letter}" for letter in "puaw" for before in (" ", '"', "'")),
    *(
        "--user",
        "--proxy-user",
        "identified by",
        "identified with",
        "auth ",
        '"auth"',
        "pass:",
        "htpasswd",
        "vault login",
        "rabbitmqctl",
    ),
)
_READERS = (
    _Reader(cut_addresses, ("://",)),
    _Reader(cut_connections, ("@tcp(", "@unix(", "@udp(", "image", "thin:", "oci:", "sqlplus", "loginmodule")),
    _Reader(cut_headers, ("authorization", "bearer", "basic")),
    _Reader(cut_cookies, ("cookie",)),
    _Reader(cut_commands, _COMMANDS),
)
_SHORTEST_TOKEN = 14  # characters
_SHORT = 300  # characters; so far one expression over all signs is faster than a look for each


def _lower(text: str) -> str:
    """The text in lower case, of the same length: a few letters of Unicode become two."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def redact_text(text: str) -> str:
    """The text with every secret replaced by `[REDACTED:<type>]`; terminal colours are removed, everything else stays
    as it is."""
    return _by_shape(cut_credentials(text))


def _by_shape(text: str) -> str:
    text = _COLOUR.sub("", text) if "\x1b[" in text else text
    low = _lower(text)
    if len(text) <= _SHORT and not _any_sign().search(low):
        return text
    cut = cut_keys(text) if "PRIVATE KEY" in text else text
    for shape in _candidate_shapes(text, low):
        cut = shape.cut(cut)
    if len(text) > _SHORT or _reader_sign().search(low):
        for reader in _READERS:
            if any(sign in low for sign in reader.signs):
                cut = reader.cut(cut)
    if any(root in low for root in ROOTS):
        cut = cut_settings(cut, low if cut is text else _lower(cut))
    return cut


@cache
def _reader_sign() -> re.Pattern[str]:
    return re.compile(_branches(sorted({sign for reader in _READERS for sign in reader.signs})))


@cache
def _any_sign() -> re.Pattern[str]:
    """All signs of the shapes and readers, in lower case, as one expression."""
    signs = (
        {sign for reader in _READERS for sign in reader.signs}
        | {hint for shape in _shapes() for hint in shape.hints}
        | set(ROOTS)
    )
    first = sorted({shape.first.lower() for shape in _shapes() if shape.first and not shape.within})
    within = {shape.first.lower() for shape in _shapes() if shape.within}
    return re.compile(f"{_branches(sorted(signs | within | {'private key'}))}|\\b(?:{_branches(first)})")


def _candidate_shapes(text: str, low: str) -> list[_Shape]:
    """Shapes whose first letters or hints occur. Tokens are long: only long words are searched."""
    order = _order()
    needed = [shape for shape in order.anywhere if shape.is_hinted(low)]
    words = " ".join({word for word in text.split() if len(word) >= _SHORTEST_TOKEN})
    if not words:
        return needed
    low_words = words.lower()
    needed += [shape for shape in order.hinted if shape.is_hinted(low_words)]
    needed += [shape for shape in order.within if shape.first in words]
    if found := set(_first_letters().findall(words)):
        needed += [shape for shape in order.first if shape.first.startswith(tuple(found))]
    return needed


class _Order(NamedTuple):
    """Shapes by search method."""

    anywhere: tuple[_Shape, ...]
    hinted: tuple[_Shape, ...]
    within: tuple[_Shape, ...]
    first: tuple[_Shape, ...]


@cache
def _order() -> _Order:
    shapes = _shapes()
    return _Order(
        tuple(s for s in shapes if s.anywhere),
        tuple(s for s in shapes if s.hints and not s.anywhere),
        tuple(s for s in shapes if s.within),
        tuple(s for s in shapes if s.first and not s.within),
    )


@cache
def _first_letters() -> re.Pattern[str]:
    """All token beginnings as one expression that looks at each letter once."""
    return re.compile(rf"\b(?:{_branches(sorted({s.first for s in _shapes() if s.first and not s.within}))})")


def _branches(words: list[str]) -> str:
    """Sorted words as one expression; where one begins another, the shorter stands for both."""
    parts: list[str] = []
    for _, group in groupby(words, key=lambda word: word[0]):
        alike = list(group)
        # All that they share at once: a group for each letter takes three times as long to compile.
        head = "".join(a for a, _ in takewhile(lambda ab: ab[0] == ab[1], zip(alike[0], alike[-1], strict=False)))
        tails = [word[len(head) :] for word in alike]
        parts.append(re.escape(head) + ("" if "" in tails else f"(?:{_branches(tails)})"))
    return "|".join(parts)


@lru_cache(maxsize=8192)
def _short(text: str) -> str:
    return _by_shape(text)


def redact_value(text: str) -> str:
    """`redact_text` for short texts that repeat (environment values, arguments of replicas)."""
    return _short(cut_credentials(text))


def redact_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call, with redacted texts."""
    return {name: redact_value(value) if isinstance(value, str) else value for name, value in arguments.items()}


@cache
def _starts() -> tuple[re.Pattern[bytes], ...]:
    starts = dict.fromkeys(start for s in _shapes() if s.token for start in s.starts)
    return tuple(re.compile(start) for start in starts)


_ADDRESS = re.compile(rb'://[^\s/@"\\]*[:@]')


def redact_body(body: bytes) -> bytes:
    """JSON with every secret of a token's shape cut out; shapes that could swallow a quote are cut by the tool, value
    by value."""
    body = cut_credentials_of(body)
    seen = {start.pattern for start in _starts() if start.search(body)}
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
    """The value of a setting: removed when its name denotes a secret, otherwise redacted by shape.

    Switches, small numbers, paths and references stay readable, because faults hide in them and secrets do not.
    """
    return _named(name, cut_credentials(value))


def redact_label(name: str, value: str) -> str:
    """The value of a label: a label selects objects, so it is removed only when name and value both denote a secret."""
    return redact_named(name, value) if secret_kind(name) and is_random(value) else value


@lru_cache(maxsize=4096)
def _command(words: tuple[str, ...], program: str) -> tuple[str, ...]:
    each = [_by_shape(word) for word in words]
    gap = '", "'
    head = f'{program} "'
    cut = _by_shape(f'{head}{gap.join(each)}"')[len(head) : -1].split(gap)
    if len(cut) == len(each):
        return tuple(cut)
    before = ["", *words[:-1]]
    return tuple(
        _named(b.lstrip("-"), w) if b.startswith("-") and "=" not in b else w for b, w in zip(before, each, strict=True)
    )


def redact_command(words: Sequence[str], program: str = "") -> list[str]:
    """The redacted words of a command line, where a flag and its value may be two; `program` receives them where the
    words do not name it."""
    return list(_command(tuple(cut_credentials(word) for word in words), program))


def redact_tree(value: Any) -> Any:
    """A JSON value with every text redacted by its shape and its name."""
    if isinstance(value, str):
        return redact_value(value)
    if isinstance(value, dict):
        held = cast("dict[str, Any]", value)
        return {key: redact_named(str(key), v) if isinstance(v, str) else redact_tree(v) for key, v in held.items()}
    if isinstance(value, list | tuple):
        return [redact_tree(item) for item in cast("list[Any]", value)]
    return value


def names_secret(name: str, value: str) -> bool:
    """Whether the name denotes a secret, and the value could be one."""
    return holds_secret(name, value)
