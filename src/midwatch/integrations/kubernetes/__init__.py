"""Kubernetes: one live cluster, or what was saved of one. Reads, and only reads."""

from midwatch.domain.intent import Topic
from midwatch.integrations.kubernetes.analyse import KubernetesRun, analyse, wanted
from midwatch.integrations.kubernetes.analyzers.opening import opening
from midwatch.integrations.kubernetes.codes import CODES
from midwatch.integrations.kubernetes.reader import Reader
from midwatch.integrations.kubernetes.tools import tools
from midwatch.integrations.manifest import Integration

TOPICS = frozenset({Topic.CLUSTER, Topic.WEBSITE, Topic.WEBSITES})


def integration(reader: Reader) -> Integration:
    """The integration for one cluster, with `reader` answering for it."""
    return Integration(
        name="kubernetes",
        title="Kubernetes",
        topics=TOPICS,
        tools=tools(reader),
        opening=opening,
        analyse=analyse,
        wanted=wanted,
        run=KubernetesRun,
        codes=CODES,
    )
