"""What the logs of containers in trouble say. The platform's own word (out of memory, killed by a probe) outranks them."""

from collections.abc import Iterator

from midwatch.analysis.logs import Line, last_reason, lines
from midwatch.analysis.patterns import patterns
from midwatch.analysis.untrusted import suspicious
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import Confidence, Finding, Role
from midwatch.domain.observation import LogLines
from midwatch.integrations.kubernetes.analyzers import Analyzer
from midwatch.integrations.kubernetes.analyzers.ends import crashed, killed_by_liveness, onset, troubled
from midwatch.integrations.kubernetes.analyzers.instances import Instance, clip
from midwatch.integrations.kubernetes.cluster import Cluster
from midwatch.integrations.kubernetes.codes import CODES

_NEAR_THE_END = 40  # lines; further up it is history, not the reason for this end


def find(cluster: Cluster) -> Iterator[Finding]:
    for instance in troubled(cluster):
        log = log_of(instance)
        if log is None:
            continue
        found = lines(log.text)
        if speaks_for_itself(instance):
            yield from _reason(instance, log, found)
        yield from _orders(instance, log)


def log_of(instance: Instance) -> LogLines | None:
    """The log of the run that ended, where it was read; else that of the present run."""
    cluster, pod = instance.cluster, instance.pod
    before = cluster.log(pod, instance.name, previous=True)
    if before is not None and before.text.strip():
        return before
    return cluster.log(pod, instance.name)


def speaks_for_itself(instance: Instance) -> bool:
    """Whether the program's own words can be the reason: not when the platform ended it, whatever it said before."""
    ended = instance.ended
    by_memory = ended is not None and ended.reason == "OOMKilled"
    return not by_memory and killed_by_liveness(instance) is None


def _reason(instance: Instance, log: LogLines, found: list[Line]) -> Iterator[Finding]:
    near = found[-_NEAR_THE_END:]
    matches = [
        (CODES[p.code].directness, line.number, p, line, facts)
        for line in near
        for p in patterns()
        if (facts := p.facts(line.said)) is not None
    ]
    # A container that still runs may log an error that it lives with: only its end, or its not being ready, makes it a reason.
    if matches:
        _, _, pattern, line, facts = max(matches, key=lambda m: (m[0], m[1]))
        confidence = Confidence.HIGH if crashed(instance) else Confidence.MEDIUM
        yield _say(instance, log, pattern.code, line, confidence=confidence, **facts)
    elif crashed(instance) and (line := last_reason(near)) is not None:
        yield _say(instance, log, "K8S-924", line)


def _say(instance: Instance, log: LogLines, code: str, line: Line, *, confidence: Confidence = Confidence.HIGH, **facts: str) -> Finding:
    cites: list[Citation] = [instance.cluster.cite_log(log, line.text)]
    first = {"what": next(iter(facts.values()), "")}
    known = {**first, "image_name": instance.spec.image or "", **facts, "said": clip(line.said)}
    if CODES[code].role is Role.CAUSE and instance.status.restart_count:
        cites.append(instance.cite(f'"restartCount":{instance.status.restart_count}'))
    return instance.say(code, *cites, onset=onset(instance), confidence=confidence, facts=known)


def _orders(instance: Instance, log: LogLines) -> Iterator[Finding]:
    """At most one note for each container that its log holds text meant for a machine."""
    for line in log.text.splitlines()[-_NEAR_THE_END:]:
        if reasons := suspicious(line):
            cite = instance.cluster.cite_log(log, line)
            yield instance.say("K8S-990", cite, what=", ".join(reasons))
            return


ANALYZER = Analyzer(find)
