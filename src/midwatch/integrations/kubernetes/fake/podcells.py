"""The READY, STATUS and RESTARTS of a pod: the summary that kubectl shows and the API has no field for."""

from datetime import datetime
from typing import Any

from midwatch.integrations.kubernetes.fake.printing import NONE, age, duration, get_path, moment

Thing = dict[str, Any]


def pod_cells(pod: Thing, now: datetime) -> list[Any]:
    ready, total = _ready(pod)
    gates = get_path(pod, "spec.readinessGates", [])
    passed = {c["type"] for c in get_path(pod, "status.conditions", []) if c["status"] == "True"}
    met = sum(g["conditionType"] in passed for g in gates)
    return [
        pod["metadata"]["name"],
        f"{ready}/{total}",
        status(pod),
        _restarts(pod, now),
        age(pod, now),
        get_path(pod, "status.podIP", NONE),
        get_path(pod, "spec.nodeName", NONE),
        get_path(pod, "status.nominatedNodeName", NONE),
        f"{met}/{len(gates)}" if gates else NONE,
    ]


def status(pod: Thing) -> str:
    """The column STATUS: a container's trouble before the pod's phase, its deletion before both."""
    reason = get_path(pod, "status.reason") or _gated(pod) or get_path(pod, "status.phase", "Unknown")
    initializing, first = _init_status(pod)
    reason = first or reason
    if not initializing or _condition(pod, "Initialized"):
        reason = _main_status(pod, reason)
    if pod["metadata"].get("deletionTimestamp"):
        if get_path(pod, "status.reason") == "NodeLost":
            return "Unknown"
        if get_path(pod, "status.phase") not in ("Succeeded", "Failed"):
            return "Terminating"
    return reason


def _gated(pod: Thing) -> str:
    gated = any(
        c["type"] == "PodScheduled" and c.get("reason") == "SchedulingGated"
        for c in get_path(pod, "status.conditions", [])
    )
    return "SchedulingGated" if gated else ""


def _init_status(pod: Thing) -> tuple[bool, str]:
    sidecars = _sidecars(pod)
    for n, seen in enumerate(get_path(pod, "status.initContainerStatuses", [])):
        ended, waits = get_path(seen, "state.terminated"), get_path(seen, "state.waiting.reason", "")
        if (ended and ended.get("exitCode") == 0) or (seen["name"] in sidecars and seen.get("started")):
            continue
        if ended:
            return True, "Init:" + _ended(ended)
        if waits and waits != "PodInitializing":
            return True, f"Init:{waits}"
        return True, f"Init:{n}/{len(get_path(pod, 'spec.initContainers', []))}"
    return False, ""


def _main_status(pod: Thing, reason: str) -> str:
    running = False
    for seen in reversed(get_path(pod, "status.containerStatuses", [])):
        ended = get_path(seen, "state.terminated")
        if waits := get_path(seen, "state.waiting.reason", ""):
            reason = waits
        elif ended:
            reason = _ended(ended)
        elif seen.get("ready") and get_path(seen, "state.running") is not None:
            running = True
    if reason == "Completed" and running:
        return "Running" if _condition(pod, "Ready") else "NotReady"
    return reason


def _ended(state: Thing) -> str:
    if state.get("reason"):
        return str(state["reason"])
    return f"Signal:{state['signal']}" if state.get("signal") else f"ExitCode:{state.get('exitCode', 0)}"


def _condition(pod: Thing, type_: str) -> bool:
    return any(c["type"] == type_ and c["status"] == "True" for c in get_path(pod, "status.conditions", []))


def _sidecars(pod: Thing) -> set[str]:
    return {c["name"] for c in get_path(pod, "spec.initContainers", []) if c.get("restartPolicy") == "Always"}


def _counted(pod: Thing) -> list[Thing]:
    """The containers that READY and RESTARTS speak of: the main ones and sidecars."""
    sidecars = _sidecars(pod)
    early = [s for s in get_path(pod, "status.initContainerStatuses", []) if s["name"] in sidecars]
    return [*early, *get_path(pod, "status.containerStatuses", [])]


def _ready(pod: Thing) -> tuple[int, int]:
    ready = sum(bool(s.get("ready")) and get_path(s, "state.running") is not None for s in _counted(pod))
    return ready, len(get_path(pod, "spec.containers", [])) + len(_sidecars(pod))


def _restarts(pod: Thing, now: datetime) -> str:
    initializing, _ = _init_status(pod)
    seen = (
        get_path(pod, "status.initContainerStatuses", [])
        if initializing and not _condition(pod, "Initialized")
        else _counted(pod)
    )
    count = sum(s.get("restartCount", 0) for s in seen)
    ends = [moment(at) for s in seen if (at := get_path(s, "lastState.terminated.finishedAt"))]
    return f"{count} ({duration((now - max(ends)).total_seconds())} ago)" if count and ends else str(count)
