"""Settings of Kubernetes."""

from pathlib import Path

from pydantic import Field

from midwatch.domain.base import SettingsSection


class KubernetesSettings(SettingsSection):
    """How the clusters are reached. Credentials stay in the kubeconfig; none are settings of Midwatch."""

    kubeconfig: Path | None = Field(
        default=None, description="kubeconfig file; otherwise $KUBECONFIG, ~/.kube/config, or the pod's own account"
    )
    contexts: tuple[str, ...] = Field(default=(), description="contexts to look into; otherwise the current one")
