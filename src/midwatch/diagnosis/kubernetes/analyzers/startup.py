"""Containers that fail before the application starts: commands, hooks, sandboxes, and starts that take too long."""

import re
from collections.abc import Iterator, Sequence

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.containers import (
    STUCK,
    ContainerView,
    age,
    clip,
    duration_text,
    instances,
    reason_text,
    say_of_pod,
    unready,
)
from midwatch.diagnosis.kubernetes.view.image_pull_errors import ImageReference, refusal
from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.pod import Container, Pod, Terminated
from midwatch.integrations.kubernetes.objects.quantity import amount

_REFUSED = frozenset({"CreateContainerError", "RunContainerError"})
_NOT_STARTED = frozenset({"StartError", "ContainerCannotRun"})
_HOOKS = {"PreCreateHookError": "preCreate", "PreStartHookError": "preStart", "PostStartHookError": "postStart"}
_CANNOT_EXECUTE, _NOT_FOUND = 126, 127  # exit codes of a shell
_TOO_SMALL = re.compile(r"container init was OOM-killed|memory limit too low", re.IGNORECASE)
# In the order in which they are tried, on the messages of runc, crun, containerd and CRI-O.
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (code, re.compile(pattern, re.IGNORECASE))
    for code, pattern in (
        ("K8S-157", _TOO_SMALL.pattern),
        (
            "K8S-154",
            r"not a directory[^\"]{0,80}(?:mount|trying)|mount[^\"]{0,300}not a directory|are you trying to mount a "
            r"directory",
        ),
        ("K8S-153", r"chdir to cwd|working directory|mkdir /[^ ]+: (?:read-only|permission)"),
        ("K8S-166", r"operating system does not match|image operating system \S+ cannot be used"),
        ("K8S-152", r"exec format error"),
        ("K8S-151", r"exec[^\n]{0,120}permission denied|permission denied: unknown"),
        (
            "K8S-150",
            r"executable file not found|exec[^\n]{0,160}no such file or directory|no command specified|stat [^ ]+: "
            r"no such file",
        ),
    )
)
_OTHER_SYSTEM = re.compile(
    r"operating system does not match|no matching manifest for windows|image operating system \S+ cannot be used",
    re.IGNORECASE,
)
_SANDBOX_IMAGE = re.compile(r'(?:get|pull(?:ing)?) sandbox image "?([^"\s]{1,255})|pull image "([^"\s]*pause[^"\s]*)"')
_NO_ADDRESS = re.compile(
    r"no (?:available|more) (?:IP|addresses)|failed to (?:assign|allocate)[^\"]{0,40}(?:IP|address)|no IP addresses "
    r"available|\bIPAM\b",
    re.IGNORECASE,
)
# The CNI's own words, and the kubelet's about it. A plugin's name alone is none: pods are called after it, too.
_NETWORK = re.compile(
    r"plugin type=|\bCNI\b|network ?plugin|(?:set ?up|teardown|destroy|create) (?:pod )?network"
    r"|network for (?:sandbox|pod)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r'(?<!type=)"[^"]*"')


def find(cluster: Cluster) -> Iterator[Finding]:
    for pod in unready(cluster):
        yield from _sandbox(cluster, pod)
        for instance in instances(cluster, pod):
            yield from _refusal(instance)
            yield from _hook(instance)
        yield from _stuck(cluster, pod)
    for pod in cluster.all(Pod):
        if pod.status.phase == "Failed":
            for instance in instances(cluster, pod):
                yield from _refusal(instance)


def _refusal(instance: ContainerView) -> Iterator[Finding]:
    if instance.waiting_reason in _REFUSED:
        yield _refused(instance, instance.message or instance.waiting_reason)
    elif (ended := instance.last_termination) and _never_ran(ended) and not instance.status.ready:
        yield _refused(instance, ended.message or ended.reason or f'"exitCode":{ended.exit_code}')


def _never_ran(ended: Terminated) -> bool:
    return ended.reason in _NOT_STARTED or ended.exit_code in (_CANNOT_EXECUTE, _NOT_FOUND)


def _refused(instance: ContainerView, message: str) -> Finding:
    code = next((c for c, sign in _SIGNS if sign.search(message)), "")
    exit_code = instance.last_termination.exit_code if instance.last_termination else 0
    if not code and instance.last_termination and instance.last_termination.reason not in _NOT_STARTED:
        code = {_CANNOT_EXECUTE: "K8S-151", _NOT_FOUND: "K8S-150"}.get(exit_code, "")
        said = f"exit code {exit_code}" if code else clip(message)
    else:
        said = reason_text(message)
    command = " ".join(instance.spec.command or instance.spec.args or ())
    command = f"`{clip(command, 120)}`" if command else "(image entrypoint)" if instance.has_spec else ""
    facts = {"said": said, "command": command, "image": instance.spec.image or ""}
    facts["limit"] = _limits([instance.spec])
    onset = instance.last_termination.finished_at if instance.last_termination else None
    return instance.finding(code or "K8S-155", instance.cite(message), onset=onset, facts=facts)


def _hook(instance: ContainerView) -> Iterator[Finding]:
    if hook := _HOOKS.get(instance.waiting_reason):
        yield instance.finding(
            "K8S-156",
            instance.cite(instance.message or instance.waiting_reason),
            hook=hook,
            said=clip(instance.message),
        )
    elif not instance.status.ready and (events := instance.events("FailedPostStartHook")):
        cite = instance.cluster.cite_event(events[-1])
        yield instance.finding(
            "K8S-156", cite, onset=events[0].first, hook="postStart", said=clip(events[-1].message or "")
        )


def _sandbox(cluster: Cluster, pod: Pod) -> Iterator[Finding]:
    events = cluster.events(pod, "FailedCreatePodSandBox", "FailedCreatePodContainer", "NetworkNotReady")
    if not events or any(i.has_run for i in instances(cluster, pod)):
        return
    message = events[-1].message or ""
    code, told = _sandbox_reason(message)
    facts = {"said": reason_text(message), "limit": _limits(pod.spec.containers)} | told
    yield say_of_pod(cluster, pod, code, cluster.cite_event(events[-1]), onset=events[0].first, facts=facts)


def _sandbox_reason(message: str) -> tuple[str, dict[str, str]]:
    """The code by what the message says happened; words within quotes are names (of the pod, an image, a path)."""
    if _TOO_SMALL.search(message):
        return "K8S-157", {}
    if _OTHER_SYSTEM.search(message):
        return "K8S-166", {}
    if image := _SANDBOX_IMAGE.search(message):
        name, pull = image[1] or image[2], refusal(message)
        registry = ImageReference.parse(name).registry
        return "K8S-167", {"image": name, "registry": registry, "sign": pull.sign if pull else ""}
    said = _QUOTED.sub("", message)
    return ("K8S-161" if _NO_ADDRESS.search(said) else "K8S-160" if _NETWORK.search(said) else "K8S-162"), {}


def _limits(containers: Sequence[Container]) -> str:
    """The memory limits, the smallest first: `4Mi`."""
    found = [c.resources.limits["memory"] for c in containers if c.resources.limits and "memory" in c.resources.limits]
    return ", ".join(str(limit) for limit in sorted(found, key=amount))


def _stuck(cluster: Cluster, pod: Pod) -> Iterator[Finding]:
    """A start that takes long without a warning event."""
    waiting = next(
        (
            i
            for i in instances(cluster, pod)
            if i.waiting_reason in ("ContainerCreating", "PodInitializing") and not i.has_run
        ),
        None,
    )
    since = pod.status.start_time
    held_up = any(
        i.waiting_reason not in ("", "ContainerCreating", "PodInitializing") or i.has_run
        for i in instances(cluster, pod)
    )
    if (
        waiting is None
        or held_up
        or age(cluster, since) < STUCK
        or any(e.type == "Warning" for e in cluster.events(pod))
    ):
        return
    facts = {"reason": waiting.waiting_reason, "age": duration_text(age(cluster, since))}
    yield say_of_pod(cluster, pod, "K8S-163", cluster.cite(pod, waiting.waiting_reason), onset=since, facts=facts)


ANALYZER = Analyzer(find, reads=(Pod, Event))
