"""Journals of nodes (kubelet, k3s, containerd, etcd, the kernel): what stops a node or the control plane on it."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from midwatch.analysis.codes import location
from midwatch.analysis.log_errors import digest
from midwatch.analysis.log_timestamps import moment
from midwatch.analysis.logs import lines
from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.containers import asked_time, reason_text
from midwatch.diagnosis.kubernetes.view.known_errors import known_errors
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.observation import LogLines
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.saved_objects import SavedLog

_SAID = 240  # characters of a line
_NOT_NAMED = "not-named"  # the reader's word for a node that the text does not name
_NEWEST = 400  # lines that are read for known errors
_EXITED = "ain process exited"
_OF_NODES = frozenset(("K8S-926", "K8S-975", "K8S-976", "K8S-977", "K8S-978", "K8S-989", "K8S-992", "K8S-993"))
_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "K8S-840",
        re.compile(r"slow fdatasync|sync duration of \S{1,30}, expected less than|disk is (?:likely )?overloaded"),
    ),
    ("K8S-841", re.compile(r"[Oo]ut of memory: Kill(?:ed)? process \d{1,9},? \((?P<program>[^)]{1,60})\)")),
    (
        "K8S-843",
        re.compile(r"cni plugin not initialized|cni config uninitialized|[Nn]o networks found in /etc/cni/net\.d"),
    ),
    (
        "K8S-844",
        re.compile(
            r"x509: .{0,80}(?:has expired|not yet valid|unknown authority|is valid for|cannot validate|not valid for)"
            r"|certificate [^\n]{0,120}\b(?:is|has) expired\b"
        ),
    ),
    ("K8S-845", re.compile(r"no space left on device", re.I)),
    (
        "K8S-842",
        re.compile(
            r"[Ff]ailed to run [Kk]ubelet|running with swap on is not supported|kubelet cgroup driver|failed to load "
            r"[Kk]ubelet config file|failed to start ContainerManager|cannot load .{0,40}kubelet|starting kubernetes: "
        ),
    ),
    (
        "K8S-846",
        re.compile(
            r"PLEG is not healthy|container runtime is down|validate CRI v1 \w{1,20} API|(?:containerd|crio|dockershim|"
            r"cri-dockerd)\.sock.{0,120}(?:connection refused|no such file|connect:)"
        ),
    ),
    ("K8S-847", re.compile(r"dial tcp \S{1,260}: (?:connect: )?(?:connection refused|i/o timeout|no route to host)")),
    (
        "K8S-848",
        re.compile(r"[Mm]ain process exited, code=\S{1,30} status=\S{1,30}|Failed with result|Start request repeated"),
    ),
)


def find(cluster: Cluster) -> Iterator[Finding]:
    kinds = {(one.pod, one.container): one for one in cluster.all(SavedLog) if one.about == "Node"}
    found: dict[tuple[str, str], Finding] = {}
    for log in cluster.unnamed_logs():
        if (log.name, log.container) in kinds:
            for one in _of_log(cluster, log):
                found.setdefault((one.code, log.name), one)
    nodes = {node for _, node in found}
    for log in cluster.unnamed_logs():
        if (log.name, log.container) in kinds and log.name not in nodes:
            found |= {(one.code, log.name): one for one in _others(cluster, log)}
    for log in cluster.unnamed_logs():
        if (log.name, log.container) in kinds:
            yield from _known(cluster, log)
    yield from found.values()


def _known(cluster: Cluster, log: LogLines) -> Iterator[Finding]:
    """The most direct error of the journal whose line alone tells the cause."""
    heard = [one for one in known_errors(lines(log.text, newest=_NEWEST)) if one.code in _OF_NODES]
    for one in heard[:1]:
        facts = {"effect": "", **one.facts}
        yield _say(cluster, log, one.code, one.line.text, 1, **facts)


def _of_log(cluster: Cluster, log: LogLines) -> Iterator[Finding]:
    """The first line of each rule, and how many there are."""
    found = log.text.split("\n")
    for code, pattern in _RULES:
        matches = [(line, match) for line in found if (match := pattern.search(line[:4000]))]
        if matches:
            ended = code == "K8S-848"
            line, match = matches[-1] if ended else matches[0]
            facts = {name: text for name, text in match.groupdict().items() if text}
            yield _say(cluster, log, code, line, _ends(found) or len(matches) if ended else len(matches), **facts)


def _ends(lines: Sequence[str]) -> int:
    """systemd writes several lines of one end."""
    return sum("Main process exited" in line for line in lines) or min(1, sum("Failed with" in line for line in lines))


def _others(cluster: Cluster, log: LogLines) -> Iterator[Finding]:
    """The gravest error of a journal that no rule knows."""
    heard = [one for one in digest(log.text, asked_time(cluster)) if one.kind in ("error", "status")]
    for one in sorted(heard, key=lambda e: not e.fatal)[:1]:
        yield _say(cluster, log, "K8S-849", one.line.text, one.count)


def _say(cluster: Cluster, log: LogLines, code: str, line: str, count: int, **facts: str) -> Finding:
    node = Subject(kind="Node", name=log.name)
    often = f" ({count} times)" if count > 1 else ""
    facts |= {"unit": log.container, "often": often, "node": "NODE" if log.name == _NOT_NAMED else log.name}
    facts["at"] = (
        "a node that the text does not name" if log.name == _NOT_NAMED else location(node, log.container, "unit")
    )
    when: datetime | None = moment(line)
    return finding(
        code,
        node,
        owner=node,
        cites=(cluster.cite_log(log, line),),
        confidence=Confidence.LOW if code == "K8S-849" else Confidence.HIGH,
        onset=when,
        peers=(),
        said=reason_text(_told(line), _SAID),
        **facts,
    )


def _told(line: str) -> str:
    """Without the journal's time, host and unit."""
    head, sep, rest = line.partition("]: ") if "]: " in line[:160] else line.partition(": ")
    return rest if sep and len(head) < 160 and rest else line


ANALYZER = Analyzer(find, reads=(SavedLog, LogLines))
