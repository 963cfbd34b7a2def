"""The Kubernetes diagnosis over one cluster."""

from midwatch.diagnosis.kubernetes.analyse import analyse, wanted
from midwatch.diagnosis.kubernetes.codes import CODES
from midwatch.domain.intent import Topic
from midwatch.integrations.kubernetes.reader import Reader
from midwatch.integrations.kubernetes.tools import tools
from midwatch.integrations.manifest import Integration

TOPICS = frozenset({Topic.CLUSTER, Topic.WEBSITE, Topic.WEBSITES})


def kubernetes(reader: Reader) -> Integration:
    """With `reader` answering for the cluster."""
    return Integration(
        name="kubernetes",
        title="Kubernetes",
        topics=TOPICS,
        tools=tools(reader),
        analyse=analyse,
        wanted=wanted,
        codes=CODES,
    )
