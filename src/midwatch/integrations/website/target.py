"""Target address of a check or redirect: validation, and its form for display."""

import re

import httpx2

from midwatch.domain.tool import ToolError
from midwatch.integrations.website.objects.sites import full
from midwatch.kit.redaction import redact_named, redact_text

_LONGEST = 2048  # characters of an address
_SHOWN = 300
_HOST = re.compile(r"[A-Za-z0-9._:-]+")


def target(url: str) -> httpx2.URL:
    """The parsed address. Raises ToolError for an invalid one, without repeating a possible password."""
    text = url.strip()
    if not text or len(text) > _LONGEST or not text.isprintable() or " " in text:
        raise ToolError("invalid URL: use a host name or an http(s) URL")
    try:
        parsed = httpx2.URL(full(text))
    except (httpx2.InvalidURL, UnicodeError) as error:
        raise ToolError("invalid URL: use a host name or an http(s) URL") from error
    allow(parsed)
    if not has_host(parsed):
        raise ToolError("invalid URL: host is missing")
    return parsed.copy_with(fragment=None)


def allow(url: httpx2.URL) -> None:
    """Raises ToolError for a scheme or address that is not allowed."""
    if url.scheme not in ("http", "https"):
        raise ToolError(f"unsupported scheme {url.scheme[:20]!r}: use http or https")
    if url.userinfo:
        raise ToolError("URLs with user name or password are refused: remove the credentials")


def has_host(url: httpx2.URL) -> bool:
    """Whether the host is a valid name or address (without escapes), and the port is valid."""
    return url.port != 0 and _HOST.fullmatch(url.raw_host.decode("ascii")) is not None


def port(url: httpx2.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def display_url(url: httpx2.URL, *, values: bool = True) -> str:
    """The address with its secrets cut out; without `values`, as for redirects, only the names of its parameters: they
    carry one-time codes."""
    pairs = [f"{name}={redact_named(name, value) if values else '…'}" for name, value in url.params.multi_items()]
    bare = str(url.copy_with(query=None, fragment=None))
    return redact_text(header_line(f"{bare}?{'&'.join(pairs)}" if pairs else bare, _SHOWN))


def header_line(text: str, longest: int) -> str:
    """Outside text as one line of printable characters: it can never look like a line of ours."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text[: longest * 4].split()))[:longest]
