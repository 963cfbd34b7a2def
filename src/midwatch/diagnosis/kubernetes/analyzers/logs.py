"""Reasons that crashed and unready containers log. A termination by Kubernetes (OOMKilled, failed probe) outranks
them."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial

from midwatch.analysis.log_timestamps import moment
from midwatch.analysis.logs import CALM, LARGEST, Line, last_reason, lines, template
from midwatch.analysis.patterns import Pattern, patterns
from midwatch.analysis.prompt_injection import instructions, suspicious
from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.analyzers.databases import OF_SERVER, REJECTED, SERVER_READS, blamed_servers
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import CODES
from midwatch.diagnosis.kubernetes.view.backing import json_field
from midwatch.diagnosis.kubernetes.view.containers import ContainerView, clip, instances
from midwatch.diagnosis.kubernetes.view.credentials import credential_source, is_newer
from midwatch.diagnosis.kubernetes.view.terminations import (
    SIGKILL,
    SIGTERM,
    crashed_containers,
    is_crashed,
    killed_by_liveness,
    never_ran,
)
from midwatch.diagnosis.kubernetes.view.terminations import onset as began
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import CausalRole, Confidence, Finding
from midwatch.domain.observation import LogLines
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Event, Secret
from midwatch.integrations.kubernetes.objects.pod import Pod, Terminated

Cite = Callable[[str], Citation]  # of the text that a line was read from

_LAST_WORDS = 5  # lines at the very end count at any level: some programs log everything as INFO
_LOGIN = "K8S-910"  # where a password may have been changed on one side
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
            yield from _own_words(instance)
    read = {(log.namespace, log.name) for log in cluster.logs()}
    for pod in (p for p in cluster.all(Pod) if (p.namespace, p.name) in read):
        for instance in instances(cluster, pod):
            yield from _orders(instance)


def _own_words(instance: ContainerView) -> Iterator[Finding]:
    """What the log says or, where it gives no reason, what the program left as its termination message."""
    log = log_of(instance)
    said = list(_reason(instance, partial(instance.cluster.cite_log, log), log.text)) if log else []
    ended = instance.last_termination
    if said or ended is None or not ended.message or not is_crashed(instance) or never_ran(ended):
        yield from said
        return
    yield from list(_reason(instance, instance.cite, ended.message)) or [_last_message(instance, ended)]


def _last_message(instance: ContainerView, ended: Terminated) -> Finding:
    words = instructions(ended.message or "")
    said = "(possible prompt injection, not quoted)" if next(words, None) else clip(ended.message or "")
    facts = {"exit": str(ended.exit_code), "said": said}
    return instance.finding("K8S-928", instance.cite(ended.message or ""), onset=began(instance), facts=facts)


def log_of(instance: ContainerView) -> LogLines | None:
    """The log of the run that ended, where it was read; else that of the present run."""
    cluster, pod = instance.cluster, instance.pod
    before = cluster.log(pod, instance.name, previous=True)
    if before is not None and before.text.strip():
        return before
    return cluster.log(pod, instance.name)


def speaks_for_itself(instance: ContainerView) -> bool:
    """Whether the log can give the reason: not when Kubernetes terminated the container, whatever it logged before."""
    ended = instance.last_termination
    stopped = ended is not None and (ended.reason == "OOMKilled" or ended.exit_code in (SIGKILL, SIGTERM))
    evicted = instance.pod.status.reason == "Evicted"
    return not (is_crashed(instance) and stopped) and not evicted and killed_by_liveness(instance) is None


def _reason(instance: ContainerView, cite: Cite, text: str) -> Iterator[Finding]:
    found = lines(text)
    near = found[-_NEAR_THE_END:]
    # A running container may log an error that it survives: it is a reason only if the container exits or is not ready.
    if best := _best(near):
        line = best[1]
        confidence = Confidence.HIGH if is_crashed(instance) and line.level != CALM else Confidence.MEDIUM
        code, facts, also = _refined(instance, cite, near, best)
        peers = (blamed_servers(instance.cluster)[_pod_key(instance)],) if code == REJECTED else ()
        since = _began(text, line)
        yield _say(instance, cite, code, line, *also, confidence=confidence, onset=since, peers=peers, **facts)
    elif (
        is_crashed(instance)
        and (line := last_reason(near) or last_reason(lines(text, newest=_LONGEST_TRACE))) is not None
    ):
        yield _say(instance, cite, "K8S-924", line)


def _pod_key(instance: ContainerView) -> tuple[str, str]:
    return instance.pod.namespace, instance.pod.name


def _refined(
    instance: ContainerView, cite: Cite, near: list[Line], best: tuple[Pattern, Line, Mapping[str, str]]
) -> tuple[str, Mapping[str, str], tuple[Citation, ...]]:
    """Code, facts and further citations of a line, by what the cluster knows besides."""
    pattern, line, facts = best
    if pattern.code in OF_SERVER and _pod_key(instance) in blamed_servers(instance.cluster):
        return REJECTED, facts, ()
    if pattern.code == _LOGIN:
        return _login(instance, facts)
    if "variable" in facts:
        return pattern.code, *_variable(cite, near, line, facts["variable"])
    if "file" in facts:
        facts = {**facts, "file_type": "config file" if _CONFIG.search(facts["file"]) else "file"}
    return pattern.code, facts, ()


def _login(instance: ContainerView, facts: Mapping[str, str]) -> tuple[str, Mapping[str, str], tuple[Citation, ...]]:
    """The environment keeps the value that the Secret had when the container started."""
    source = credential_source(instance)
    if source is None:
        return _LOGIN, {**facts, "source": ""}, ()
    began = instance.pod.status.start_time
    start = f"{began:%Y-%m-%d %H:%M} UTC" if began else "start time unknown"
    facts = {**facts, "secret": source.text, "secret_name": source.secret, "start": start}
    facts["source"] = f" with Secret {source.text}, read at pod start ({start})"
    cites = (instance.cite(json_field("name", source.secret)),)
    made = source.seen.metadata.creation_timestamp if source.seen else None
    if source.seen is None or made is None or not is_newer(source, instance):
        return _LOGIN, facts, cites
    changed = f"{made:%Y-%m-%d %H:%M} UTC"
    return "K8S-946", {**facts, "changed": changed}, (*cites, instance.cluster.cite(source.seen))


def missing_file(instance: ContainerView) -> tuple[str, Citation] | None:
    """The file that the container does not find, when that is the reason it gives, and the citation of the line."""
    log = log_of(instance)
    if log is None or not speaks_for_itself(instance):
        return None
    best = _best(lines(log.text)[-_NEAR_THE_END:])
    if best is None or best[0].code != "K8S-901" or not best[2].get("file"):
        return None
    return best[2]["file"], instance.cluster.cite_log(log, best[1].text)


def _began(text: str, line: Line) -> datetime | None:
    """When the log first says so, where its lines have times."""
    same = template(line.said)
    return next((moment(one.text) for one in lines(text, newest=_LONGEST_TRACE) if template(one.said) == same), None)


def _variable(cite: Cite, near: list[Line], line: Line, logged: str) -> tuple[Mapping[str, str], tuple[Citation, ...]]:
    """The environment variable to set. Where the line gives only words ("superuser password"), the variable that
    contains the last of them (POSTGRES_PASSWORD) in the lines below; only `setting` where there is none."""
    if _VARIABLE.fullmatch(logged) and ("_" in logged or not logged.islower()):
        return {"variable": logged, "setting": f"environment variable {logged}"}, ()
    word = logged.removesuffix(" option").split()[-1].upper()
    for other in near[near.index(line) :][:_BELOW]:
        if name := next((n for n in _NAMED.findall(other.said) if word in n.split("_")), ""):
            cites = () if other is line else (cite(other.text),)
            return {"variable": name, "setting": f"environment variable {name}"}, cites
    return {"setting": f"property {logged}" if "." in logged else logged}, ()


def _effect(instance: ContainerView) -> str:
    if not is_crashed(instance):
        return "container not ready"
    ended = instance.last_termination
    return f"container exits with code {ended.exit_code}" if ended and ended.exit_code else "container exits"


def _best(near: list[Line]) -> tuple[Pattern, Line, Mapping[str, str]] | None:
    """The most direct reason; a distance of four lines from the end weighs as much as one point of directness."""
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
    cite: Cite,
    code: str,
    line: Line,
    *also: Citation,
    confidence: Confidence = Confidence.HIGH,
    onset: datetime | None = None,
    peers: tuple[Subject, ...] = (),
    **facts: str,
) -> Finding:
    cites: list[Citation] = [cite(line.text), *also]
    first = {"what": next(iter(facts.values()), "")}
    known = {**first, "image_name": instance.spec.image or "", "effect": _effect(instance), **facts}
    known["said"] = clip(line.said)
    if CODES[code].role is CausalRole.CAUSE and instance.status.restart_count:
        cites.append(instance.cite(f'"restartCount":{instance.status.restart_count}'))
    # A container that crashed may only have the log of its last run: the back-off began earlier.
    since = began(instance) if is_crashed(instance) or onset is None else onset
    return instance.finding(code, *cites, onset=since, confidence=confidence, peers=peers, facts=known)


def _orders(instance: ContainerView) -> Iterator[Finding]:
    """At most one finding for each container, healthy or not, whose log may contain a prompt injection."""
    for previous in (True, False):
        log = instance.cluster.log(instance.pod, instance.name, previous=previous)
        line = next(instructions(log.text[-LARGEST:]), None) if log else None
        if log and line:
            yield instance.finding("K8S-990", instance.cluster.cite_log(log, line), what=", ".join(suspicious(line)))
            return


ANALYZER = Analyzer(find, reads=(*SERVER_READS, Event, Secret))
