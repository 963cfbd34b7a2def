"""A live cluster as a Reader: typed objects and logs from its API server, read-only, through a kubeconfig or a service
account."""

import re
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

import msgspec

from midwatch.integrations.kubernetes.live.connection import NAME, ClusterConnection, open_connection
from midwatch.integrations.kubernetes.live.custom import read_custom_resources
from midwatch.integrations.kubernetes.live.errors import (
    ROLE,
    ApiRequest,
    NoConnection,
    refuse_answer,
    shorten,
)
from midwatch.integrations.kubernetes.live.kubeconfig import choose, load
from midwatch.integrations.kubernetes.live.logs import log_url, read_log
from midwatch.integrations.kubernetes.live.pages import list_url, read_list
from midwatch.integrations.kubernetes.live.sender import ApiSender
from midwatch.integrations.kubernetes.objects.kinds import ALL, METRICS, ResourceKind
from midwatch.integrations.kubernetes.reader import (
    About,
    Listing,
    ListRequest,
    LogRequest,
    LogText,
    MeasuredSeries,
    Refused,
)
from midwatch.kit.json_errors import MALFORMED

__all__ = ["LiveReader", "NoConnection", "connect", "contexts"]


_NO_METRICS = (
    "latency, CPU and network over time were not read: no time series (Prometheus) are connected; PodMetrics, where "
    "available, has current values only. Time series saved as CSV are read with --dump"
)


_VERSION = 64  # characters; v1.33.4-eks-ba24e9c


class _Version(msgspec.Struct, rename="camel"):
    git_version: str = ""


class _Body(bytearray):
    def add(self, chunk: bytes) -> bool:
        self.extend(chunk)
        return len(self) < 1 << 20


class LiveReader:
    """`default_namespace` is the one of the context."""

    def __init__(self, connection: ClusterConnection) -> None:
        self._connection = connection
        self._sender = ApiSender(connection)
        self.default_namespace = connection.namespace

    async def list(self, request: ListRequest) -> Listing:
        """With rights in one namespace only, a list of all of them is that of the context's namespace, and says so."""
        kind = _kind(request.plural)
        try:
            return await self._list(kind, request)
        except Refused as refused:
            if request.namespace or not kind.namespaced or not refused.permission:
                raise
            return await self._list_own(kind, request, refused)

    async def _list_own(self, kind: ResourceKind, request: ListRequest, refused: Refused) -> Listing:
        """Raises `refused` where the context's namespace may not be listed either."""
        own = self.default_namespace
        try:
            found = await self._list(kind, replace(request, namespace=own))
        except Refused:
            raise refused from None
        left = f"only namespace {own} was read; lists of all namespaces need a ClusterRole such as {ROLE}"
        missed = "; ".join(part for part in (found.missed, left) if part)
        return Listing(found.items, f"{found.query} (all namespaces: 403)", missed, (own,), missed)

    async def _list(self, kind: ResourceKind, request: ListRequest) -> Listing:
        _name("namespace", request.namespace)
        label = f"{kind.plural}.{kind.group}" if request.plural in METRICS else kind.plural
        where = f" in namespace {request.namespace}" if request.namespace and kind.namespaced else ""
        missing = f"The cluster has no resource type {label} ({kind.api.removeprefix('apis/')})."
        question = ApiRequest(list_url(kind, request), f"list {label}{where}", missing, self._connection.place)
        return await read_list(self._sender, kind, request, question)

    async def saved_objects(self, plural: str, namespace: str = "") -> Listing:
        raise Refused(f"No API serves {plural.replace('_', ' ')}; they are read from a dump.", absent=True)

    async def custom_resources(self, namespace: str = "") -> Listing:
        _name("namespace", namespace)
        return await read_custom_resources(self._sender, self._connection.place, namespace)

    async def log(self, request: LogRequest) -> LogText:
        if not request.namespace or not request.pod:
            raise Refused("A log needs a namespace and a pod.")
        for what, name in (("namespace", request.namespace), ("pod", request.pod), ("container", request.container)):
            _name(what, name)
        missing = f"There is no Pod {request.namespace}/{request.pod} any more."
        permission = f"get pods/log in namespace {request.namespace}"
        question = ApiRequest(log_url(request, request.tail_lines), permission, missing, self._connection.place)
        return await read_log(self._sender, request, question)

    async def series(self, namespace: str) -> MeasuredSeries:
        raise Refused(_NO_METRICS, absent=True)

    async def version(self) -> About:
        """Raises NoConnection when the cluster cannot be read at all; a server that hides its version is no failure."""
        place, body = self._connection.place, _Body()
        question = ApiRequest("/version", "get /version", "", place)
        answer = await self._sender.get(question, body, {"Accept": "application/json", "Accept-Encoding": "identity"})
        if answer.status in (403, 404):
            return About(str(place))
        if answer.status != 200:
            raise refuse_answer(answer, question)
        try:
            version = shorten(msgspec.json.decode(body, type=_Version).git_version, _VERSION)
        except MALFORMED:
            version = ""
        if not version:
            raise NoConnection(
                f"{place} is not a Kubernetes API server; check the server in the kubeconfig.", query=question.query
            ) from None
        return About(str(place), version)

    async def close(self) -> None:
        await self._connection.client.aclose()


def connect(kubeconfig: Path | None = None, context: str | None = None) -> LiveReader:
    """A reader of one cluster; raises NoConnection. Nothing is sent before the first question: `about()` is the
    cheapest one."""
    return LiveReader(open_connection(choose(load(kubeconfig), context)))


def contexts(kubeconfig: Path | None = None) -> tuple[str, ...]:
    """The names that `connect` knows, sorted; raises NoConnection when there is no kubeconfig."""
    return tuple(sorted(load(kubeconfig).contexts))


def _kind(plural: str) -> ResourceKind:
    if plural == "secrets":
        raise Refused("Midwatch never asks for Secrets: even a list of their names would carry their values.")
    if plural in ALL:
        return ALL[plural]
    near = get_close_matches(plural, ALL, n=1)
    raise Refused(f"Midwatch does not read {plural!r}{f'; did you mean {near[0]!r}?' if near else '.'}")


def _name(what: str, name: str) -> None:
    """A name becomes part of a path: nothing that could lead elsewhere may pass."""
    if name and not re.fullmatch(NAME, name):
        raise Refused(
            f"{name[:80]!r} cannot be the name of a {what}: those have lower-case letters, digits, '-' and '.' only."
        )
