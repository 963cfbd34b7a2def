"""Objects in an API version that newer clusters do not serve."""

from collections.abc import Iterator

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.objects.versions import removed_version


def find(cluster: Cluster) -> Iterator[Finding]:
    """A live list does not show the version an object was applied with; saved manifests do."""
    for obj in cluster.all_objects():
        if (
            obj.api_version
            and not obj.metadata.owner_references
            and (gone := removed_version(obj.kind, obj.api_version))
        ):
            cites = (cluster.cite(obj, obj.api_version),)
            yield finding(
                "K8S-736", obj.subject, cites=cites, version=obj.api_version, dropped=gone.dropped, use=gone.use
            )


ANALYZER = Analyzer(find)
