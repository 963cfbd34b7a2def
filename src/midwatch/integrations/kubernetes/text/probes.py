"""`http-get http://:8080/health delay=5s timeout=1s period=10s #success=1 #failure=3` as a probe."""

import re
import shlex

from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty
from midwatch.integrations.kubernetes.text.values import int_or_text, value_of

_PROBE = re.compile(
    r"(?P<check>.*?)(?<!\s)\s++delay=(?P<delay>\d{1,9})s timeout=(?P<timeout>\d{1,9})s period=(?P<period>\d{1,9})s"
    r" #success=(?P<success>\d{1,9}) #failure=(?P<failure>\d{1,9})",
    re.DOTALL | re.ASCII,
)
_HTTP = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[^\]]*\]|[^:/]*)(?::(?P<port>[^/]*))?(?P<path>/.*)?", re.IGNORECASE
)


def probe(text: str) -> Json | None:
    match = _PROBE.match(text) if value_of(text) else None
    if not match:
        return None
    kind, _, target = match["check"].partition(" ")
    return _check(kind, target.strip()) | {
        "initialDelaySeconds": int(match["delay"]),
        "timeoutSeconds": int(match["timeout"]),
        "periodSeconds": int(match["period"]),
        "successThreshold": int(match["success"]),
        "failureThreshold": int(match["failure"]),
    }


def _check(kind: str, target: str) -> Json:
    if kind == "http-get":
        return _http(target)
    if kind == "tcp-socket":
        host, _, port = target.rpartition(":")
        return {"tcpSocket": without_empty(host=host, port=int_or_text(port))}
    if kind == "grpc":
        port, _, service = target.rpartition("<pod>:")[2].partition(" ")
        return {"grpc": without_empty(port=int_or_text(port), service=service.strip())}
    if kind == "exec":
        return {"exec": {"command": _command(target.removeprefix("[").removesuffix("]"))}}
    return {}


def _http(target: str) -> Json:
    match = _HTTP.fullmatch(target)
    if not match:
        return {}
    return {
        "httpGet": without_empty(
            scheme=match["scheme"].upper(),
            host=match["host"],
            port=int_or_text(match["port"] or ""),
            path=match["path"],
        )
    }


def _command(text: str) -> list[str]:
    """kubectl joins the words with spaces: what stood between quotes cannot be told, but a shell's script is what
    follows -c."""
    head, shell, script = text.partition(" -c ")
    if shell:
        return [*head.split(), "-c", script]
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
