"""The bodies of an API server's refusals: a Status with the texts that clients have learned to read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from midwatch.integrations.kubernetes.fake.resources import Resource

EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list "
    "without the continue "
    "parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with "
    "the provided token "
    "results in an inconsistent list - objects that were created, modified, or deleted between the time the first "
    "chunk was returned and "
    "now may show up in the list."
)
_PLAIN = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}


@dataclass
class FakeFailure(Exception):
    """An answer that is no success; `body` overrides the Status with plain text."""

    code: int
    reason: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    text: str = ""

    def body(self) -> bytes:
        if self.text:
            return self.text.encode()
        status: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": self.metadata, "status": "Failure"}
        status["message"] = self.message
        if self.reason:
            status["reason"] = self.reason
        if self.details:
            status["details"] = self.details
        return msgspec.json.encode(status | {"code": self.code}) + b"\n"


def bad_request(message: str) -> FakeFailure:
    return FakeFailure(400, "BadRequest", message)


def unauthorized_request() -> FakeFailure:
    return FakeFailure(401, "Unauthorized", "Unauthorized")


def not_found(resource: Resource, name: str) -> FakeFailure:
    return FakeFailure(404, "NotFound", f'{resource.qualified} "{name}" not found', _details(resource, name))


def no_page() -> FakeFailure:
    """What the server's router says of a path that nothing serves, such as an API group that is not installed."""
    return FakeFailure(404, "", "", text="404 page not found\n", headers=_PLAIN)


def forbidden(user: str, verb: str, resource: Resource, namespace: str, name: str = "", below: str = "") -> FakeFailure:
    what = f'{resource.qualified} "{name}"' if name else resource.qualified
    plural = f"{resource.plural}/{below}" if below else resource.plural
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    message = (
        f'{what} is forbidden: User "{user}" cannot {verb} resource "{plural}" in API group "{resource.group}" {where}'
    )
    return FakeFailure(
        403, "Forbidden", message, _details(resource, name), headers={"x-content-type-options": "nosniff"}
    )


def forbidden_path(user: str, verb: str, path: str) -> FakeFailure:
    return FakeFailure(
        403,
        "Forbidden",
        f'forbidden: User "{user}" cannot {verb} path "{path}"',
        headers={"x-content-type-options": "nosniff"},
    )


def method_not_allowed() -> FakeFailure:
    return FakeFailure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")


def unsupported_media_type() -> FakeFailure:
    message = "the body of the request was in an unknown format - accepted media types include: application/json"
    return FakeFailure(415, "UnsupportedMediaType", message)


def token_expired(token: str) -> FakeFailure:
    return FakeFailure(410, "Expired", EXPIRED, metadata={"continue": token})


def invalid_log_options(pod: str, causes: list[str]) -> FakeFailure:
    text = causes[0] if len(causes) == 1 else f"[{', '.join(causes)}]"
    return FakeFailure(
        422, "Invalid", f'PodLogOptions "{pod}" is invalid: {text}', {"name": pod, "kind": "PodLogOptions"}
    )


def server_trouble(code: int, message: str = "", retry_after: int | None = None) -> FakeFailure:
    """The answers of a server in trouble: flow control refuses in plain text, the rest is a Status."""
    headers = {"retry-after": str(retry_after)} if retry_after is not None else {}
    if code == 429:
        plain = _PLAIN | {"retry-after": str(retry_after or 1)}
        return FakeFailure(429, "", "", text=message or "Too many requests, please try again later.\n", headers=plain)
    reason, usual = _TROUBLES.get(code, ("", "an error on the server"))
    return FakeFailure(code, reason, message or usual, headers=headers)


_TROUBLES = {
    500: ("InternalError", "Internal error occurred: etcdserver: request timed out"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    504: ("Timeout", "Timeout: request did not complete within the allotted timeout"),
}


def _details(resource: Resource, name: str) -> dict[str, str]:
    found = {"name": name, "group": resource.group, "kind": resource.plural}
    return {key: value for key, value in found.items() if value}
