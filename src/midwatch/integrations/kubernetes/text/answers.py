"""What kubectl says when it has nothing to show: no resources, not found, forbidden."""

import re

_EMPTY = re.compile(r"No resources found(?: in (?P<namespace>\S+) namespace)?\.?\s*")
_ERROR = re.compile(
    r"(?:Error from server(?: \([A-Za-z]+\))?: |error: |Error: |The connection to the server |Unable to connect to "
    r"the server).+",
    re.DOTALL,
)
_REFUSED = re.compile(
    r"Error from server \((?:Forbidden|NotFound|BadRequest|Unauthorized|ServiceUnavailable|Timeout|InternalError)\): .+"
)


def empty_namespace(line: str) -> str | None:
    """The namespace that is said to hold nothing; "" for all or a kind without namespaces; None for another line."""
    match = _EMPTY.fullmatch(line)
    return (match["namespace"] or "") if match else None


def error(line: str, *, sure: bool) -> bool:
    """`sure`: the text is a command's answer; otherwise only the server's own wording counts."""
    return bool((_ERROR if sure else _REFUSED).fullmatch(line))
