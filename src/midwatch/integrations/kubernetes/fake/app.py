"""The API server's HTTP side: one path in, one answer out, every request written down."""

import asyncio
import gzip
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from midwatch.integrations.kubernetes.fake import discovery
from midwatch.integrations.kubernetes.fake.access import Caller, identify, review
from midwatch.integrations.kubernetes.fake.answers import FakeAnswer, read
from midwatch.integrations.kubernetes.fake.paths import place_of
from midwatch.integrations.kubernetes.fake.statuses import (
    FakeFailure,
    forbidden,
    forbidden_path,
    method_not_allowed,
    no_page,
    server_trouble,
)
from midwatch.integrations.kubernetes.fake.world import FakeCluster, FakeRequest

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_PROBES = ("/livez", "/readyz", "/healthz")
_WORTH_PACKING = 128 * 1024  # the real server leaves smaller answers as they are


def app(cluster: FakeCluster) -> ASGIApp:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = HttpRequest(scope, receive)
        body = await request.body()
        answer = await _answer(cluster, request, body)
        sent = _pack(answer, request.headers.get("accept-encoding", ""))
        response = Response(sent.body, sent.code, dict(sent.headers))
        writes = request.method not in ("GET", "HEAD") and not _is_review(request.url.path)
        cluster.note(
            FakeRequest(request.method, request.url.path, request.url.query, sent.code, len(sent.body)), write=writes
        )
        await response(scope, receive, send)

    return serve


async def _answer(cluster: FakeCluster, request: HttpRequest, body: bytes) -> FakeAnswer:
    try:
        trouble = cluster.next_trouble(request.url.path)
        if trouble and trouble.delay:
            await asyncio.sleep(trouble.delay)
        if trouble and trouble.status:
            raise server_trouble(trouble.status, trouble.message, trouble.retry_after)
        caller = identify(cluster, request.headers.get("authorization", ""))
        if request.method in ("GET", "HEAD"):
            return _get(cluster, caller, request)
        return _change(cluster, caller, request, body)
    except FakeFailure as failure:
        headers = {"cache-control": "no-cache, private", "content-type": "application/json"} | dict(failure.headers)
        return FakeAnswer(failure.body(), failure.code, headers)


def _get(cluster: FakeCluster, caller: Caller, request: HttpRequest) -> FakeAnswer:
    path = request.url.path.rstrip("/") or "/"
    if path in _PROBES:
        return FakeAnswer(b"ok", headers={"content-type": "text/plain; charset=utf-8"})
    if path == "/version":
        return _json(_version(cluster.version))
    place = place_of(path)
    if place is not None and cluster.is_served(place.resource):
        return read(cluster, caller, place, request.query_params, request.headers.get("accept", ""))
    if caller.anonymous:
        raise forbidden_path(caller.name, "get", path)
    return _discover(cluster, request, path)


def _discover(cluster: FakeCluster, request: HttpRequest, path: str) -> FakeAnswer:
    accept = request.headers.get("accept", "")
    found: Mapping[str, object] | None = None
    match path.strip("/").split("/"):
        case ["api" | "apis" as root] if discovery.wants_aggregated(accept):
            return _json(discovery.aggregated_discovery(cluster, core=root == "api"), discovery.AGGREGATED)
        case ["api"]:
            found = discovery.versions(request.url.netloc)
        case ["apis"]:
            found = discovery.groups(cluster)
        case ["api", version]:
            found = discovery.resources(cluster, "", version)
        case ["apis", group]:
            found = discovery.group(cluster, group)
        case ["apis", group, version]:
            found = discovery.resources(cluster, group, version)
        case _:
            pass
    if found is None:
        raise no_page()
    return _json(found)


def _change(cluster: FakeCluster, caller: Caller, request: HttpRequest, body: bytes) -> FakeAnswer:
    """Nothing can be changed here: a reader is refused as the real server refuses him. Reviews only look like
    changes."""
    path = request.url.path.rstrip("/")
    if _is_review(path) and request.method == "POST":
        return FakeAnswer(
            review(cluster, caller, path.rsplit("/", 1)[1], body, request.headers.get("content-type", "")),
            HTTPStatus.CREATED,
        )
    place = place_of(path)
    if place is None or not cluster.is_served(place.resource):
        raise no_page() if request.method in _VERBS else method_not_allowed()
    verb = _VERBS.get(request.method, "")
    if (
        not verb
        or (verb == "create" and place.name and not place.below)
        or (verb in ("update", "patch") and not place.name)
    ):
        raise method_not_allowed()
    if verb == "delete" and not place.name:
        verb = "deletecollection"
    if place.below or not cluster.permits(verb, place.resource.plural, place.namespace):
        raise forbidden(caller.name, verb, place.resource, place.namespace, place.name, place.below)
    raise method_not_allowed()


def _is_review(path: str) -> bool:
    return path.startswith("/apis/authorization.k8s.io/v1/selfsubject")


def _json(value: Mapping[str, object], content_type: str = "application/json") -> FakeAnswer:
    return FakeAnswer(
        msgspec.json.encode(value) + b"\n", headers={"cache-control": "no-cache, private", "content-type": content_type}
    )


def _version(text: str) -> dict[str, str]:
    major, minor, _ = text.removeprefix("v").split(".", 2)
    return {
        "major": major,
        "minor": minor,
        "emulationMajor": major,
        "emulationMinor": minor,
        "minCompatibilityMajor": major,
        "minCompatibilityMinor": str(int(minor) - 1),
        "gitVersion": text,
        "gitCommit": "8cc511e399b929453cd98ae65b419c3cc227ec79",
        "gitTreeState": "clean",
        "buildDate": "2026-09-09T13:11:02Z",
        "goVersion": "go1.26.4",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def _pack(answer: FakeAnswer, accepted: str) -> FakeAnswer:
    if (
        len(answer.body) < _WORTH_PACKING
        or "gzip" not in accepted
        or not answer.headers["content-type"].startswith("application/json")
    ):
        return answer
    headers = dict(answer.headers) | {"content-encoding": "gzip", "vary": "Accept-Encoding"}
    return FakeAnswer(gzip.compress(answer.body, compresslevel=1, mtime=0), answer.code, headers)
