"""Reasons that crashed and unready containers log. A termination by Kubernetes (OOMKilled, failed probe) outranks
them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from midwatch.analysis.codes import location
from midwatch.analysis.logs import CALM, LARGEST, Line, last_reason, lines
from midwatch.analysis.patterns import Pattern, patterns
from midwatch.analysis.prompt_injection import instructions, suspicious
from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import CODES
from midwatch.diagnosis.kubernetes.view.containers import ContainerView, clip, instances
from midwatch.diagnosis.kubernetes.view.terminations import (
    SIGKILL,
    SIGTERM,
    crashed_containers,
    is_crashed,
    killed_by_liveness,
    onset,
)
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import CausalRole, Confidence, Finding
from midwatch.domain.observation import LogLines
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.pod import Pod

_LAST_WORDS = 5  # lines at the very end count at any level: some programs log everything as INFO
_LONGEST_TRACE = 1500  # lines; a stack overflow prints 1024 frames below the line that names it
_NEAR_THE_END = 40  # lines; further up it is history, not the reason for this termination
_BELOW = 8  # lines; database images name the variable in the lines below the error
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAMED = re.compile(r"(?<![\w-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w-])")
_CONFIG = re.compile(
    r"/(?:etc|conf|config|configs|settings)/|\.(?:ya?ml|conf|cnf|cfg|ini|toml|json|properties|xml|env)$"
)


def find(cluster: Cluster) -> Iterator[Finding]:
    for instance in crashed_containers(cluster):
        if speaks_for_itself(instance):
            yield from _reason(instance, logs_of(instance))
    read = {(log.namespace, log.name) for log in cluster.logs()}
    for pod in (p for p in cluster.all(Pod) if (p.namespace, p.name) in read):
        for instance in instances(cluster, pod):
            yield from _orders(instance)


def log_of(instance: ContainerView) -> LogLines | None:
    """The log of the run that ended, where it was read; else that of the present run."""
    cluster, pod = instance.cluster, instance.pod
    before = cluster.log(pod, instance.name, previous=True)
    if before is not None and before.text.strip():
        return before
    return cluster.log(pod, instance.name)


def logs_of(instance: ContainerView) -> tuple[LogLines, ...]:
    """The logs that were read, the present run's first."""
    cluster, pod = instance.cluster, instance.pod
    read = (cluster.log(pod, instance.name, previous=before) for before in (False, True))
    return tuple(log for log in read if log is not None and log.text.strip())


def speaks_for_itself(instance: ContainerView) -> bool:
    """Whether the log can give the reason: not when Kubernetes terminated the container, whatever it logged before."""
    ended = instance.last_termination
    stopped = ended is not None and (ended.reason == "OOMKilled" or ended.exit_code in (SIGKILL, SIGTERM))
    evicted = instance.pod.status.reason == "Evicted"
    return not (is_crashed(instance) and stopped) and not evicted and killed_by_liveness(instance) is None


def _reason(instance: ContainerView, logs: tuple[LogLines, ...]) -> Iterator[Finding]:
    """The most direct reason of both runs, the present one's where they say the same."""
    heard = [(log, near, best) for log in logs if (best := _best(near := lines(log.text)[-_NEAR_THE_END:]))]
    # A running container may log an error that it survives: it is a reason only if the container exits or is not ready.
    if heard:
        log, near, best = max(heard, key=lambda each: each[2].weight)
        confidence = Confidence.HIGH if is_crashed(instance) and best.line.level != CALM else Confidence.MEDIUM
        also: tuple[Citation, ...] = ()
        facts = {**best.facts, **_run(instance, log, logs)}
        if "variable" in facts:
            found, also = _variable(instance, log, near, best.line, facts.pop("variable"))
            facts |= found
        if "file" in facts:
            facts["file_type"] = "config file" if _CONFIG.search(facts["file"]) else "file"
        yield _say(instance, log, best.pattern.code, best.line, *also, confidence=confidence, **facts)
    elif logs and is_crashed(instance):
        log = log_of(instance) or logs[0]
        found = lines(log.text)
        line = last_reason(found[-_NEAR_THE_END:]) or last_reason(lines(log.text, newest=_LONGEST_TRACE))
        if line is not None:
            yield _say(instance, log, "K8S-924", line)
        elif (words := [each for each in found if each.said.strip()]) and _has_ended(instance, log):
            yield _say(instance, log, "K8S-925", words[-1])  # some programs log why they stop as INFO


