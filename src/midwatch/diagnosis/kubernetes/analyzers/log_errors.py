"""Errors, slow operations and failed requests in logs of running and deleted pods, grouped by log template."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from midwatch.analysis.codes import location
from midwatch.analysis.failure_words import speaks_of_failure
from midwatch.analysis.log_errors import LogError, digest
from midwatch.analysis.log_timestamps import headless
from midwatch.analysis.logs import lines, template
from midwatch.analysis.patterns import patterns
from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.analyzers.known_errors import is_alone, tells_cause
from midwatch.diagnosis.kubernetes.analyzers.log_requests import log_ask
from midwatch.diagnosis.kubernetes.analyzers.peers import unreachable_host
from midwatch.diagnosis.kubernetes.cluster import Cluster, fact
from midwatch.diagnosis.kubernetes.codes import CODES, finding
from midwatch.diagnosis.kubernetes.scheduling.explain import first_names
from midwatch.diagnosis.kubernetes.view.containers import asked_time, clip
from midwatch.diagnosis.kubernetes.view.terminations import crashed_containers, is_crashed
from midwatch.domain.evidence import Citation, Gap, ToolRequest
from midwatch.domain.finding import Confidence, Finding, HealthyCheck
from midwatch.domain.observation import AlertText, LogLines
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.network import NetworkPolicy
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.saved_objects import SavedLog

_CALM_SHOWN = 3  # logs
_SAID = 180  # characters of a line
_OF_ONE_LOG = 6  # findings of one log; further errors rarely add a new cause
_SAVED, _PODS_ASKED, _PODS_SEARCHED = 70, 4, 20  # logs that are read
_AFTER = 20_000  # characters of the log in which a success is looked for
_SUCCESS = re.compile(
    r"(?i)\b(?:re)?connected\b|\bconnection (?:re-?)?established\b|\brecovered\b|\bback online\b|\bretry succeeded\b"
    r"|\bsucceeded after\b|\bsuccessfully (?:re)?connected\b|\bresumed\b"
)
_PATH = re.compile(r"(?<=[\s'\"`(=])/[a-z][\w/-]{1,80}(?=[\s'\"`),.;:]|$)", re.IGNORECASE | re.MULTILINE)
_REACHED = re.compile(r"(?i)(?<!not )\b(?:re)?connected\b|\bconnection (?:to \S+ )?(?:established|restored)\b")
_ORDER = {"error": 0, "status": 0, "slow": 1, "warning": 2}


def find(cluster: Cluster) -> Iterator[Finding]:
    within = asked_time(cluster)
    ended = {(i.pod.namespace, i.pod.name, i.name) for i in crashed_containers(cluster) if is_crashed(i)}
    # The reason of a termination is reported by logs.py and peers.py.
    logs = [g for g in cluster.logs() if cluster.question.wants_logs or (g.namespace, g.name, g.container) not in ended]
    if not any(digest(log.text, within) for log in logs):
        within = None  # no error in the requested time: show the errors at other times
    for log in logs:
        if is_alone(cluster, log) and tells_cause(log):
            continue  # known_errors.py states the cause
        heard = [one for one in digest(log.text, within) if not _reached_later(log, one)]
        for complaint in sorted(heard, key=lambda c: _rank(cluster, c))[:_OF_ONE_LOG]:
            yield _say(cluster, log, complaint)


def _reached_later(log: LogLines, one: LogError) -> bool:
    """A retry that succeeded: a later line says that the same host was reached."""
    miss = unreachable_host(one.line) if one.kind in ("warning", "error") and not one.fatal else None
    if miss is None:
        return False
    later = (line.said for line in lines(log.text) if line.number > one.line.number)
    return any(miss.host in said and _REACHED.search(said) for said in later)


def _rank(cluster: Cluster, one: LogError) -> tuple[bool, bool, int, bool, bool, int]:
    """Errors that match the question first, then errors before slow operations before warnings, fatal and known ones
    before frequent ones."""
    slow_asked = one.kind == "slow" and cluster.question.wants_speed
    asked = slow_asked or cluster.question.speaks_of(one.line.text)
    known = known_reason(one.line.said) is not None
    return (
        not slow_asked,
        not asked,
        _ORDER[one.kind],
        not one.fatal,
        not known,
        -one.count if one.kind != "slow" else 0,
    )


def _say(cluster: Cluster, log: LogLines, one: LogError) -> Finding:
    pod = cluster.get(Pod, log.namespace, log.name)
    subject = Subject(kind="Pod", name=log.name, namespace=log.namespace, container=log.container)
    owner = cluster.owner(pod) if pod else subject.object
    code, confidence, facts = _judged(cluster, log, one)
    alone = pod is None or len(pod.spec.all_containers) < 2 or not log.container
    facts |= {
        "at": location(owner, "" if alone else log.container),
        "pod": log.name,
        "said": clip(headless(one.line.said), _SAID),
        "template": template(one.line.said),
    }
    cites = (cluster.cite_log(log, one.line.text),)
    if code == "K8S-963":
        facts["asked"], proof = _endpoint(cluster)
        cites += proof
    return finding(code, subject, owner=owner, cites=cites, confidence=confidence, onset=one.first, peers=(), **facts)


def _judged(cluster: Cluster, log: LogLines, one: LogError) -> tuple[str, Confidence, dict[str, str]]:
    facts = {"often": _often(one)}
    if one.kind == "slow":
        return "K8S-963", Confidence.MEDIUM, {"range": _range(one)}
    if one.kind == "warning":
        return "K8S-965", Confidence.LOW, facts | {"reason": "The process logs a warning and continues."}
    if _recovered(log, one):
        return "K8S-966", Confidence.LOW, facts
    if miss := unreachable_host(one.line):
        facts["target"] = f"{miss.host}:{miss.port}" if miss.port else miss.host
        if miss.lookup:
            return "K8S-961", Confidence.MEDIUM, facts | {"fence": _fence(cluster, log)}
        return "K8S-962", Confidence.MEDIUM, facts
    if one.kind == "status":
        return "K8S-964", Confidence.MEDIUM, facts
    reason = known_reason(one.line.said)
    told = (
        f"Matches a known error pattern: {reason}."
        if reason
        else "Reported only in the log; no other evidence was found."
    )
    return "K8S-960", Confidence.MEDIUM if reason else Confidence.LOW, facts | {"reason": told}


def _recovered(log: LogLines, one: LogError) -> bool:
    """Whether a later line tells of success: a retry that worked is no fault."""
    after = log.text.rpartition(one.line.text)[2][:_AFTER]
    return bool(one.line.text) and any(_SUCCESS.search(line) for line in after.splitlines())


@fact
def _endpoint(cluster: Cluster) -> tuple[str, tuple[Citation, ...]]:
    """The HTTP path that the alert or the question names: the log may call the same operation otherwise."""
    for item in cluster.evidence:
        match = _PATH.search(item.observation.text) if isinstance(item.observation, AlertText) else None
        if match:
            return f" (endpoint in alert: {match[0]})", (Citation(evidence=item.id, quote=match[0]),)
    match = _PATH.search(cluster.question.text)
    return (f" (endpoint in question: {match[0]})" if match else ""), ()


def known_reason(said: str) -> str | None:
    """The title of the most direct code whose pattern matches the line."""
    codes = [p.code for p in patterns() if p.facts(said) is not None]
    return CODES[max(codes, key=lambda c: CODES[c].directness)].title if codes else None


def _often(one: LogError) -> str:
    times = "once" if one.count == 1 else f"{one.count} times"
    if one.first is None or one.last is None:
        return times
    if one.count == 1 or one.last - one.first < timedelta(seconds=1):
        return f"{times} at {_written(one.first)} UTC"
    return f"{times} from {_written(one.first)} to {_written(one.last)} UTC"


def _written(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S}"


def _range(one: LogError) -> str:
    low, high = min(one.spans), max(one.spans)
    took = f"{low:g} to {high:g} s" if high > low else f"{low:g} s"
    return f"{took}, {one.count} times" if one.count > 1 else took


def _fence(cluster: Cluster, log: LogLines) -> str:
    names = [p.name for p in cluster.all(NetworkPolicy, log.namespace)]
    return f" NetworkPolicies in the namespace: {first_names(names)}." if names else ""


def clean_logs(cluster: Cluster) -> Iterator[HealthyCheck]:
    """The first few logs without errors; of a container that exited, a calm log is no comfort."""
    within = asked_time(cluster)
    ended = {(i.pod.namespace, i.pod.name, i.name) for i in crashed_containers(cluster) if is_crashed(i)}
    logs = (log for log in cluster.logs() if (log.namespace, log.name, log.container) not in ended)
    calm = [
        log
        for log in logs
        if log.text.strip() and not digest(log.text, within) and not any(map(speaks_of_failure, log.text.splitlines()))
    ]
    for log in calm[:_CALM_SHOWN]:
        count = len(log.text.splitlines())
        when = f" from {within}" if within else ""
        last = "the last " if log.truncated else ""
        run = " (previous container)" if log.previous else ""
        lines = f"{last}{count} log line{'s' * (count != 1)}"
        text = f"no errors in {lines} of {log.namespace}/{log.name} {log.container}".rstrip() + run + when
        yield HealthyCheck(text=text, cites=(cluster.cite_log(log, ""),))


def asks(cluster: Cluster) -> Iterator[ToolRequest]:
    """Saved logs, and logs of pods that the question is about, even if they look healthy."""
    saved = worth_reading(cluster)
    for one in saved[:_SAVED]:
        yield log_ask(cluster, (one.namespace, one.pod, one.container), previous=one.previous, why="saved log")
    if not any(cluster.all(SavedLog)):
        why = "the question names it"
        named = _asked_pods(cluster)[:_PODS_ASKED]
        if not named and cluster.question.phrases:
            named, why = _searched_pods(cluster)[:_PODS_SEARCHED], "a phrase is searched for"
        for pod in named:
            for container in pod.spec.containers:
                yield log_ask(cluster, (pod.namespace, pod.name, container.name), why=why)


def _searched_pods(cluster: Cluster) -> list[Pod]:
    """Pods whose logs may hold a phrase: those that are not ready or have restarted before others."""
    place = cluster.question.namespace
    running = [p for p in cluster.all(Pod) if p.namespace == place or not place]
    running = [p for p in running if not p.is_finished and p.spec.node_name]
    return sorted(
        running, key=lambda p: (p.ready and not any(s.restart_count for s in p.statuses), p.namespace, p.name)
    )


@fact
def worth_reading(cluster: Cluster) -> Sequence[SavedLog]:
    """The saved logs that hold anything. Where they are many, first those of what the question names, with errors at
    their end, of what is not ready or has restarted, and of the cluster's own programs."""
    saved = cluster.all(SavedLog)
    if len(saved) <= _SAVED:
        return saved
    return sorted((one for one in saved if not one.empty), key=lambda one: _relevance(cluster, one))


