"""Cuts secrets out of command lines whose flags have no descriptive name (`mysql -pX`, `curl -u user:X`), of SQL, and
PEM keys."""

import re

from midwatch.kit.secretnames import is_ordinary, is_random

_MARKED = "[REDACTED:"
_MARK = "[REDACTED:secret]"
# A command line is looked at up to its end, a pipe or this many characters.
_LINE = 400
_Q = r"""\\{0,31}+["']"""
_GAP = (
    r"""(?:\\{0,31}+["']?,?[ \t]{1,4}+\\{0,31}+["']?|\\{0,31}+["'],\s{0,20}+\\{0,31}+["']"""
    r"""|\n[ \t]{0,40}+-[ \t]{1,4}+\\{0,31}+["']?)"""
)
_VALUE = r"""(?P<value>(?<=["'])[^"'\n\\]{1,200}+|[^\s"'`\\|;]{1,200}+)"""
_USER_GAP = r"""(?:[ \t]{1,4}+|\\{0,31}["'],\s{0,20}+|\n[ \t]{0,40}+-[ \t]{1,4}+)"""
_QUOTED = r"""(?P<value>(?(q)[^"'\n\\]{1,200}+|[^\s"'`\\|;]{1,200}+))"""
_PROGRAMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (names, re.compile(pattern))
    for names, pattern in (
        (
            r"mysql\w{0,12}|mariadb(?:-\w{1,12})?|mycli|xtrabackup",
            rf"""(?<=[\s"'])-p(?!\\{{0,31}}["'][,\s])(?:\\{{0,31}}["'])?{_VALUE}""",
        ),
        (r"sshpass", rf"(?<=[\s\"'])-p(?:{_GAP})?{_VALUE}"),
        (r"mongo\w{0,12}|cqlsh|mosquitto_\w{3}", rf"(?<=[\s\"'])-[pP]{_GAP}{_VALUE}"),
        (r"docker|podman|nerdctl|helm|oc|az|skopeo|crane|buildah", rf"login\b.{{0,300}}?[\s\"']-[pP]{_GAP}{_VALUE}"),
        (r"redis-cli|redis-benchmark|keydb-cli|valkey-cli", rf"(?<=[\s\"'])-a(?:{_GAP}|=){_VALUE}"),
        (r"ldap(?:search|add|modify|whoami|passwd|delete)|smbclient|rpcclient", rf"(?<=[\s\"'])-w{_GAP}{_VALUE}"),
        (r"sqlcmd|bcp|sqlplus|isql", rf"(?<=[\s\"'])-P{_GAP}{_VALUE}"),
        (r"(?:un)?zip|7z|rar", rf"(?<=[\s\"'])-P{_GAP}{_VALUE}"),
        (r"vault login", r"\s{1,8}+(?P<value>[\w.-]{20,200}+)"),
        (r"rabbitmqctl", r"(?:add_user|change_password)\s{1,4}+\S{1,100}+\s{1,4}+(?P<value>[^\s\"']{1,200}+)"),
        (
            r"htpasswd",
            r"""(?<=\s)-\w{0,6}b\w{0,6}\s{1,4}+(?:\S{1,200}+\s{1,4}+)?\S{1,100}+\s{1,4}+(?P<value>[^\s"']{1,200}+)""",
        ),
        (r"openssl|keytool|java|jarsigner", r"""(?:pass|passin|passout)[ :=]pass:(?P<value>[^\s"']{1,200}+)"""),
        (
            r"curl|wget|https?|xh|aria2c",
            rf"(?<=[\s\"'])(?:-u|-U|--user|--proxy-user)(?:{_USER_GAP}|=)?(?P<q>\\{{0,31}}[\"'])?[^\s:\"']{{0,100}}+:{_QUOTED}",
        ),
    )
)
_ANY_PROGRAM = re.compile(
    "|".join(f"(?P<p{n}>(?<![\\w-])(?:{names})(?![\\w-]))" for n, (names, _) in enumerate(_PROGRAMS))
)
_END_OF_COMMAND = re.compile(r"[|;]|&&|\n(?![ \t]{0,40}+-[ \t])")
_SHORT = re.compile(rf"(?<=[\s\"'])-[pP]{_GAP}{_VALUE}")
_USER = re.compile(rf"(?<=[\s\"'])(?:-u|--user)(?:{_GAP}|=)[A-Za-z][\w.@-]{{0,60}}+:{_VALUE}")
_PUBLISHED = re.compile(r"\d+|[\w.\[\]:]*\d:\d+(?:/\w+)?|[\w.-]*/.*|[a-z]+|--?\w.*|v?\d+(?:\.\d+)+|[\w.-]+=.*")
_IDENTIFIED = re.compile(
    r"""(?i)identified(?: with \w{1,40}+)? by (?:password )?(?P<q>\\{0,31}+["'])(?P<value>[^"'\\\n]{1,200}+)"""
)
_REDIS_AUTH = re.compile(
    r"""(?<![\w-])AUTH\\{0,31}+["']? {1,2}+\\{0,31}+["']?"""
    r"""(?:default(?:\\{0,31}+["'])? (?:\\{0,31}+["'])?)?(?P<value>[^\s"'\\]{6,200}+)"""
)


