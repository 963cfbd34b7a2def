"""What the logs of containers in trouble say. The platform's own word (out of memory, killed by a probe) outranks
them."""

from collections.abc import Iterator, Mapping

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

_LAST_WORDS = 5  # lines at the very end count whatever level they claim: some programs log everything as INFO
_LONGEST_TRACE = 1500  # lines; an overflown stack prints 1024 frames below the line that names it
_NEAR_THE_END = 40  # lines; further up it is history, not the reason for this end


def find(cluster: Cluster) -> Iterator[Finding]:
    for instance in crashed_containers(cluster):
        log = log_of(instance)
        if log is not None and speaks_for_itself(instance):
            yield from _reason(instance, log, lines(log.text))
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


def speaks_for_itself(instance: ContainerView) -> bool:
    """Whether the program's own words can be the reason: not when the platform ended it, whatever it said before."""
    ended = instance.last_termination
    stopped = ended is not None and (ended.reason == "OOMKilled" or ended.exit_code in (SIGKILL, SIGTERM))
    evicted = instance.pod.status.reason == "Evicted"
    return not (is_crashed(instance) and stopped) and not evicted and killed_by_liveness(instance) is None


def _reason(instance: ContainerView, log: LogLines, found: list[Line]) -> Iterator[Finding]:
    near = found[-_NEAR_THE_END:]
    # A container that still runs may log an error that it lives with: only its end, or its not being ready, makes it a
    # reason.
    if best := _best(near):
        pattern, line, facts = best
        sure = is_crashed(instance) and line.level != CALM
        yield _say(
            instance, log, pattern.code, line, confidence=Confidence.HIGH if sure else Confidence.MEDIUM, **facts
        )
    elif (
        is_crashed(instance)
        and (line := last_reason(near) or last_reason(lines(log.text, newest=_LONGEST_TRACE))) is not None
    ):
        yield _say(instance, log, "K8S-924", line)


def _best(near: list[Line]) -> tuple[Pattern, Line, Mapping[str, str]] | None:
    """The most direct reason; four lines further from the end weigh as much as one point of directness."""
    heard = [(age, line) for age, line in enumerate(reversed(near)) if line.level != CALM or age < _LAST_WORDS]
    matches = [
        (line.level != CALM, CODES[p.code].directness - age / 4, p, line, facts)
        for age, line in heard
        for p in patterns()
        if (facts := p.facts(line.said)) is not None
    ]
    return max(matches, key=lambda m: (m[0], m[1]))[2:] if matches else None


def _say(
    instance: ContainerView,
    log: LogLines,
    code: str,
    line: Line,
    *,
    confidence: Confidence = Confidence.HIGH,
    **facts: str,
) -> Finding:
    cites: list[Citation] = [instance.cluster.cite_log(log, line.text)]
    first = {"what": next(iter(facts.values()), "")}
    known = {**first, "image_name": instance.spec.image or "", **facts, "said": clip(line.said)}
    if CODES[code].role is CausalRole.CAUSE and instance.status.restart_count:
        cites.append(instance.cite(f'"restartCount":{instance.status.restart_count}'))
    return instance.finding(code, *cites, onset=onset(instance), confidence=confidence, facts=known)


def _orders(instance: ContainerView) -> Iterator[Finding]:
    """At most one note for each container, healthy or not, that its log holds text meant for a machine."""
    for previous in (True, False):
        log = instance.cluster.log(instance.pod, instance.name, previous=previous)
        line = next(instructions(log.text[-LARGEST:]), None) if log else None
        if log and line:
            yield instance.finding("K8S-990", instance.cluster.cite_log(log, line), what=", ".join(suspicious(line)))
            return


ANALYZER = Analyzer(find, reads=(Pod, Event, LogLines))
