"""Response headers that tell browsers and caches to keep their hands off. Set on every answer, also those the protocol
writes itself."""

from collections.abc import Iterable

Header = tuple[bytes, bytes]

JSON_POLICY = b"default-src 'none'; frame-ancestors 'none'"
PAGE_POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HSTS = (b"strict-transport-security", b"max-age=31536000")
SECURITY_HEADERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", JSON_POLICY),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)


def security_headers(url: str) -> tuple[Header, ...]:
    """`url` is how others reach the server (`server.url`): HTTPS is made permanent only where it is used."""
    return (*SECURITY_HEADERS, HSTS) if url.lower().startswith("https://") else SECURITY_HEADERS


def with_security_headers(given: Iterable[Header], wanted: tuple[Header, ...]) -> list[Header]:
    """The headers with those that are missing; a value that an answer sets itself stays."""
    headers = list(given)
    present = {name for name, _ in headers}
    headers.extend(header for header in wanted if header[0] not in present)
    return headers