def cut_commands(text: str) -> str:
    """The text without the secrets of known programs, and of `-p X`, `-u name:X` of others where X looks like one."""
    pieces: list[str] = []
    done = 0
    for match in _ANY_PROGRAM.finditer(text):
        if match.start() < done:
            continue
        end = _end_of_command(text, match.end())
        value = _PROGRAMS[int((match.lastgroup or "p0")[1:])][1].search(text, match.end(), end)
        if value and _is_given(value["value"]):
            pieces += (text[done : value.start("value")], _MARK)
            done = value.end("value")
    return _cut_others("".join((*pieces, text[done:])) if pieces else text)


def _end_of_command(text: str, start: int) -> int:
    found = _END_OF_COMMAND.search(text, start, start + _LINE)
    return found.start() if found else min(len(text), start + _LINE)


def _is_given(value: str) -> bool:
    return not value.startswith((_MARKED, "$", "%", "<", "-", "{")) and not is_ordinary(value)


def _cut_others(text: str) -> str:
    text = _IDENTIFIED.sub(_cut_value, text)
    text = _REDIS_AUTH.sub(_cut_if_random, text)
    text = _USER.sub(_cut_if_random, text)
    return _SHORT.sub(_cut_if_random, text)


def _cut_value(match: re.Match[str]) -> str:
    return match[0] if match["value"].startswith(_MARKED) else match[0][: -len(match["value"])] + _MARK


def _cut_if_random(match: re.Match[str]) -> str:
    value = match["value"]
    return _cut_value(match) if is_random(value) and not _PUBLISHED.fullmatch(value) and _is_given(value) else match[0]


_KEY_MARK = "PRIVATE KEY"
_BEGIN = re.compile(r"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}?PRIVATE KEY(?: BLOCK)?(?: ?-{4,5})?")
_END = re.compile(r"-{4,5} ?END [A-Z0-9 ]{0,40}?PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_LONGEST_KEY = 16_384
_BREAK = r"(?:\s|\\{1,32}+[nrt]|\\{0,32}+[\"'],?)"
_WHOLE_LINE = r"[A-Za-z0-9+/=]{1,76}+(?=\s*+(?:\n|\\|\Z|[\"']))"
_LINES = re.compile(
    rf"(?:{_BREAK}{{0,40}}+(?:[A-Za-z-]{{1,30}}+: [^\n\\]{{1,80}}+|[A-Za-z0-9+/_-]{{16,}}+={{0,2}}+|{_WHOLE_LINE}))*+"
)


def cut_keys(text: str) -> str:
    """The text without private keys in PEM form: whole, written in one line with \\n, or cut off at either end."""
    pieces: list[str] = []
    done = floor = 0  # nothing before `floor` is looked at again: each part of the text is read once
    at = text.find(_KEY_MARK)
    while at >= 0:
        begin = _BEGIN.search(text, max(done, at - 60), at + 40)
        if begin:
            end = _end_of_key(text, begin.end())
            last = end.end() if end else _lines_end(text, begin.end())
            if last > begin.end():
                pieces += (text[done : begin.start()], "[REDACTED:private-key]")
            done = last if last > begin.end() else done
        elif end := _END.search(text, max(done, at - 60), at + 40):
            first = _lines_start(text, max(done, floor), end.start())
            if first < end.start():
                pieces += (text[done:first], "[REDACTED:private-key]")
                done = end.end()
            floor = end.end()
        at = text.find(_KEY_MARK, max(done, at + len(_KEY_MARK)))
    return "".join((*pieces, text[done:])) if pieces else text


def _end_of_key(text: str, start: int) -> re.Match[str] | None:
    """The end that belongs to a beginning: the next key marker, unless that is a beginning too."""
    mark = text.find(_KEY_MARK, start, start + _LONGEST_KEY)
    return _END.search(text, max(start, mark - 60), mark + 40) if mark >= 0 else None


def _lines_end(text: str, start: int) -> int:
    found = _LINES.match(text, start, start + _LONGEST_KEY)
    return found.end() if found else start


def _lines_start(text: str, floor: int, end: int) -> int:
    """Position reached backwards over possible lines of base64, word by word."""
    at = end
    low = max(floor, end - _LONGEST_KEY)
    for word in reversed(re.findall(r"\\{1,32}+[nr]|[^\s\\]+|\s+|\\", text[low:end])):
        if not (word.isspace() or word.startswith("\\") or re.fullmatch(r"[\"'A-Za-z0-9+/=]{1,80}", word)):
            break
        at -= len(word)
    return at
