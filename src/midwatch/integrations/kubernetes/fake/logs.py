"""pods/{name}/log as the API server and the kubelet answer it together."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from midwatch.integrations.kubernetes.fake.printing import get_path
from midwatch.integrations.kubernetes.fake.statuses import FakeFailure, bad_request, invalid_log_options
from midwatch.integrations.kubernetes.fake.world import FakeCluster, Log, Thing

_PULL = {"ErrImagePull": "image can't be pulled", "ImagePullBackOff": "trying and failing to pull image"}


def read_log(cluster: FakeCluster, pod: Thing, query: Mapping[str, str]) -> bytes:
    """The text that the options ask for; raises Failure with the words of whoever refuses."""
    meta, name = pod["metadata"], pod["metadata"]["name"]
    _check(name, query)
    container = _container(pod, query.get("container", ""))
    if not pod["spec"].get("nodeName"):
        return b""  # the server answers an unscheduled pod with an empty log, no error
    if _node_is_gone(cluster, pod):
        url = f"https://{pod['spec']['nodeName']}:10250/containerLogs/{meta['namespace']}/{name}/{container}"
        raise FakeFailure(500, "", f'Get "{url}": dial tcp: i/o timeout')
    previous = query.get("previous") in ("true", "1")
    last = _run_is_over(pod, container, previous=previous)
    log = cluster.find_log(meta["namespace"], name, container, previous=last)
    if log is None and last and not previous:
        log = cluster.find_log(meta["namespace"], name, container, previous=False)
    return _cut(log, query, cluster.clock()) if log else b""


def _check(pod: str, query: Mapping[str, str]) -> None:
    causes: list[str] = []
    for option, least in (("tailLines", 0), ("limitBytes", 1), ("sinceSeconds", 1)):
        value = query.get(option, "")
        if value and not value.lstrip("-").isdigit():
            raise bad_request(f'strconv.ParseInt: parsing "{value}": invalid syntax')
        if value and int(value) < least:
            wanted = "greater than or equal to 0" if least == 0 else "greater than 0"
            causes.append(f"{option}: Invalid value: {value}: must be {wanted}")
    if query.get("sinceSeconds") and query.get("sinceTime"):
        causes.append("Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified")
    if causes:
        raise invalid_log_options(pod, causes)


def _container(pod: Thing, wanted: str) -> str:
    name = pod["metadata"]["name"]
    main, init, extra = (_names(pod, key) for key in ("containers", "initContainers", "ephemeralContainers"))
    if wanted:
        if wanted not in (*main, *init, *extra):
            raise bad_request(f"container {wanted} is not valid for pod {name}")
        return wanted
    if len(main) == 1:
        return main[0]
    choice = f", choose one of: [{' '.join(main)}]" if main else ""
    choice += f" or one of the init containers: [{' '.join(init)}]" if init else ""
    raise bad_request(f"a container name must be specified for pod {name}{choice}")


def _names(pod: Thing, key: str) -> list[str]:
    return [c["name"] for c in pod["spec"].get(key) or ()]


def _node_is_gone(cluster: FakeCluster, pod: Thing) -> bool:
    node = cluster.find("nodes", "", pod["spec"]["nodeName"])
    if node is None:
        return False
    conditions: list[dict[str, Any]] = node.decode().get("status", {}).get("conditions") or []
    return any(c["type"] == "Ready" and c["status"] == "Unknown" for c in conditions)


def _run_is_over(pod: Thing, container: str, *, previous: bool) -> bool:
    """Whether the log asked for is that of the last finished run: also a container that waits to be restarted shows
    that one."""
    name = pod["metadata"]["name"]
    state = _state(pod, container)
    if state is None:
        raise bad_request(f'container "{container}" in pod "{name}" is not available')
    now: Thing = state.get("state") or {}
    last: Thing = get_path(state, "lastState.terminated", {})
    if previous:
        if not last.get("containerID"):
            raise bad_request(f'previous terminated container "{container}" in pod "{name}" not found')
        return True
    if now.get("running") is not None or get_path(now, "terminated.containerID"):
        return False
    if last.get("containerID"):
        return True
    raise _not_started(container, name, now)


def _not_started(container: str, pod: str, state: Mapping[str, Any]) -> FakeFailure:
    if state.get("terminated"):
        return bad_request(f'container "{container}" in pod "{pod}" is terminated')
    reason = str(get_path(state, "waiting.reason", ""))
    if not reason:
        return bad_request(f'container "{container}" in pod "{pod}" is waiting to start - no logs yet')
    return bad_request(f'container "{container}" in pod "{pod}" is waiting to start: {_PULL.get(reason, reason)}')


def _state(pod: Thing, container: str) -> dict[str, Any] | None:
    status: Thing = pod.get("status") or {}
    for key in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        for state in status.get(key) or ():
            if state["name"] == container:
                return state
    return None


def _cut(log: Log, query: Mapping[str, str], now: datetime) -> bytes:
    lines = list(log.lines())
    since = _since(query, now)
    if since:
        lines = [(at, line) for at, line in lines if at >= since]
    if query.get("tailLines"):
        lines = lines[max(len(lines) - int(query["tailLines"]), 0) :]
    stamped = query.get("timestamps") in ("true", "1")
    text = "".join(
        f"{at.strftime('%Y-%m-%dT%H:%M:%S.%f')}000Z {line}" if stamped else line for at, line in lines
    ).encode()
    return text[: int(query["limitBytes"])] if query.get("limitBytes") else text


def _since(query: Mapping[str, str], now: datetime) -> datetime | None:
    if query.get("sinceSeconds"):
        return now - timedelta(seconds=int(query["sinceSeconds"]))
    try:
        return datetime.fromisoformat(query["sinceTime"]) if query.get("sinceTime") else None
    except ValueError as problem:
        raise bad_request(
            f'parsing time "{query["sinceTime"]}" as "2006-01-02T15:04:05Z07:00": cannot parse'
        ) from problem
