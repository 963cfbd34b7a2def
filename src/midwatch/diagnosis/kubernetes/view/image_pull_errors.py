"""Image pull errors of containerd, CRI-O and Docker, grouped by the fix they need."""

import re
from dataclasses import dataclass

# Order matters: a message often holds several of these ("failed to resolve reference …: dial tcp: lookup …: i/o
# timeout"), and the more particular one comes first.
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (code, re.compile(pattern, re.IGNORECASE))
    for code, pattern in (
        ("K8S-117", r"toomanyrequests|429 too many requests|pull rate limit|rate exceeded"),
        ("K8S-119", r"no space left on device"),
        (
            "K8S-118",
            r"no match for platform|no matching manifest for|no image found in (?:manifest list|image index)|exec "
            r"format error"
            r"|image operating system \S+ cannot be used",
        ),
        (
            "K8S-114",
            r"no such host|server misbehaving|temporary failure in name resolution"
            r"|lookup \S{1,255} on \S{1,100}: [^\"]{0,255}i/o timeout|lookup \S{1,255}: i/o timeout",
        ),
        ("K8S-126", r"server gave HTTP response to HTTPS client"),
        ("K8S-116", r"x509: [^\"]{0,120}|tls: failed to verify|remote error: tls|tls: first record does not look like"),
        (
            "K8S-111",
            r"(?:repository )?does not exist or may require|requested access to the resource is "
            r"denied|insufficient_scope"
            r"|\(or it may not exist\)|does not exist or no (?:pull )?access",
        ),
        (
            "K8S-112",
            r"no basic auth credentials|40[13] (?:unauthorized|forbidden)|failed to fetch (?:anonymous|oauth) "
            r"token|authentication required"
            r"|incorrect username or password|authorization failed|unauthorized|access forbidden|\bdenied\b|status "
            r"code 40[13]",
        ),
        (
            "K8S-128",
            r"name unknown|repository name not known|NAME_UNKNOWN|repository with name [^\"]{0,120} does not exist",
        ),
        (
            "K8S-110",
            r"manifest unknown|manifest for \S+ not found|code = NotFound|404 not found|: not "
            r"found|MANIFEST_UNKNOWN|does not exist",
        ),
        (
            "K8S-115",
            r"i/o timeout|connection refused|connection reset by peer|no route to host|network is unreachable|TLS "
            r"handshake timeout"
            r"|context deadline exceeded|Client\.Timeout|request canceled|unexpected EOF|proxyconnect",
        ),
        (
            "K8S-127",
            r"50[0234] (?:internal server error|bad gateway|service unavailable|gateway timeout)|received unexpected "
            r"HTTP status: 5\d\d",
        ),
        ("K8S-121", r"invalid reference format|couldn't parse image (?:name|reference)"),
    )
)
_ANONYMOUS = re.compile(r"failed to fetch anonymous token", re.IGNORECASE)
_LOOKUP = re.compile(r"lookup (\S+?)(?: on \S+)?:")


@dataclass(frozen=True)
class PullError:
    """`sign` is the part of the message that decided."""

    code: str
    sign: str


def refusal(message: str) -> PullError | None:
    """Why a pull failed, or None when the message gives no reason."""
    for code, pattern in _SIGNS:
        if match := pattern.search(message):
            return PullError(code, match[0])
    return None


def looked_up(message: str) -> str:
    """The host name that did not resolve; "" when the message does not name it."""
    match = _LOOKUP.search(message)
    return match[1] if match else ""


def without_credentials(message: str) -> bool:
    """The registry was asked without any credentials."""
    return _ANONYMOUS.search(message) is not None


@dataclass(frozen=True)
class ImageReference:
    """`reg.example:5000/team/app:1.2` taken apart; Docker Hub is what an image without a registry means."""

    registry: str
    repository: str
    tag: str

    @classmethod
    def parse(cls, image: str) -> "ImageReference":
        name, _, digest = image.partition("@")
        head, slash, rest = name.partition("/")
        hosted = bool(slash) and ("." in head or ":" in head or head == "localhost")
        registry, path = (head, rest) if hosted else ("docker.io", name)
        path, _, tag = path.partition(":")
        if registry == "docker.io" and "/" not in path:
            path = f"library/{path}"
        return cls(registry, path, digest or tag or "latest")
