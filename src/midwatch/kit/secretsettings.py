"""Cuts the values of secret settings out of any text: `password=x`, JSON (escaped as often as one likes), YAML, flags,
sentences.

The names are looked for at memory's speed; what stands around each one found is read with expressions anchored there,
so that the time grows with the length of the text and no faster.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from midwatch.kit.secretnames import (
    SecretKind,
    could_be_secret,
    is_ordinary,
    is_random,
    is_secret_in_prose,
    secret_kind,
)

ROOTS = (
    "pass",
    "pw",
    "secret",
    "token",
    "key",
    "cred",
    "auth",
    "dsn",
    "jwt",
    "sig",
    "cookie",
    "session",
    "kennwort",
    "psk",
    "_pat",
    "_salt",
)
MARK = "[REDACTED:secret]"
_MARKED = "[REDACTED:"
_LONGEST = 8192  # characters of one value
_NAME_CHARS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
_BEFORE_KEY = ("api", "secret", "access", "private", "account", "encryption", "signing", "master", "auth")

QUOTE = r"""(?:\\{0,31}+(?:["'`]|u0022|u0027)|&quot;|&\#3[49];|%2[27])"""
_REST = re.compile(r"[\w.-]{0,80}+")
_SEPARATOR = re.compile(
    rf"""
    (?P<object>(?:{QUOTE},\s{{0,80}}+|{QUOTE}?\s{{1,80}}+){QUOTE}?value{QUOTE}?[ \t]{{0,4}}+[:=][ \t]{{0,8}}+)
    |(?P<pair>{QUOTE}\s{{0,8}}+,\s{{0,80}}+b?(?={QUOTE}))
    |(?P<json>{QUOTE}\s{{0,80}}+(?:=>|:=|:|=|%3[Aa]|\][ ]{{0,4}}+=[ ]{{0,4}}+(?={QUOTE}))
        \s{{0,80}}+(?:\[\s{{0,80}}+)?)
    |(?P<assign>\]?[ \t\u00a0]{{0,60}}+(?:=>|->|:=|={{1,2}}+|%3[AaDd]|,[ ]?<<)[ \t\u00a0]{{0,8}}+
        (?:\\\r?\n[ \t]{{0,80}}+)?\(?)
    |(?P<colon>(?:(?:[ ]is[ ]generated)?[ ]for[ ](?:user[ ])?[\w.@-]{{1,60}}+)?[ \t]{{0,2}}+:[ \t]{{0,80}}+
        (?:!!\w{{1,10}}+[ ])?)
    |(?P<xml>(?:{QUOTE}\s{{0,8}}+)?>(?=[^<>\s]))
    |(?P<prose>(?:[ ](?:value|text)|[ ]for[ ](?:user[ ])?[\w.@-]{{1,60}}+)?
        [ ](?:is|was|equals|set[ ]to|changed[ ]to)(?:[ ]now)?:?[ ]{{1,4}}+)
    |(?P<next>[ ](?={QUOTE}|[^\s\[]))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FLAG = re.compile(rf"(?:{QUOTE})?(?:,\s{{0,80}}+|[ \t]{{1,4}}+|\n[ \t]{{0,80}}+-[ \t]{{1,4}}+)(?!-)|=")
_OPEN = re.compile(QUOTE)
_BARE = re.compile(
    r"""(?:[^\s"'`&,;<\\]++|&(?![\w.%\[\]-]{1,60}=|amp;|quot;|\#3)|[,;](?!\s|["'\\{]|\Z|[\w. -]{1,40}[=:])|<(?!/)"""
    r"""|\\(?!\\{0,31}["'])|["'](?![\s,;)\]}:]|\Z))++"""
)
_CHANGED = re.compile(
    rf"[ ]{{1,4}}+[-=]>[ ]{{1,4}}+(?={QUOTE})"
)  # a plan of Terraform: the old value, then the new one
_NEXT_ITEM = re.compile(rf"\s{{0,80}}+,\s{{0,80}}+(?={QUOTE})")
_BLOCK = re.compile(r"[|>][+-]?\d?[ \t]{0,8}+(?:\r?\n)")
_HEREDOC = re.compile(r"<<[-~]?['\"]?(?P<end>\w{1,40})['\"]?[ \t]{0,8}+(?:\r?\n|\Z)")  # of Terraform, of a shell
_ATTRIBUTE = re.compile(r"(?:name|key)=\\{0,7}+[\"']\Z", re.IGNORECASE)  # `<property name="password">x</property>`
_PAIR_STARTS = re.compile(rf"[\[({{]\s{{0,8}}+b?{QUOTE}\Z")
_PAIR_ENDS = re.compile(r"\s{0,8}+[\])}]")
_SHOWN = re.compile(r"<[^<>\n]{1,300}>")
_LINE_START = re.compile(r"[\s>|*#<-]{0,80}\Z")
_NEW_ENTRY = re.compile(r"\n(?:[{\[]|\d{4}-|\d\d:|[A-Z]{3,5} |\w+:)")
_ARN = re.compile(r"arn:aws[\w:/*.-]{1,200}")
_HEADERS = ("x-", "private-token", "job-token", "deploy-token")
_STRUCTURE = re.compile(r"[{\[](?:[\"'\s\\}\]{\[]|\w{1,60}[:=]|\Z)")
_BLOCK_LINES = 200
_CLOSERS = {")": "(", "]": "[", "}": "{", ">": "<"}


class _Name(NamedTuple):
    """A name in the text: its start and end, and the kind of its value."""

    start: int
    end: int
    kind: SecretKind
    spelled: str

    @property
    def flag(self) -> bool:
        return self.spelled.startswith("-")


class _Value(NamedTuple):
    """A value from `start` to `end`; `after` is the position behind its closing quote."""

    start: int
    end: int
    after: int
    quote: str = ""


class _BareEnd:
    """End of a value without quotes: the same for all places within it, so that a long one is read once and not for
    each name in it."""

    def __init__(self) -> None:
        self._end = 0

    def find(self, text: str, at: int) -> int:
        if at >= self._end:
            found = _BARE.match(text, at, at + _LONGEST)
            self._end = found.end() if found else at
        return self._end


def cut_settings(text: str, low: str) -> str:
    """The text without the values of secret settings. `low` is the text in lower case, of the same length."""
    pieces: list[str] = []
    done = 0
    bare = _BareEnd()
    for place in _places(low):
        if place < done:
            continue
        name = _name(text, low, place)
        if name is None:
            continue
        for value in _values(text, name, bare):
            if value.start >= done:
                pieces += (text[done : value.start], MARK)
                done = value.end
    return "".join((*pieces, text[done:])) if pieces else text


def _places(low: str) -> list[int]:
    found: list[int] = []
    for root in ROOTS:
        place = low.find(root)
        while place >= 0:
            found.append(place)
            place = low.find(root, place + len(root))
    found.sort()
    return found


def _name(text: str, low: str, place: int) -> _Name | None:
    """The whole name around the root at `place`; None where it names no secret."""
    rest = _REST.match(text, place)
    end = rest.end() if rest else place
    before = text[max(0, place - 80) : place]
    start = place - (len(before) - len(before.rstrip(_NAME_CHARS)))
    if start == place and low.startswith("key", place):
        word = low[max(0, place - 12) : place].rstrip(" ")
        known = next((w for w in _BEFORE_KEY if word.endswith(w)), "")
        start = low.rfind(known, 0, place) if known else start
    spelled = text[start:end].rstrip(".-")
    kind = secret_kind(spelled)
    return _Name(start, start + len(spelled), kind, spelled) if kind else None


def _values(text: str, name: _Name, bare: _BareEnd) -> Iterator[_Value]:
    """Values to cut out behind a name."""
    found = _FLAG.match(text, name.end) if name.flag else None
    form = "flag" if found else ""
    if found is None:
        found = _SEPARATOR.match(text, name.end)
        form = (found.lastgroup or "") if found else ""
    if found is None:
        return
    if _SHOWN.match(text, found.end()) or _is_part_of_a_name(text, name, form, found.end()):
        return  # `<set to the key 'x' in secret 'y'>`
    if (lines := _lines(text, name, form, found.end())) is not None:
        yield from lines
        return
    value = (
        _value(text, found.end(), bare, wide=_takes_rest_of_line(text, name, form))
        if form != "xml"
        else _element(text, found.end())
    )
    if value is None or not _cuts(text, name, form, found[0], value):
        return
    yield value
    following = _NEXT_ITEM if "[" in found[0] else _CHANGED
    while value.quote and (more := following.match(text, value.after)):
        value = _value(text, more.end(), bare, wide=False)
        if value is None:
            return
        yield value


def _is_part_of_a_name(text: str, name: _Name, form: str, at: int) -> bool:
    """Whether the root is the end of a file's name, of an address in quotes (`Post "https://a/token": dial tcp`), or a
    part of an ARN."""
    if form not in ("colon", "json"):
        return False
    before = text[max(0, name.start - 200) : name.start]
    in_path = text[name.start - 1 : name.start] == "/" and not (form == "json" and _OPEN.match(text, at))
    return in_path or _ARN.fullmatch(before[before.rfind("arn:aws") :]) is not None


def _takes_rest_of_line(text: str, name: _Name, form: str) -> bool:
    """Whether this is a line of YAML or of a dialog: its value is the rest of the line, blanks included."""
    return form == "colon" and name.kind is SecretKind.PASSWORD and _at_line_start(text, name)


def _at_line_start(text: str, name: _Name) -> bool:
    line = text.rfind("\n", max(0, name.start - 80), name.start) + 1
    return (line > 0 or name.start <= 80) and _LINE_START.match(text, line, name.start) is not None


def _value(text: str, at: int, bare: _BareEnd, *, wide: bool) -> _Value | None:
    opened = _OPEN.match(text, at)
    if opened:
        if opened[0] in ("'", '"') and text.startswith(opened[0] * 2, opened.end()):
            return _triple_quoted(text, opened.end() + 2, opened[0] * 3)
        end = _closing(text, opened.end(), opened[0])
        return _Value(opened.end(), end, min(len(text), end + len(opened[0])), opened[0])
    if wide:
        end = text.find("\n", at, at + _LONGEST)
        line = text[at : end if end >= 0 else at + _LONGEST].partition(" #")[0].rstrip()
        return _Value(at, at + len(line), at + len(line)) if line else None
    end = _without_punctuation(text, at, bare.find(text, at))
    return _Value(at, end, end) if end > at else None


def _triple_quoted(text: str, start: int, quote: str) -> _Value:
    """A triple-quoted string of TOML or Python, which may have several lines."""
    end = text.find(quote, start, start + _LONGEST)
    end = end if end >= 0 else min(len(text), start + _LONGEST)
    return _Value(start, end, min(len(text), end + len(quote)), quote)


def _element(text: str, at: int) -> _Value | None:
    """Content of an XML element."""
    end = text.find("</", at, at + _LONGEST)
    return _Value(at, end, end) if end > at else None


def _without_punctuation(text: str, start: int, end: int) -> int:
    """The value without the punctuation or bracket of its sentence."""
    while end > start and (
        (last := text[end - 1]) in ",;" or (last in _CLOSERS and text.find(_CLOSERS[last], start, end) < 0)
    ):
        end -= 1
    return end


def _closing(text: str, start: int, quote: str) -> int:
    """End of the value that was opened with `quote`, which may be escaped: with 1 backslash in JSON in a string, with 3
    below that."""
    limit = min(len(text), start + _LONGEST)
    if quote[0] in "&%" or quote.endswith(("u0022", "u0027")):
        found = text.find(quote, start, limit)
    else:
        found = _unescaped(text, start, limit, quote)
    if found >= 0 and not _NEW_ENTRY.search(text, start, found):
        return found
    line = text.find("\n", start, limit)
    return line if line >= 0 else limit


def _unescaped(text: str, start: int, limit: int, quote: str) -> int:
    depth, sign = len(quote) - 1, quote[-1]
    at = text.find(sign, start, limit)
    while at >= 0:
        run = at - start - len(text[start:at].rstrip("\\")) if text[at - 1 : at] == "\\" else 0
        ends = run < depth or (run - depth) % (2 * (depth + 1)) == 0
        if ends and not (sign == "'" and text[at + 1 : at + 2].isalnum()):
            return at - min(run, depth)
        at = text.find(sign, at + 1, limit)
    return -1


def _cuts(text: str, name: _Name, form: str, separator: str, found: _Value) -> bool:
    value = text[found.start : found.end]
    if value.startswith(_MARKED) or (not found.quote and _STRUCTURE.match(value)):
        return False
    if _MARKED in value and name.kind in (SecretKind.AUTH, SecretKind.LONG):
        return False
    match form:
        case "flag":
            return could_be_secret(name.kind, value) and (bool(found.quote) or not is_ordinary(value))
        case "json" | "xml" | "assign" | "pair":
            return _is_assignment(text, name, form, separator, found) and could_be_secret(
                name.kind, value, name.spelled
            )
        case "object":
            written = "\n" in separator or _OPEN.search(separator) is not None
            return could_be_secret(name.kind, value) if written else is_secret_in_prose(name.kind, value)
        case "colon":
            return _after_colon(text, name, found, value)
        case "prose":
            return is_secret_in_prose(name.kind, value)
        case _:
            return _follows_name(name, found, value)


def _after_colon(text: str, name: _Name, found: _Value, value: str) -> bool:
    if name.kind is SecretKind.PASSWORD:
        return could_be_secret(name.kind, value) and not (not found.quote and is_ordinary(value))
    line = text[found.after : found.after + 80].partition("\n")[0].strip(" \t\r,;}])")
    whole = not line or line.startswith("#")
    if (whole and _at_line_start(text, name)) or name.spelled.lower().startswith(_HEADERS):
        return could_be_secret(name.kind, value, name.spelled)
    return is_secret_in_prose(name.kind, value)


def _follows_name(name: _Name, found: _Value, value: str) -> bool:
    """Whether a value directly behind the name is a secret: `the password 'X y' was wrong`, `password hunter2`. That
    form is usual for passwords; with Secrets and tokens it gives their names."""
    if found.quote and name.spelled.lower().startswith("x-"):
        return could_be_secret(name.kind, value, name.spelled)
    if found.quote:
        random = len(value) >= 16 and is_random(value) and "token" in name.spelled.lower()
        return (name.kind is SecretKind.PASSWORD and is_secret_in_prose(name.kind, value)) or random
    alike = value.isidentifier() or any(c in value for c in "!@#$%^&*")
    return name.kind is SecretKind.PASSWORD and alike and is_random(value) and is_secret_in_prose(name.kind, value)


def _is_assignment(text: str, name: _Name, form: str, separator: str, found: _Value) -> bool:
    """Whether name and value belong together. `["sessionid", "x9…"]` (a list of headers or cookies): exactly two, or it
    is a list of names. `<property name="password">x</property>`: no other attribute than the name."""
    value = text[found.start : found.end]
    if form == "xml" and separator != ">":
        named = _ATTRIBUTE.search(text, max(0, name.start - 16), name.start)
        return named is not None and is_secret_in_prose(name.kind, value)
    if form != "pair":
        return True
    starts = _PAIR_STARTS.search(text, max(0, name.start - 48), name.start)
    two = starts is not None and _PAIR_ENDS.match(text, found.after) is not None
    return two and is_random(value) and " " not in value.strip()


def _lines(text: str, name: _Name, form: str, at: int) -> Iterator[_Value] | None:
    """The value if it is a block of lines; else None."""
    if form == "colon" and _BLOCK.match(text, at):
        return _block(text, name, at)
    heredoc = _HEREDOC.match(text, at) if form == "assign" else None
    return _heredoc(text, name, heredoc) if heredoc else None


def _heredoc(text: str, name: _Name, opened: re.Match[str]) -> Iterator[_Value]:
    """The lines up to the terminator line; without one, up to the limit of one value."""
    if name.kind not in (SecretKind.PASSWORD, SecretKind.SECRET):
        return
    at = opened.end()
    limit = stop = min(len(text), at + _LONGEST)
    while at < limit:
        end = text.find("\n", at, limit)
        end = end if end >= 0 else limit
        if text[at:end].strip() == opened["end"]:
            stop = at
            break
        at = end + 1
    inner = text[opened.end() : stop]
    first = opened.end() + len(inner) - len(inner.lstrip())
    last = opened.end() + len(inner.rstrip())
    if last > first and not text.startswith(_MARKED, first):
        yield _Value(first, last, last)


def _block(text: str, name: _Name, at: int) -> Iterator[_Value]:
    """A YAML block: all lines that are indented deeper than the line of the name."""
    opened = _BLOCK.match(text, at)
    if opened is None or name.kind not in (SecretKind.PASSWORD, SecretKind.SECRET):
        return
    line = text.rfind("\n", max(0, name.start - 200), name.start) + 1
    indent = len(text[line : name.start]) - len(text[line : name.start].lstrip(" "))
    start = end = opened.end()
    for _ in range(_BLOCK_LINES):
        stop = text.find("\n", end)
        stop = stop if stop >= 0 else len(text)
        content = text[end:stop]
        if content.strip() and len(content) - len(content.lstrip(" ")) <= indent:
            break
        end = min(len(text), stop + 1)
        if stop == len(text):
            break
    inner = text[start:end]
    first = start + len(inner) - len(inner.lstrip())
    last = end - (len(inner) - len(inner.rstrip()))
    if last > first and not text.startswith(_MARKED, first):
        yield _Value(first, last, last)
