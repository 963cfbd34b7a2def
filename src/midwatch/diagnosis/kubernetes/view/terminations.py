"""How a container's last run ended, and whether it is still relevant; shared by crashes, probes and logs."""

from collections.abc import Iterator
from datetime import datetime

from midwatch.diagnosis.kubernetes.cluster import Cluster, fact
from midwatch.diagnosis.kubernetes.view.containers import RECENT, STABLE, ContainerView, age
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.pod import Pod, Terminated

_BAD_ENDS = frozenset(
    ("Error", "OOMKilled", "ContainerCannotRun", "StartError", "ContainerStatusUnknown", "DeadlineExceeded")
)
SIGKILL, SIGTERM = 137, 143  # 128 + the signal's number


@fact
def crashed_containers(cluster: Cluster) -> tuple[ContainerView, ...]:
    """Containers that crashed and have not recovered, that failed for good, or that run without being ready."""
    return tuple(_troubled(cluster))


def _troubled(cluster: Cluster) -> Iterator[ContainerView]:
    for pod in cluster.all(Pod):
        if pod.status.phase == "Succeeded" or pod.metadata.deletion_timestamp is not None:
            continue
        shaken = (ContainerView(cluster, pod, s) for s in pod.statuses if not s.is_stable)
        yield from (i for i in shaken if is_crashed(i) or unready_run(i))


def is_crashed(instance: ContainerView) -> bool:
    """True when the container's last termination is part of the current problem.

    An init container or a Job's container that ended well is done; a container that has run for ten minutes since its
    last crash has recovered, because then the kubelet forgets its restarts too, unless it crashes again and again
    within the hour.
    """
    ended, state = instance.last_termination, instance.status.state
    if ended is None:
        return instance.waiting_reason == "CrashLoopBackOff"
    if state.waiting is not None:
        return is_failure(ended) or instance.waiting_reason == "CrashLoopBackOff"
    if state.terminated is not None:
        return is_failure(ended)
    if ended.exit_code == 0 and ended.reason == "Completed":
        return False
    calm = age(instance.cluster, state.running.started_at if state.running else None)
    quiet = instance.status.ready and (calm >= STABLE or instance.status.restart_count < 2)
    return not quiet and age(instance.cluster, ended.finished_at) < RECENT


def is_failure(ended: Terminated) -> bool:
    """A row of `kubectl get pods` shows the reason of a termination without its exit code."""
    return ended.exit_code != 0 or ended.reason in _BAD_ENDS


def never_ran(ended: Terminated) -> bool:
    """The runtime could not start the process: the message is the runtime's."""
    return ended.reason in ("StartError", "ContainerCannotRun") or ended.exit_code in (126, 127)


def unready_run(instance: ContainerView) -> bool:
    return instance.status.state.running is not None and not instance.status.ready and not instance.pod.is_finished


def killed_by_liveness(instance: ContainerView) -> Event | None:
    """The kubelet's event that it killed the container for its liveness or startup probe, if the last run ended so."""
    ended = instance.last_termination
    if ended is not None and ended.exit_code not in (SIGKILL, SIGTERM, 0, 2, 1):
        return None
    kills = [e for e in instance.events("Killing") if "probe" in (e.message or "")]
    return kills[-1] if kills and (ended is None or ended.reason != "OOMKilled") else None


def onset(instance: ContainerView) -> datetime | None:
    """When the problem began: the first BackOff event, else the end of the last run, else the time since when the pod
    is not ready."""
    first = min((e.first for e in instance.events("BackOff") if e.first), default=None)
    if first or instance.last_termination:
        return first or (instance.last_termination.finished_at if instance.last_termination else None)
    ready = instance.pod.condition("Ready")
    changed = ready.last_transition_time if ready and ready.status == "False" else None
    return changed or instance.pod.status.start_time
