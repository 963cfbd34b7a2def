"""Reasons that crashed and unready containers log. A termination by Kubernetes (OOMKilled, failed probe) outranks
them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from midwatch.analysis.codes import location
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
from midwatch.diagnosis.kubernetes.view.known_errors import more_facts
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
_LAST_LINE = "K8S-925"
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


class _Words(NamedTuple):
    """A text that the container wrote, and how a line of it is cited; `run` says which log it is, where two were
    read."""

    text: str
    cite: Cite
    run: Mapping[str, str] = {}
    ended: bool = True


def _own_words(instance: ContainerView) -> Iterator[Finding]:
    """What the logs say or, where they give no reason, what the program left as its termination message."""
    said = list(_reason(instance, _logs(instance)))
    ended = instance.last_termination
    if (said and said[0].code != _LAST_LINE) or ended is None or not ended.message:
        yield from said
    elif is_crashed(instance) and not never_ran(ended):
        message = _Words(ended.message, instance.cite)
        reasons = [f for f in _reason(instance, (message,)) if f.code != _LAST_LINE]
        yield from reasons or [_last_message(instance, ended)]
    else:
        yield from said


def _logs(instance: ContainerView) -> tuple[_Words, ...]:
    logs = logs_of(instance)
    cite = instance.cluster.cite_log
    return tuple(_Words(g.text, partial(cite, g), _run(instance, g, logs), _has_ended(instance, g)) for g in logs)


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


def _reason(instance: ContainerView, texts: Sequence[_Words]) -> Iterator[Finding]:
    """The most direct reason of all texts, the first one's where they say the same."""
    heard = [(words, near, best) for words in texts if (best := _best(near := lines(words.text)[-_NEAR_THE_END:]))]
    # A running container may log an error that it survives: it is a reason only if the container exits or is not ready.
    if heard:
        words, near, best = max(heard, key=lambda each: each[2].weight)
        line = best.line
        confidence = Confidence.HIGH if is_crashed(instance) and line.level != CALM else Confidence.MEDIUM
        code, facts, also = _refined(instance, words.cite, near, best)
        peers = (blamed_servers(instance.cluster)[_pod_key(instance)],) if code == REJECTED else ()
        alike = all((b.pattern.code, dict(b.facts)) == (best.pattern.code, dict(best.facts)) for _, _, b in heard)
        since, facts = _began(words.text, line), facts if alike and len(heard) > 1 else {**facts, **words.run}
        yield _say(instance, words.cite, code, line, *also, confidence=confidence, onset=since, peers=peers, **facts)
    elif texts and is_crashed(instance):
        yield from _last_words(instance, texts[-1])  # the run that ended


def _last_words(instance: ContainerView, words: _Words) -> Iterator[Finding]:
    found = lines(words.text)
    line = last_reason(found[-_NEAR_THE_END:]) or last_reason(lines(words.text, newest=_LONGEST_TRACE))
    if line is not None:
        yield _say(instance, words.cite, "K8S-924", line)
    elif words.ended and (spoken := [each for each in found if each.said.strip()]):
        yield _say(instance, words.cite, _LAST_LINE, spoken[-1])  # some programs log why they stop as INFO


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


def _pod_key(instance: ContainerView) -> tuple[str, str]:
    return instance.pod.namespace, instance.pod.name


def _refined(
    instance: ContainerView, cite: Cite, near: list[Line], best: "_Reason"
) -> tuple[str, Mapping[str, str], tuple[Citation, ...]]:
    """Code, facts and further citations of a line, by what the cluster knows besides."""
    pattern, line, facts = best.pattern, best.line, best.facts
    if pattern.code in OF_SERVER and _pod_key(instance) in blamed_servers(instance.cluster):
        return REJECTED, facts, ()
    if pattern.code == _LOGIN:
        return _login(instance, facts)
    if "variable" in facts:
        return pattern.code, *_variable(cite, near, line, facts["variable"])
    facts = {**facts, **more_facts(pattern.code, line.said, facts)}
    if "file" in facts:
        facts = {**facts, "file_type": "config file" if _CONFIG.search(facts["file"]) else "file"}
    return pattern.code, facts, ()


def _login(instance: ContainerView, facts: Mapping[str, str]) -> tuple[str, Mapping[str, str], tuple[Citation, ...]]:
    """The environment keeps the value that the Secret had when the container started."""
    source = credential_source(instance)
    if source is None:
        return _LOGIN, facts, ()
    began = instance.pod.status.start_time
    start = f"{began:%Y-%m-%d %H:%M} UTC" if began else ""
    facts = {**facts, "secret": source.text, "secret_name": source.secret, "start": start}
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
    if best is None or best.pattern.code != "K8S-901" or not best.facts.get("file"):
        return None
    return best.facts["file"], instance.cluster.cite_log(log, best.line.text)


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
