"""The API's small languages: label selectors, field selectors and continue tokens, with the server's own complaints."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from midwatch.integrations.kubernetes.fake.printing import get_path
from midwatch.integrations.kubernetes.fake.resources import Resource
from midwatch.integrations.kubernetes.fake.statuses import FakeFailure, bad_request, token_expired

Labels = Mapping[str, str]
Test = Callable[[Labels], bool]
_TOKEN = re.compile(r"\s*(?:(?P<word>[A-Za-z0-9._/\-]+)|(?P<sign>!=|==|=|!|>|<|\(|\)|,))")
_OPERATORS = "in, notin, =, ==, !=, gt, lt"


# -- label selectors


class _Tokens:
    def __init__(self, text: str) -> None:
        self._left = list(self._split(text))

    def _split(self, text: str) -> Iterator[str]:
        position, text = 0, text.rstrip()
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None:
                raise bad_request(
                    f"unable to parse requirement: found '{text[position:]}', expected: !, identifier, or 'end of "
                    "string'"
                )
            yield found.group("word") or found.group("sign")
            position = found.end()

    def peek(self) -> str:
        return self._left[0] if self._left else ""

    def take(self) -> str:
        return self._left.pop(0) if self._left else ""


def label_test(text: str) -> Test:
    """True for labels that meet every requirement; "" is met by all. Raises the server's 400 for a selector it cannot
    read."""
    tokens, tests = _Tokens(text), list[Test]()
    while tokens.peek():
        tests.append(_requirement(tokens))
        end = tokens.take()
        if end not in ("", ","):
            raise bad_request(f"unable to parse requirement: found '{end}', expected: ',' or 'end of string'")
        if end == "," and not _is_word(tokens.peek()) and tokens.peek() != "!":
            raise bad_request(f"found '{tokens.peek()}', expected: identifier after ','")
    return lambda labels: all(test(labels) for test in tests)


def _requirement(tokens: _Tokens) -> Test:
    key = tokens.take()
    if key == "!":
        absent = _word(tokens, "identifier")
        return lambda labels: absent not in labels
    if not _is_word(key):
        raise bad_request(f"unable to parse requirement: found '{key}', expected: !, identifier, or 'end of string'")
    if tokens.peek() in ("", ","):
        return lambda labels: key in labels
    operator = tokens.take()
    if operator in ("in", "notin"):
        values = _values(tokens)
        return (
            (lambda labels: labels.get(key) in values)
            if operator == "in"
            else (lambda labels: labels.get(key) not in values)
        )
    if operator not in ("=", "==", "!=", ">", "<"):
        raise bad_request(f"unable to parse requirement: found '{operator}', expected: {_OPERATORS}")
    return _comparison(key, operator, tokens.take() if _is_word(tokens.peek()) else "")


def _comparison(key: str, operator: str, value: str) -> Test:
    if operator in ("=", "=="):
        return lambda labels: labels.get(key) == value
    if operator == "!=":
        return lambda labels: labels.get(key) != value
    if not value.lstrip("-").isdigit():
        problem = (
            f"values[0][{key}]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an integer"
        )
        raise bad_request(f"unable to parse requirement: {problem}")
    sign = 1 if operator == ">" else -1
    return lambda labels: labels.get(key, "x").lstrip("-").isdigit() and sign * (int(labels[key]) - int(value)) > 0


def _values(tokens: _Tokens) -> set[str]:
    opening = tokens.take()
    if opening != "(":
        raise bad_request(f"unable to parse requirement: found '{opening}' expected: '('")
    values, after_comma = set[str](), True
    while (word := tokens.take()) != ")":
        if word == ",":
            if after_comma:
                values.add("")
            after_comma = True
        elif _is_word(word) and after_comma:
            values.add(word)
            after_comma = False
        else:
            raise bad_request(f"unable to parse requirement: found '{word}', expected: ',', or ')'")
    return values | ({""} if after_comma else set())


def _word(tokens: _Tokens, expected: str) -> str:
    word = tokens.take()
    if not _is_word(word):
        raise bad_request(f"unable to parse requirement: found '{word}', expected: {expected}")
    return word


def _is_word(token: str) -> bool:
    return bool(token) and (token[0].isalnum() or token[0] in "._/-")


# -- field selectors

_NAMES = ("metadata.name", "metadata.namespace")
_INVOLVED = tuple(
    f"involvedObject.{f}" for f in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
)
_POD_SPEC = ("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork")
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "pods": (*_POD_SPEC, "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName"),
    "events": (*_INVOLVED, "reason", "reportingComponent", "source", "type"),
    "nodes": ("spec.unschedulable",),
    "namespaces": ("status.phase",),
    "secrets": ("type",),
    "services": ("spec.clusterIP", "spec.type"),
    "replicationcontrollers": ("status.replicas",),
    "replicasets": ("status.replicas",),
    "jobs": ("status.successful",),
}
_STRICT_CORE = ("pods", "events", "nodes", "namespaces", "secrets", "services", "replicationcontrollers")


def field_test(text: str, resource: Resource) -> Callable[[Mapping[str, Any]], bool]:
    """True for objects whose fields meet every term. Raises the server's 400 for fields that the kind cannot be
    selected by."""
    terms = [_term(part, text) for part in re.split(r"(?<!\\),", text) if part]
    known = _NAMES + _FIELDS.get(resource.id, ())
    for path, _, _ in terms:
        if path not in known:
            raise bad_request(_unsupported(path, resource))
    return lambda obj: all((_field(obj, path) == value) is wanted for path, wanted, value in terms)


def _term(part: str, text: str) -> tuple[str, bool, str]:
    found = re.fullmatch(r"([^=!]+)(!=|==|=)(.*)", part, re.DOTALL)
    if found is None:
        raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
    path = {"spec.host": "spec.nodeName"}.get(found[1], found[1])
    return path, found[2] != "!=", re.sub(r"\\(.)", r"\1", found[3])


def _unsupported(path: str, resource: Resource) -> str:
    if resource.id in _STRICT_CORE:
        return f"field label not supported: {path}"
    return f'"{path}" is not a known field selector: only "metadata.name", "metadata.namespace"'


def _field(obj: Mapping[str, Any], path: str) -> str:
    if path == "source":
        return str(get_path(obj, "source.component") or obj.get("reportingComponent") or "")
    value = get_path(obj, path)
    if path in ("spec.unschedulable", "spec.hostNetwork"):
        return "true" if value else "false"
    if path in ("status.replicas", "status.successful"):
        return str(value or 0)
    return str(value or "")


# -- continue tokens


def encode_continue(version: int, last: str) -> str:
    """Where the next page begins: after the key `last`, in the state of `version`."""
    return _token(version, last + "\0")


def decode_continue(token: str, compacted: int) -> str:
    """The key after which to go on. 400 for a token nobody issued, 410 with a fresh token when its state is gone."""
    try:
        data = msgspec.json.decode(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
        version, start = int(data["rv"]), str(data["start"])
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as problem:
        illegal = isinstance(problem, binascii.Error)
        raise _bad_token(
            "illegal base64 data at input byte 0" if illegal else "invalid character in the token"
        ) from problem
    if version == 0:
        raise _bad_token("incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
    if 0 < version <= compacted:
        raise token_expired(_token(-1, start))  # -1: whatever is newest
    return start


def _token(version: int, start: str) -> str:
    token = msgspec.json.encode({"v": "meta.k8s.io/v1", "rv": version, "start": start})
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def _bad_token(problem: str) -> FakeFailure:
    return bad_request(f"invalid continue token: continue key is not valid: {problem}")
