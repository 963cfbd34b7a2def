"""Errors whose line alone tells the cause (patterns.yaml): which of a text's lines is one, and what it says."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from midwatch.analysis.logs import CALM, Line
from midwatch.analysis.patterns import patterns
from midwatch.diagnosis.kubernetes.codes import CODES
from midwatch.domain.finding import Confidence

_ACCOUNT = re.compile(r"system:serviceaccount:(?P<place>[a-z0-9-]{1,63}):(?P<name>[a-z0-9.-]{1,253})$")
_RIGHT = re.compile(r'(?P<verb>[\w*]{1,30}) resource "(?P<resource>[^"]{1,200})"')
_NAMESPACE = re.compile(r'in the namespace "(?P<where>[^"]{1,63})"')
_EXPIRED = re.compile(
    r"(?i)certificate[^\n]{0,120}(?:has|is) expired[^\n]{0,80}?(?:is after|:) (?P<end>20\d\d-\d\d-\d\d)"
    r"|(?:has|is) expired|CERT_HAS_EXPIRED"
)
_OTHER_NAME = re.compile(
    r"(?i)not valid for any names|is valid for [^\n]{1,200}, not |hostname mismatch|doesn't contain any IP SANs"
    r"|relies on legacy Common Name|does not match (?:target host|certificate)"
)
_UNKNOWN_CA = re.compile(
    r"(?i)unknown authority|unable to get local issuer|PKIX path building failed|self[- ]signed certificate"
)
_URL = re.compile(r"(?:https?|wss?)://(?P<host>[\w.\[\]:-]{1,253})")
_GRPC = re.compile(r"transport: authentication handshake failed")
_FILE = re.compile(r"certificate in (?P<file>/[\w./-]{1,200})")
_OPEN = frozenset(("K8S-975", "K8S-976", "K8S-980", "K8S-994", "K8S-998", "K8S-999"))
_QUOTES = re.compile(r"[\"']'|'[\"']")


class KnownError(NamedTuple):
    """`code` of the catalogue, the line as it stands, and the facts for the code's texts."""

    code: str
    line: Line
    facts: Mapping[str, str]

    @property
    def weight(self) -> tuple[bool, int, int]:
        return self.line.level != CALM, CODES[self.code].directness, self.line.number


def sureness(code: str) -> Confidence:
    """Of a line alone; medium where it leaves several causes open."""
    return Confidence.MEDIUM if code in _OPEN else Confidence.HIGH


def known_error(said: str) -> tuple[str, Mapping[str, str]] | None:
    """The most direct code whose pattern matches a message, and the facts that it names; None for other messages."""
    found = [(p.code, facts) for p in patterns() if (facts := p.facts(said)) is not None]
    if not found:
        return None
    code, facts = max(found, key=lambda each: CODES[each[0]].directness)
    return code, {**facts, **more_facts(code, said, facts)}


def known_errors(lines: Iterable[Line]) -> list[KnownError]:
    """The known errors of a log, the most direct first; of a repeated one the newest line."""
    found: dict[str, KnownError] = {}
    for line in lines:
        if one := known_error(line.said):
            found[one[0]] = KnownError(one[0], line, one[1])
    return sorted(found.values(), key=lambda one: one.weight, reverse=True)


def more_facts(code: str, said: str, facts: Mapping[str, str]) -> dict[str, str]:
    """What a line says beyond the groups of its pattern."""
    match code:
        case "K8S-916":
            return _certificate(said)
        case "K8S-923":
            return _right(facts)
        case "K8S-977" if module := facts.get("module") or facts.get("name_of_module"):
            return {"module": module}
        case "K8S-977" if "net/bridge" in said:
            return {"module": "br_netfilter"}
        case "K8S-993":
            return {"quotes": _stray_quotes(facts)}
        case _:
            return {}


def _stray_quotes(facts: Mapping[str, str]) -> str:
    """Where the two values differ by quotes alone."""
    plain = [facts.get(side, "").strip("\"'") for side in ("ours", "theirs")]
    odd = any(_QUOTES.search(facts.get(side, "")) for side in ("ours", "theirs"))
    return " (the same value, one with literal quotes in it)" if odd and plain[0] == plain[1] else ""


def _certificate(said: str) -> dict[str, str]:
    """What is wrong with the certificate, and who presents it."""
    ended = _EXPIRED.search(said)
    problem = "expired" if ended else ""
    if ended and ended["end"]:
        problem = f"expired on {ended['end']}"
    elif _OTHER_NAME.search(said):
        problem = "not valid for the name that was asked"
    elif _UNKNOWN_CA.search(said):
        problem = "signed by a CA that the client does not trust"
    return {"problem": problem, "peer": _peer(said)}


def _peer(said: str) -> str:
    if file := _FILE.search(said):
        return f"certificate of {file['file']}"
    if host := _URL.search(said):
        return f"presented by {host['host']}"
    if _GRPC.search(said):
        return "presented by the gRPC server that this process dials (for kube-apiserver: etcd), not by itself"
    return ""


def _right(facts: Mapping[str, str]) -> dict[str, str]:
    """The request that RBAC denied, in the words of `kubectl create role`."""
    told: dict[str, str] = {}
    if right := _RIGHT.match(facts.get("right", "")):
        resource, _, part = right["resource"].partition("/")
        group = f".{facts['group']}" if facts.get("group") else ""
        told |= {"verb": right["verb"], "api_resource": f"{resource}{group}" + (f"/{part}" if part else "")}
    place = _NAMESPACE.search(facts.get("scope", ""))
    told["role_kind"] = "role" if place else "clusterrole"
    if place:
        told["where"] = place["where"]
    if account := _ACCOUNT.match(facts.get("account", "")):
        told["service_account"] = f"{account['place']}:{account['name']}"
    return told
