"""Namespaces stuck in Terminating."""

import re
from collections.abc import Iterator
from datetime import timedelta

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.replicas import quote_of, recent, text_of
from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.objects.cluster import Namespace

_PATIENCE = timedelta(minutes=5)
# Conditions that name what blocks the deletion, the most actionable first; the others only say that content remains.
_TELLING = (
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceFinalizersRemaining",
    "NamespaceDeletionContentFailure",
    "NamespaceContentRemaining",
)


_GROUP = re.compile(r"\b[a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,60}){1,8}/v\d\w{0,12}")


def find(cluster: Cluster) -> Iterator[Finding]:
    for namespace in cluster.all(Namespace):
        since = namespace.metadata.deletion_timestamp
        if namespace.status.phase != "Terminating" or recent(cluster, since, _PATIENCE):
            continue
        held = {c.type: c for c in namespace.status.conditions or () if c.status == "True"}
        told = next((held[t] for t in _TELLING if t in held), None)
        if told:
            cites = (cluster.cite(namespace, quote_of(told)),)
            code = "K8S-663" if told.type == _TELLING[0] else "K8S-661"
            groups = ", ".join(dict.fromkeys(_GROUP.findall(told.message or "")))
            yield finding(code, namespace.subject, cites=cites, onset=since, text=text_of(told), groups=groups)
        else:
            yield finding("K8S-662", namespace.subject, cites=(cluster.cite(namespace, "Terminating"),), onset=since)


ANALYZER = Analyzer(find, reads=(Namespace,))
