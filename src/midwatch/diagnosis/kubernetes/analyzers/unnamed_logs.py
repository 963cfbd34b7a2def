"""Errors in logs of which nothing says who wrote them: a log that was piped in, or pasted without its command."""

from collections.abc import Iterator

from midwatch.analysis.log_errors import LogError, digest
from midwatch.analysis.log_programs import program
from midwatch.analysis.log_timestamps import headless
from midwatch.analysis.logs import Line, last_reason, lines
from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.analyzers.known_errors import tells_cause
from midwatch.diagnosis.kubernetes.analyzers.log_errors import known_reason
from midwatch.diagnosis.kubernetes.analyzers.peers import unreachable_host
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.containers import asked_time, clip, reason_text
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.observation import LogLines
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.saved_objects import SavedLog

_SAID = 240  # characters of a line
_NO_ORIGIN = "The text does not name the program that wrote this log."
_OF_ONE_LOG = 3  # findings
_KINDS = ("error", "status")


def find(cluster: Cluster) -> Iterator[Finding]:
    known = {(one.pod, one.container): one for one in cluster.all(SavedLog) if one.about not in ("Pod", "Node")}
    # Beside a pod that is in trouble the log may be its own or another's: then it is no answer of its own.
    beside = any(not pod.ready and not pod.is_finished for pod in cluster.all(Pod))
    for log in cluster.unnamed_logs():
        one = known.get((log.name, log.container))
        if one and not tells_cause(log):
            heard = [
                e for e in digest(log.text, asked_time(cluster)) if e.kind in _KINDS and not _is_of_pod(cluster, e)
            ]
            reason = last_reason(lines(log.text))
            for error in sorted(heard, key=lambda e: _rank(cluster, e, reason))[:_OF_ONE_LOG]:
                yield _say(cluster, log, one, error, beside=beside)


def _is_of_pod(cluster: Cluster, error: LogError) -> bool:
    """The kubelet's message about a key, where a pod that was read waits for it: configuration.py states that."""
    waits = (s.state.waiting for pod in cluster.all(Pod) for s in pod.statuses)
    return "couldn't find key" in error.line.said and any(
        w is not None and w.reason == "CreateContainerConfigError" for w in waits
    )


def _rank(cluster: Cluster, error: LogError, reason: Line | None) -> tuple[bool, bool, bool, bool]:
    return (
        not cluster.question.speaks_of(error.line.text),
        reason is None or error.line.text != reason.text,
        not error.fatal,
        unreachable_host(error.line) is None,
    )


def _say(cluster: Cluster, log: LogLines, saved: SavedLog, error: LogError, *, beside: bool) -> Finding:
    subject = Subject(kind=saved.about, name=log.name, namespace=saved.place)
    facts = {"said": reason_text(headless(error.line.said), _SAID), "what": _what(error)}
    if title := known_reason(error.line.said):
        facts["reason"] = f"Matches a known error pattern: {title}."
    name = program(log.text)
    facts["origin"] = f"The log names its program ({clip(name, 80)}), not its pod." if name else _NO_ORIGIN
    if saved.about == "Log":
        facts["at"] = f"log without a name ({log.name})"
    return finding(
        "K8S-971" if beside else "K8S-970",
        subject,
        owner=subject,
        cites=(cluster.cite_log(log, error.line.text),),
        confidence=Confidence.LOW,
        onset=error.first,
        peers=(),
        **facts,
    )


def _what(error: LogError) -> str:
    if miss := unreachable_host(error.line):
        target = f"{miss.host}:{miss.port}" if miss.port else miss.host
        return f"DNS lookup of {target} failed" if miss.lookup else f"cannot connect to {target}"
    times = "" if error.count == 1 else f" ({error.count} times)"
    return f"{'HTTP 5xx response' if error.kind == 'status' else 'error'} in log{times}"


ANALYZER = Analyzer(find, reads=(Pod, SavedLog, LogLines))
