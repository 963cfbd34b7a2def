"""What kubectl says when it has nothing to show: no resources, not found, forbidden."""

import re

from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty

_EMPTY = re.compile(r"No resources found(?: in (?P<namespace>\S+) namespace)?\.?\s*")
_KLOG = re.compile(r"E\d{4} \d\d:\d\d:\d\d\.\d{1,9} +\d{1,9} [\w.-]{1,80}:\d{1,6}\] (?=\S)")
_ERROR = re.compile(
    r"(?:Error from server(?: \([A-Za-z]+\))?: |error: |Error: |The connection to the server |Unable to connect to "
    r"the server|error when |couldn't get current server API group list|"
    r"The [A-Za-z.]{1,80} \"[^\"]{0,253}\" is invalid: )"
    r".+",
    re.DOTALL,
)
_REFUSED = re.compile(
    r"(?:Error from server(?: \((?:[A-Z][A-Za-z]+)\))?: |"
    r"error when (?:evicting|creating|applying|retrieving|replacing|"
    r"patching|deleting) |The connection to the server \S+ was refused|Unable to connect to the server: |couldn't get "
    r"current server API group list: |The [A-Z][A-Za-z.]{1,80} \"[^\"]{0,253}\" is invalid: |"
    r"Error: (?:INSTALLATION|UPGRADE) FAILED: |error: (?:unable to |the server |no matches for kind |"
    r"resource mapping not found |timed out waiting |"
    r"You must be logged in |error upgrading connection: |failed to create |deployment \"|cannot delete )).+",
    re.DOTALL,
)
# Of single objects, and of what is a state and no fault of its own.
_NO_FAULT = re.compile(
    r"Error from server \(NotFound\)|.*(?: is waiting to start|previous terminated container|the server doesn't have a "
    r"resource type|\(AlreadyExists\))"
)


def empty_namespace(line: str) -> str | None:
    """The namespace that is said to hold nothing; "" for all or a kind without namespaces; None for another line."""
    match = _EMPTY.fullmatch(line)
    return (match["namespace"] or "") if match else None


def error(line: str, *, sure: bool) -> bool:
    """`sure`: the text is a command's answer; otherwise only the server's own wording counts."""
    said = _KLOG.sub("", line[:200], count=1) + line[200:]
    return bool((_ERROR if sure else _REFUSED).fullmatch(said))


def command_error(line: str, where: str, command: str, namespace: str) -> Json | None:
    """The refusal as an object: `where` names the text and the line. None for what says only that there is nothing."""
    if _NO_FAULT.match(line[:2000]):
        return None
    message = _KLOG.sub("", line[:200], count=1) + line[200:]
    return without_empty(
        kind="CommandError", metadata={"name": where}, command=command, message=message.strip(), place=namespace
    )
