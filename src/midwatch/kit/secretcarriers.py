"""Cuts secrets out of structured carriers by their own grammar: addresses, headers, command lines, PEM blocks."""

import re
from collections.abc import Callable

from midwatch.kit.secretnames import is_ordinary, is_random

_MARKED = "[REDACTED:"
_LONGEST_ADDRESS = 1024
_END_OF_ADDRESS = re.compile(r"[\s\"'<>`\\]|://")
_PORT = re.compile(r"\d{1,5}(?:[/?#,]|\Z)")
_DATABASES = (
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "mongodb",
    "redis",
    "rediss",
    "amqp",
    "amqps",
    "clickhouse",
    "mssql",
    "sqlserver",
)
_SCHEME = re.compile(r"[A-Za-z0-9+.-]{1,24}\Z")
_TCP = re.compile(r"(?<!REDACTED):([^\s:@\"']{1,200}+)@(?=(?:tcp|unix|udp)\()")
_ORACLE = re.compile(r"(?:\bthin:|\boci:|\bsqlplus[ \t]{1,4}+)[\w$#]{1,60}+/([^\s@\"']{1,200}+)@")
_JAAS = re.compile(r"LoginModule\s[^;]{1,2000}+")
_JAAS_USER = re.compile(r"""\buser_[\w.-]{1,60}+[ \t]{0,4}+=[ \t]{0,4}+\\{0,7}+["']([^"'\\\n]{1,200}+)""")
_IMAGE = re.compile(r"(?i)image\W{1,4}[\w.%+-]{1,64}:([^\s@\"'/]{3,200}+)@(?!sha\d)")


def cut_addresses(text: str) -> str:
    """Passwords of addresses, up to the last @ of the address, and tokens that stand in the place of a user."""
    pieces: list[str] = []
    done = 0
    at = text.find("://")
    while at >= 0:
        start = at + 3
        stop = _END_OF_ADDRESS.search(text, start, start + _LONGEST_ADDRESS)
        end = stop.start() if stop else min(len(text), start + _LONGEST_ADDRESS)
        for first, last in _userinfo(text, at, start, end):
            pieces += (text[done:first], "[REDACTED:url-password]")
            done = last
        at = text.find("://", start)
    return "".join((*pieces, text[done:])) if pieces else text


def _userinfo(text: str, scheme_end: int, start: int, end: int) -> list[tuple[int, int]]:
    last = text.rfind("@", start, end)
    if last < 0 or text[start] == "[":
        return []
    found = _SCHEME.search(text, max(0, scheme_end - 24), scheme_end)
    scheme = found[0].lower().partition("+")[0] if found else ""
    colon = text.find(":", start, last)
    slash = min((p for sign in "/?#" if (p := text.find(sign, start, last)) >= 0), default=last)
    if colon < 0 or slash < colon:
        user = text[start : min(text.find("@", start, end), slash)]
        secret = slash == last and (_could_be_token(user) or (scheme.startswith("redis") and user != "default"))
        return [(start, start + len(user))] if secret and not user.startswith(_MARKED) else []
    if text.startswith(_MARKED, colon + 1):
        return []
    if scheme not in _DATABASES and _PORT.match(text, colon + 1, last):
        return []
    if scheme not in _DATABASES and slash < last:
        last = _last_sign(text, colon, slash, last)
    cut = [(colon + 1, last)] if last > colon + 1 and not _is_reference(text[colon + 1 : last]) else []
    return [(start, colon), *cut] if _could_be_token(text[start:colon]) else cut


def _last_sign(text: str, colon: int, slash: int, last: int) -> int:
    """Position of the @ that ends the login. A path may hold an @ of its own: before the first slash the last @ counts,
    if there is one."""
    before = text.rfind("@", colon, slash)
    return before if before >= 0 else last


def _is_reference(value: str) -> bool:
    return (
        re.fullmatch(r"\$\{?[\w.:-]{1,100}\}?|\$\([\w.-]{1,100}\)|<[^>]{1,60}>|\*+|x{3,}|%s|\{\w*\}|\.\.\.", value)
        is not None
    )


def _could_be_token(user: str) -> bool:
    return len(user) >= 16 and is_random(user.replace("%", "")) and not user.startswith(_MARKED)


def cut_connections(text: str) -> str:
    """`user:password@tcp(host:3306)/db` of Go's MySQL driver, an image with the registry's password, and the users that
    a login module of Java (JAAS) lists."""
    if "LoginModule" in text:
        text = _JAAS.sub(lambda module: _JAAS_USER.sub(_group("secret"), module[0]), text)
    text = _ORACLE.sub(_group("url-password"), text)
    return _IMAGE.sub(_group("url-password"), _TCP.sub(_group("url-password"), text))


