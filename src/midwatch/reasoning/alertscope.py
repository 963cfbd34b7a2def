"""How an alert and what was read about a cluster belong together."""

from collections.abc import Iterator, Mapping

from midwatch.domain.finding import Analysis, Finding, Link
from midwatch.domain.subject import Subject


def alert_subjects(analysis: Analysis, alert: str) -> tuple[Subject, ...]:
    """What the alert (evidence `alert`) is about, among all that is known: by name, by namespace, or nothing but
    itself.

    An alert about Kubernetes that names nothing known is about all of it.
    """
    named: dict[Subject, None] = {}
    everything = False
    for finding in _told(analysis, alert):
        about = finding.subject
        found = [
            s
            for s in analysis.subjects
            if s == about or (s.name == about.name and about.namespace in ("", s.namespace))
        ]
        if not found and about.namespace:
            found = [Subject(kind="Namespace", name=about.namespace)]
        everything = everything or (not found and finding.facts.get("category") == "kubernetes")
        named |= dict.fromkeys((about, *found))
    return () if everything else tuple(named)


def link_alert(analysis: Analysis, alert: str, labels: Mapping[str, str], *, all_of_it: bool = False) -> Analysis:
    """With links from what is wrong to the alert about it: of the same name, or named by one of the alert's labels (a
    label that is called as the kind is); or, where nothing read has that name, in the same namespace. What is wrong
    with the alert's object spreads to it by the cluster's own links, not by living next door.

    `all_of_it`: nothing but what the alert is about was looked for.
    """
    links = tuple(link for told in _told(analysis, alert) for link in _links(analysis, told, alert, labels, all_of_it))
    return analysis.model_copy(update={"links": (*analysis.links, *links)})


def _links(analysis: Analysis, told: Finding, alert: str, labels: Mapping[str, str], all_of_it: bool) -> Iterator[Link]:
    about = told.subject
    known = any(s.name == about.name and s.namespace == about.namespace for s in analysis.subjects)
    space = about.name if about.kind == "Namespace" else "" if known else about.namespace
    for owner in dict.fromkeys(f.owner for f in analysis.findings if all(c.evidence != alert for c in f.cites)):
        near = (space and owner.namespace == space) or owner.name == about.name or _labelled(owner, labels)
        if owner != about and (all_of_it or near):
            yield Link(source=owner, target=about, how="is what the alert is about")


def _labelled(owner: Subject, labels: Mapping[str, str]) -> bool:
    return labels.get(owner.kind.lower()) == owner.name and owner.namespace in ("", labels.get("namespace"))


def _told(analysis: Analysis, alert: str) -> tuple[Finding, ...]:
    return tuple(f for f in analysis.findings if any(c.evidence == alert for c in f.cites))
