"""Known errors in logs of which no pod was read: the line alone tells the cause."""

from collections.abc import Iterator

from midwatch.analysis.codes import location
from midwatch.analysis.log_timestamps import headless, moment
from midwatch.analysis.logs import lines
from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import CODES, finding
from midwatch.diagnosis.kubernetes.view.containers import reason_text
from midwatch.diagnosis.kubernetes.view.known_errors import KnownError, known_errors, sureness
from midwatch.domain.finding import Finding
from midwatch.domain.observation import LogLines
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.saved_objects import SavedLog

_NEWEST = 400  # lines
_SAID = 320  # characters of a line


def find(cluster: Cluster) -> Iterator[Finding]:
    for log, subject, at in logs_alone(cluster):
        if found := known_errors(lines(log.text, newest=_NEWEST)):
            yield _say(cluster, log, subject, at, found)


def logs_alone(cluster: Cluster) -> Iterator[tuple[LogLines, Subject, str]]:
    """Logs whose pod was not read: what the log says is all that is known. With where messages say that it is."""
    saved = {(one.pod, one.container): one for one in cluster.all(SavedLog) if one.about not in ("Pod", "Node")}
    for log in cluster.unnamed_logs():
        if one := saved.get((log.name, log.container)):
            subject = Subject(kind=one.about, name=log.name, namespace=one.place)
            yield log, subject, f"log without a name ({log.name})" if one.about == "Log" else location(subject)
    for log in cluster.logs():
        if is_alone(cluster, log):
            subject = Subject(kind="Pod", name=log.name, namespace=log.namespace, container=log.container)
            yield log, subject, location(subject.object, log.container)


def is_alone(cluster: Cluster, log: LogLines) -> bool:
    """Whether the log's pod is named, but was neither read nor proven to be gone."""
    read = cluster.get(Pod, log.namespace, log.name) is not None
    return bool(log.namespace) and not read and not cluster.missing(Pod, log.namespace, log.name)


def tells_cause(log: LogLines) -> bool:
    return bool(known_errors(lines(log.text, newest=_NEWEST)))


def _say(cluster: Cluster, log: LogLines, subject: Subject, at: str, found: list[KnownError]) -> Finding:
    best = found[0]
    also = [CODES[one.code].title for one in found[1:3] if one.code != best.code]
    facts = {"effect": "", "image_name": "", "what": next(iter(best.facts.values()), ""), **best.facts}
    facts |= {"at": at, "said": reason_text(headless(best.line.said), _SAID), "also": ", ".join(also)}
    facts |= {"pod": log.name} if subject.kind == "Pod" else {}
    facts = {k: v for k, v in facts.items() if k not in ("name", "namespace", "container")}
    return finding(
        best.code,
        subject,
        owner=subject.object,
        cites=(cluster.cite_log(log, best.line.text),),
        confidence=sureness(best.code),
        onset=moment(best.line.text),
        peers=(),
        **facts,
    )


ANALYZER = Analyzer(find, reads=(Pod, SavedLog, LogLines))