_SCHEMES = (
    r"Basic|Bearer|Token|Digest|ApiKey|Api-Key|Key|Negotiate|NTLM|SSWS|GenieKey|OAuth|Splunk|AWS4-HMAC-SHA256|HMAC|GoogleLogin|Hawk|MAC|JWT|"
    r"PVEAPIToken|SharedKey|SharedAccessSignature|Klaviyo-API-Key|Discogs|Bot|X-Auth"
)
_SEP = r"""(?:\\{0,31}+["'`])?\s{0,4}+(?:=>|[:=])\s{0,4}+(?:\[(?!REDACTED)\s{0,4}+)?(?:\\{0,31}+["'`])?[ \t]{0,4}+"""
_AUTHORIZATION = re.compile(
    rf"(?i)authorization{_SEP}(?:(?P<scheme>{_SCHEMES})[ \t]{{1,4}}+)?(?P<value>[^\s\"'`\\,;]{{1,4096}}+)"
)
_PARAMETER = r"""[\w-]{1,40}+=(?:\\{0,31}+"[^"\\]{0,1024}+\\{0,31}+"|[^\s,"'\\]{0,1024}+)"""
_PARAMETERS = re.compile(
    rf"(?i)authorization{_SEP}(?P<scheme>[\w-]{{2,40}}+)[ "
    rf"\t]{{1,4}}+(?P<value>{_PARAMETER}(?:\s{{0,2}}+,\s{{0,2}}+{_PARAMETER}){{0,30}}+)"
)
_BEARER = re.compile(r"(?i)\bbearer(?:[ \t]{1,4}+|%20|\\u0020|:[ \t]{0,2}+|=)(?P<value>[A-Za-z0-9._~+/=%|-]{6,4096}+)")
_BASIC = re.compile(r"\b(?i:basic)(?:[ \t]{1,4}+|%20)(?P<value>[A-Za-z0-9+/_-]{8,4096}+={0,2})(?![\w=])")
_LISTED = r"""\\{0,31}+["'`]\s{0,4}+,\s{0,8}+b?\\{0,31}+["'`]"""  # `'Set-Cookie', 'sid=x'`
_COOKIE = re.compile(
    rf"""(?i)cookies?(?:{_SEP}|{_LISTED})(?P<value>[\w.!#$%&*+^|~-]{{1,128}}+=[^\s;"'`\\]{{1,4096}}+"""
    r"""(?:;[ ]?[\w.!#$%&*+^|~-]{1,128}+(?:=[^\s;"'`\\]{0,4096}+)?)*+)"""
)
_ATTRIBUTES = re.compile(r"(?i)(?:path|domain|max-age|expires|samesite)=")


def cut_headers(text: str) -> str:
    """Authorization in any scheme, Cookie and Set-Cookie, however they are quoted."""
    text = _PARAMETERS.sub(_parameters, text)
    text = _AUTHORIZATION.sub(_authorization, text)
    text = _BEARER.sub(_unless_ordinary("bearer"), text)
    return _BASIC.sub(_basic, text)


def cut_cookies(text: str) -> str:
    return _COOKIE.sub(_cookie, text)


def _parameters(match: re.Match[str]) -> str:
    """All parameters of an authorization header (`Digest username="x", response="…"`): the secret ones differ from
    scheme to scheme."""
    value = match["value"]
    if match["scheme"].lower() == "token" and _MARKED in value:
        return match[0]
    if (
        match["scheme"].lower() in ("basic", "bearer")
        or value.startswith(_MARKED)
        or value.lower().startswith("realm=")
    ):
        return match[0]
    return match[0][: -len(value)] + "[REDACTED:authorization]"


def _authorization(match: re.Match[str]) -> str:
    value, scheme = match["value"], (match["scheme"] or "").lower()
    if _MARKED in value or (scheme and is_ordinary(value)) or value.lower().startswith("realm="):
        return match[0]
    if not scheme and not (len(value) >= 8 and is_random(value)):
        return match[0]
    kind = {"basic": "basic-auth", "bearer": "bearer"}.get(scheme, "authorization")
    return match[0][: match.start("value") - match.start()] + f"[REDACTED:{kind}]"


def _basic(match: re.Match[str]) -> str:
    value = match["value"]
    mixed = any(c.isdigit() or c in "+/=" for c in value) or (
        any(c.isupper() for c in value[1:]) and any(c.islower() for c in value)
    )
    return match[0] if not mixed or is_ordinary(value) else match[0][: -len(value)] + "[REDACTED:basic-auth]"


def _cookie(match: re.Match[str]) -> str:
    value = match["value"]
    if _MARKED in value:
        return match[0]
    parts = value.split(";")
    kept = [
        part if n and (_ATTRIBUTES.match(part.strip()) or "=" not in part) else _cookie_part(part)
        for n, part in enumerate(parts)
    ]
    return match[0][: -len(value)] + ";".join(kept)


def _cookie_part(part: str) -> str:
    name, _, _ = part.partition("=")
    return f"{name}=[REDACTED:cookie]"


_NEXT_PARAMETER = re.compile(r"[a-z_]{2,40}=[^=]")


def _unless_ordinary(kind: str) -> Callable[[re.Match[str]], str]:
    def mark(match: re.Match[str]) -> str:
        value = match["value"]
        keep = (
            is_ordinary(value)
            or _NEXT_PARAMETER.match(value)
            or value.lower().startswith(("realm=", "error=", "scope="))
            or not (is_random(value) or len(value) >= 16)
        )
        return match[0] if keep else match[0][: -len(value)] + f"[REDACTED:{kind}]"

    return mark


def _group(kind: str) -> Callable[[re.Match[str]], str]:
    def mark(match: re.Match[str]) -> str:
        start, end = match.start(1) - match.start(), match.end(1) - match.start()
        return match[0] if match[1].startswith(_MARKED) else f"{match[0][:start]}[REDACTED:{kind}]{match[0][end:]}"

    return mark
