"""Separates causes from consequences.

Trouble spreads along links (a ConfigMap into the pods that mount it, a node onto its pods, a pod into its Service, a
Service into those who call it). A finding explains another one when trouble at its subject can reach the other's
subject and it outranks it:

1. On one workload and one container, a cause outranks a symptom, then the more direct statement the less direct one.
   Faults of different containers stand side by side; a fault of the pod as a whole stands for all of its containers.
2. Along links, whatever can reach a symptom outranks it; two symptoms that reach each other are ordered by directness,
then onset.
3. A cause is never explained away by a cause elsewhere: two faults are two faults. But where a link is total (a dead
node and its pods, a full database and its clients), what began there after the source's cause is its consequence.

What nothing explains is a root. Roots are ranked by: severity, cause before symptom, how many workloads they explain,
directness, earliest onset, and at last by name, so that the order never depends on chance.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from midwatch.domain.finding import CausalRole, Finding, Link, Severity
from midwatch.domain.subject import Subject

FARTHEST = 8  # links; a chain longer than this is a coincidence, not a cause
_AT_ONCE = timedelta(minutes=2)  # a node is marked NotReady 40 s after its last report
_LATEST = datetime.max.replace(tzinfo=UTC)
_SEVERITY = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(frozen=True)
class Chain:
    """A root cause and its consequences, nearest first."""

    root: Finding
    explains: tuple[Finding, ...]


def chains(findings: Sequence[Finding], links: Iterable[Link]) -> tuple[Chain, ...]:
    """The roots among the findings (risks, complaints and mere notes left out), best first, each with its
    consequences."""
    real = [
        f
        for f in findings
        if f.role in (CausalRole.CAUSE, CausalRole.SYMPTOM, CausalRole.INTENDED) and f.severity is not Severity.INFO
    ]
    spread, at = _Spread(real, links), _places(real)
    explained: dict[int, list[int]] = defaultdict(list)
    has_reason: set[int] = set()
    for i, finding in enumerate(real):
        near = spread.distances(finding)
        # Only what stands where the trouble gets to can be explained by it: of thousands of findings a few.
        for j in sorted({j for place in (finding.owner, *near) for j in at.get(place, ())}):
            if i != j and _outranks(finding, real[j], near, spread):
                explained[i].append(j)
                has_reason.add(j)
    roots = [i for i in range(len(real)) if i not in has_reason]
    found = [Chain(real[i], _consequences(i, real, explained)) for i in roots]
    return tuple(sorted(found, key=_order))


def _places(findings: Sequence[Finding]) -> dict[Subject, list[int]]:
    """The findings by their subject and by its owner."""
    found: dict[Subject, list[int]] = defaultdict(list)
    for number, finding in enumerate(findings):
        for place in dict.fromkeys((finding.subject.object, finding.owner)):
            found[place].append(number)
    return found


class _Spread:
    """Distance that a fault reaches from each subject."""

    def __init__(self, findings: Iterable[Finding], links: Iterable[Link]) -> None:
        self._next: dict[Subject, dict[Subject, None]] = defaultdict(dict)
        self._memo: dict[Subject, dict[Subject, int]] = {}
        self.total: set[tuple[Subject, Subject]] = set()
        for link in links:
            if link.total:
                self.total.add((link.source, link.target))
            self._join(link.source, link.target)
        for finding in findings:
            self._join(finding.subject.object, finding.owner)
            for peer in finding.peers:
                self._join(peer.object, finding.subject.object)

    def _join(self, source: Subject, target: Subject) -> None:
        if source != target:
            self._next[source][target] = None

    def distances(self, finding: Finding) -> dict[Subject, int]:
        """Subject → number of links, from the finding's subject and its owner."""
        near = self._from(finding.subject.object)
        if finding.owner == finding.subject.object:
            return near
        return self._from(finding.owner) | near

    def _from(self, start: Subject) -> dict[Subject, int]:
        if start in self._memo:
            return self._memo[start]
        seen, waiting = {start: 0}, deque([start])
        while waiting:
            here = waiting.popleft()
            if seen[here] >= FARTHEST:
                continue
            for there in self._next.get(here, ()):
                if there not in seen:
                    seen[there] = seen[here] + 1
                    waiting.append(there)
        self._memo[start] = seen
        return seen


def _outranks(one: Finding, other: Finding, near: dict[Subject, int], spread: _Spread) -> bool:
    if one.owner == other.owner and _same_place(one, other):
        return _rank(one) < _rank(other)
    if _is_consequence(one, other, spread.total):
        return True
    if other.role is not CausalRole.SYMPTOM or (other.subject.object not in near and other.owner not in near):
        return False
    if one.role is CausalRole.CAUSE:
        return True
    back = spread.distances(other)
    mutual = one.subject.object in back or one.owner in back
    return not mutual or _rank(one) < _rank(other)


def _is_consequence(one: Finding, other: Finding, total: set[tuple[Subject, Subject]]) -> bool:
    """Whether the other is at the far end of a total link, and not older than the cause here."""
    if one.role is not CausalRole.CAUSE or not total or one.severity is not Severity.CRITICAL:
        return False
    places = {(a, b) for a in (one.subject.object, one.owner) for b in (other.subject.object, other.owner)}
    older = one.onset and other.onset and other.onset < one.onset - _AT_ONCE
    return not older and not total.isdisjoint(places)


def _same_place(one: Finding, other: Finding) -> bool:
    """Findings of different containers are different faults; what concerns the whole pod concerns each container."""
    a, b = one.subject.container, other.subject.container
    return not a or not b or a == b or CausalRole.SYMPTOM in (one.role, other.role)


def _rank(finding: Finding) -> tuple[bool, int, datetime, str, str]:
    return (
        finding.role is not CausalRole.CAUSE,
        -finding.directness,
        finding.onset or _LATEST,
        finding.code,
        str(finding.subject) + finding.subject.container + finding.message,
    )


def _consequences(root: int, findings: Sequence[Finding], explained: dict[int, list[int]]) -> tuple[Finding, ...]:
    seen, waiting = {root: 0}, deque([root])
    while waiting:
        here = waiting.popleft()
        for there in explained.get(here, ()):
            if there not in seen:
                seen[there] = seen[here] + 1
                waiting.append(there)
    del seen[root]
    return tuple(findings[i] for i in sorted(seen, key=lambda i: (seen[i], _rank(findings[i]))))


def _order(chain: Chain) -> tuple[int, bool, int, int, datetime, str, str]:
    root = chain.root
    reach = len({f.owner for f in chain.explains} - {root.owner})
    place = str(root.subject) + root.subject.container
    return (
        _SEVERITY[root.severity],
        root.role is not CausalRole.CAUSE,
        -reach,
        -root.directness,
        root.onset or _LATEST,
        place,
        root.code,
    )
