"""Settings of Kubernetes."""

import os
from pathlib import Path

from pydantic import Field

from midwatch.domain.base import SettingsSection

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


class KubernetesSettings(SettingsSection):
    """How the clusters are reached. Credentials stay in the kubeconfig; none are settings of Midwatch."""

    kubeconfig: Path | None = Field(
        default=None, description="kubeconfig file; otherwise $KUBECONFIG, ~/.kube/config, or the pod's own account"
    )
    contexts: tuple[str, ...] = Field(default=(), description="contexts to look into; otherwise the current one")

    @property
    def names_a_cluster(self) -> bool:
        """Whether these settings, a kubeconfig where kubectl looks for one, or the pod's own account name a cluster."""
        if self.kubeconfig or self.contexts or os.environ.get("KUBECONFIG"):
            return True
        return (Path.home() / ".kube" / "config").exists() or _SERVICE_ACCOUNT.exists()