def _has_ended(instance: ContainerView, log: LogLines) -> bool:
    return log.previous or instance.status.state.running is None


def _run(instance: ContainerView, log: LogLines, logs: Sequence[LogLines]) -> dict[str, str]:
    """Which run's log speaks, where two were read."""
    if len(logs) < 2:
        return {}
    run = "log of the previous run" if log.previous else "log of the current run"
    kind = "init container" if instance.init else "container"
    place = location(instance.cluster.owner(instance.pod), instance.name, kind)
    return {"at": f"{place[:-1]}, {run})" if place.endswith(")") else f"{place} ({run})"}


def _variable(
    instance: ContainerView, log: LogLines, near: list[Line], line: Line, logged: str
) -> tuple[Mapping[str, str], tuple[Citation, ...]]:
    """The environment variable to set. Where the line gives only words ("superuser password"), the variable that
    contains the last of them (POSTGRES_PASSWORD) in the lines below; only `setting` where there is none."""
    if _VARIABLE.fullmatch(logged) and ("_" in logged or not logged.islower()):
        return {"variable": logged, "setting": f"environment variable {logged}"}, ()
    word = logged.removesuffix(" option").split()[-1].upper()
    for other in near[near.index(line) :][:_BELOW]:
        if name := next((n for n in _NAMED.findall(other.said) if word in n.split("_")), ""):
            cites = () if other is line else (instance.cluster.cite_log(log, other.text),)
            return {"variable": name, "setting": f"environment variable {name}"}, cites
    return {"setting": f"property {logged}" if "." in logged else logged}, ()


def _effect(instance: ContainerView) -> str:
    if not is_crashed(instance):
        return "container not ready"
    ended = instance.last_termination
    return f"container exits with code {ended.exit_code}" if ended and ended.exit_code else "container exits"


class _Reason(NamedTuple):
    weight: tuple[bool, float]
    pattern: Pattern
    line: Line
    facts: Mapping[str, str]


def _best(near: list[Line]) -> _Reason | None:
    """The most direct reason; a distance of four lines from the end weighs as much as one point of directness."""
    heard = [(age, line) for age, line in enumerate(reversed(near)) if line.level != CALM or age < _LAST_WORDS]
    matches = [
        _Reason((line.level != CALM, CODES[p.code].directness - age / 4), p, line, facts)
        for age, line in heard
        for p in patterns()
        if (facts := p.facts(line.said)) is not None
    ]
    return max(matches, key=lambda m: m.weight) if matches else None


def _say(
    instance: ContainerView,
    log: LogLines,
    code: str,
    line: Line,
    *also: Citation,
    confidence: Confidence = Confidence.HIGH,
    **facts: str,
) -> Finding:
    cites: list[Citation] = [instance.cluster.cite_log(log, line.text), *also]
    first = {"what": next(iter(facts.values()), "")}
    known = {**first, "image_name": instance.spec.image or "", "effect": _effect(instance), **facts}
    known["said"] = clip(line.said)
    if CODES[code].role is CausalRole.CAUSE and instance.status.restart_count:
        cites.append(instance.cite(f'"restartCount":{instance.status.restart_count}'))
    return instance.finding(code, *cites, onset=onset(instance), confidence=confidence, facts=known)


def _orders(instance: ContainerView) -> Iterator[Finding]:
    """At most one finding for each container, healthy or not, whose log may contain a prompt injection."""
    for previous in (True, False):
        log = instance.cluster.log(instance.pod, instance.name, previous=previous)
        line = next(instructions(log.text[-LARGEST:]), None) if log else None
        if log and line:
            yield instance.finding("K8S-990", instance.cluster.cite_log(log, line), what=", ".join(suspicious(line)))
            return


ANALYZER = Analyzer(find, reads=(Pod, Event, LogLines))