def _relevance(cluster: Cluster, one: SavedLog) -> tuple[bool, ...]:
    pod = cluster.get(Pod, one.namespace, one.pod)
    names = cluster.question.names
    asked = one.pod.lower() in names or (pod is not None and cluster.owner(pod).name.lower() in names)
    restarted = pod is not None and any(s.restart_count for s in pod.statuses)
    ill = pod is not None and not pod.ready and pod.status.phase != "Succeeded"
    return not asked, not one.errors, not ill, not restarted, not one.namespace.startswith("kube-")


def unread_logs(cluster: Cluster) -> tuple[Gap, ...]:
    """How many saved logs were left out."""
    saved = worth_reading(cluster)
    left = len(saved) - _SAVED
    if left <= 0:
        return ()
    errors = sum(one.errors for one in saved[_SAVED:])
    said = f", {errors} of them with errors in their last lines" if errors else ""
    reason = f"{left:,} of {len(saved):,} saved logs were not read{said}; name a pod in the question to read its log"
    return (Gap(tool="kubernetes_logs", arguments={}, query="", reason=reason),)


def _asked_pods(cluster: Cluster) -> list[Pod]:
    """Running pods that the question names, by pod or workload name."""
    names = cluster.question.names
    running = (p for p in cluster.all(Pod) if names and not p.is_finished and p.spec.node_name)
    return [p for p in running if p.name.lower() in names or cluster.owner(p).name.lower() in names]


ANALYZER = Analyzer(find, asks, reads=(Pod, NetworkPolicy, SavedLog, LogLines))
