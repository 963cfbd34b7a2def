"""Who is asking, and what he may: bearer tokens, and the two reviews in which a client asks about its own rights."""

from dataclasses import dataclass
from typing import Any

import msgspec

from midwatch.integrations.kubernetes.fake.resources import RESOURCES
from midwatch.integrations.kubernetes.fake.statuses import (
    bad_request,
    no_page,
    unauthorized_request,
    unsupported_media_type,
)
from midwatch.integrations.kubernetes.fake.world import FakeCluster


@dataclass(frozen=True)
class Caller:
    name: str
    anonymous: bool = False


def identify(cluster: FakeCluster, authorization: str) -> Caller:
    """Without any credentials the real server sees an anonymous user, who may see nothing; a wrong token is refused at
    the door."""
    if not cluster.tokens:
        return Caller(cluster.user)
    if not authorization:
        return Caller("system:anonymous", anonymous=True)
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or token not in cluster.tokens:
        raise unauthorized_request()
    return Caller(cluster.tokens[token])


def permits(cluster: FakeCluster, caller: Caller, verb: str, resource: str, namespace: str) -> bool:
    return not caller.anonymous and cluster.permits(verb, resource, namespace)


def review(cluster: FakeCluster, caller: Caller, kind: str, body: bytes, content_type: str) -> bytes:
    if content_type and not content_type.startswith("application/json"):
        raise unsupported_media_type()
    try:
        asked: dict[str, Any] = msgspec.json.decode(body)
        spec: dict[str, Any] = asked.get("spec") or {}
    except (msgspec.DecodeError, AttributeError) as problem:
        raise bad_request(f"the object provided is unrecognized: {problem}") from problem
    if kind == "selfsubjectaccessreviews":
        return _access(cluster, caller, spec)
    if kind == "selfsubjectrulesreviews":
        return _rules(cluster, caller, spec)
    raise no_page()


def _access(cluster: FakeCluster, caller: Caller, spec: dict[str, Any]) -> bytes:
    about: dict[str, str] = spec.get("resourceAttributes") or {}
    plural = "/".join(filter(None, (about.get("resource", "*"), about.get("subresource", ""))))
    allowed = permits(cluster, caller, about.get("verb", "*"), plural, about.get("namespace", ""))
    return _answer("SelfSubjectAccessReview", spec, {"allowed": allowed if about else not caller.anonymous})


def _rules(cluster: FakeCluster, caller: Caller, spec: dict[str, Any]) -> bytes:
    namespace = str(spec.get("namespace") or "")
    rules: list[dict[str, Any]] = [
        {
            "verbs": ["create"],
            "apiGroups": ["authorization.k8s.io"],
            "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
        }
    ]
    for resource in RESOURCES.values():
        for plural in (resource.plural, *(f"{resource.plural}/{below}" for below in resource.subresources)):
            verbs = [v for v in resource.verbs if permits(cluster, caller, v, plural, namespace)]
            if verbs and cluster.is_served(resource):
                rules.append({"verbs": verbs, "apiGroups": [resource.group], "resources": [plural]})
    paths = [
        "/api",
        "/api/*",
        "/apis",
        "/apis/*",
        "/healthz",
        "/livez",
        "/openapi",
        "/openapi/*",
        "/readyz",
        "/version",
        "/version/",
    ]
    status = {
        "resourceRules": rules,
        "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": paths}],
        "incomplete": False,
    }
    return _answer("SelfSubjectRulesReview", {}, status)


def _answer(kind: str, spec: dict[str, Any], status: dict[str, Any]) -> bytes:
    whole: dict[str, Any] = {
        "kind": kind,
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {},
        "spec": spec,
        "status": status,
    }
    return msgspec.json.encode(whole) + b"\n"
