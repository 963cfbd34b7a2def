"""Containers that terminate unexpectedly: OOMKilled, by signal, or by exit code."""

from collections.abc import Iterator

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.analyzers.log_requests import log_ask
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.containers import ContainerView
from midwatch.diagnosis.kubernetes.view.terminations import (
    SIGKILL,
    SIGTERM,
    crashed_containers,
    is_crashed,
    is_failure,
    killed_by_liveness,
    onset,
)
from midwatch.domain.evidence import Citation, ToolRequest
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.pod import Pod, Terminated
from midwatch.integrations.kubernetes.objects.saved_objects import SavedLog

_LOGS_OF_ONE_OWNER, _LOGS = 2, 12  # replicas crash alike; more logs cost time and add nothing
_SIGNALS = {130: "SIGINT", 132: "SIGILL", 134: "SIGABRT", 135: "SIGBUS", 136: "SIGFPE", 139: "SIGSEGV"}
_NEVER_RAN = frozenset({"StartError", "ContainerCannotRun"})
_NOT_STARTED_CODES = frozenset({126, 127})


def find(cluster: Cluster) -> Iterator[Finding]:
    for instance in crashed_containers(cluster):
        if is_crashed(instance):
            yield from _ended(instance)


def _ended(instance: ContainerView) -> Iterator[Finding]:
    ended = instance.last_termination
    if ended is None:
        unknown = "last termination state not recorded" if instance.has_spec else ""
        facts = {"restarts": _count(instance), "unknown": unknown}
        yield instance.finding("K8S-203", instance.cite(instance.waiting_reason), onset=onset(instance), facts=facts)
    elif ended.reason in _NEVER_RAN or ended.exit_code in _NOT_STARTED_CODES:
        return  # reported by startup.py
    elif ended.reason == "OOMKilled":
        yield _out_of_memory(instance, ended)
    elif killed_by_liveness(instance):
        return  # reported by probes.py
    elif event := _system_oom(instance, ended):
        yield event
    else:
        yield _by_code(instance, ended)


def _out_of_memory(instance: ContainerView, ended: Terminated) -> Finding:
    limit = str((instance.spec.resources.limits or {}).get("memory", ""))
    cites = [instance.cite("OOMKilled"), *([instance.cite(limit)] if limit else [])]
    code = "K8S-201" if limit else "K8S-202" if instance.has_spec else "K8S-215"
    return instance.finding(
        code, *cites, onset=onset(instance), limit=limit, restarts=_restarts(instance), exit=str(ended.exit_code)
    )


def _system_oom(instance: ContainerView, ended: Terminated) -> Finding | None:
    """A child process that the kernel killed: the container exits with 137 and reason Error; only
    the node has the cause."""
    if ended.exit_code != SIGKILL or not instance.pod.spec.node_name:
        return None
    node = Subject(kind="Node", name=instance.pod.spec.node_name)
    events = instance.cluster.events(node, "SystemOOM", "OOMKilling")
    if not events:
        return None
    cites = (instance.cite(_code(ended)), instance.cluster.cite_event(events[-1]))
    return instance.finding(
        "K8S-204",
        *cites,
        onset=onset(instance),
        confidence=Confidence.MEDIUM,
        peers=(node,),
        restarts=_restarts(instance),
    )


def _by_code(instance: ContainerView, ended: Terminated) -> Finding:
    exit_ = str(ended.exit_code) if ended.exit_code or not is_failure(ended) else ""
    facts = {"exit": exit_, "restarts": _restarts(instance), "reason": ended.reason or "Error"}
    cites: tuple[Citation, ...] = (instance.cite(_code(ended)),)
    if ended.reason == "DeadlineExceeded" or instance.pod.status.reason == "DeadlineExceeded":
        return instance.finding("K8S-212", instance.cite("DeadlineExceeded"), onset=onset(instance), facts=facts)
    if ended.reason == "ContainerStatusUnknown":
        return instance.finding("K8S-213", instance.cite("ContainerStatusUnknown"), onset=onset(instance), facts=facts)
    if not is_failure(ended):
        command = " ".join(instance.spec.command or instance.spec.args or ())[:120]
        command = f"`{command}`" if command else "(image default)" if instance.has_spec else ""
        cites = (instance.cite(ended.reason or "Completed"), instance.cite(instance.waiting_reason or instance.name))
        return instance.finding(
            "K8S-205",
            *cites,
            onset=onset(instance),
            confidence=Confidence.MEDIUM,
            command=command,
            facts=facts,
        )
    if signal := _SIGNALS.get(ended.exit_code):
        return instance.finding("K8S-206", *cites, onset=onset(instance), signal=signal, facts=facts)
    code = {SIGKILL: "K8S-207", SIGTERM: "K8S-208"}.get(ended.exit_code, "K8S-210")
    return instance.finding(code, *cites, onset=onset(instance), facts=facts)


def _code(ended: Terminated) -> str:
    return f'"exitCode":{ended.exit_code}' if ended.exit_code else (ended.reason or "terminated")


def _restarts(instance: ContainerView) -> str:
    return _count(instance) + (", CrashLoopBackOff" if instance.waiting_reason == "CrashLoopBackOff" else "")


def _count(instance: ContainerView) -> str:
    count = instance.status.restart_count
    return f"{count} restart{'s' * (count != 1)}"


def asks(cluster: Cluster) -> Iterator[ToolRequest]:
    """Logs of containers that crash or are not ready: crash loops first, few of each workload."""
    order = sorted(crashed_containers(cluster), key=lambda i: (not is_crashed(i), i.pod.namespace, i.pod.name, i.name))
    seen: dict[Subject, set[str]] = {}
    for instance in order:
        if not instance.has_run or (
            instance.last_termination
            and instance.last_termination.reason in _NEVER_RAN
            and not instance.status.state.running
        ):
            continue
        pods = seen.setdefault(cluster.owner(instance.pod), set())
        known = instance.pod.name in pods
        if not known and (len(pods) >= _LOGS_OF_ONE_OWNER or sum(map(len, seen.values())) >= _LOGS):
            continue
        pods.add(instance.pod.name)
        yield from _logs(instance)


def _logs(instance: ContainerView) -> Iterator[ToolRequest]:
    place = (instance.pod.namespace, instance.pod.name, instance.name)
    if instance.status.restart_count > 0 and instance.status.last_state.terminated is not None:
        yield log_ask(instance.cluster, place, previous=True, why=f"container {instance.name} was restarted")
    if (
        instance.status.state.running
        or instance.status.state.terminated
        or instance.status.restart_count == 0
        or not _has_last(instance)
    ):
        yield log_ask(instance.cluster, place, why=f"container {instance.name} crashed or is not ready")


def _has_last(instance: ContainerView) -> bool:
    return instance.status.last_state.terminated is not None


ANALYZER = Analyzer(find, asks, reads=(Pod, Event, SavedLog))
