"""Settings of Kubernetes."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field

from midwatch.domain.base import SettingsSection
from midwatch.domain.setting_types import Also

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


class KubernetesSettings(SettingsSection):
    """How the clusters are reached. Credentials stay in the kubeconfig; none are settings of Midwatch."""

    enabled: Annotated[bool, Also(("K8S_ENABLED",))] = Field(
        default=True, description="false: no cluster is read; saved ones (--dump) still are"
    )
    kubeconfig: Annotated[Path | None, Also(("K8S_CONFIG_PATH",), elsewhere=("KUBECONFIG",))] = Field(
        default=None, description="kubeconfig file; otherwise $KUBECONFIG, ~/.kube/config, or the pod's own account"
    )
    contexts: Annotated[tuple[str, ...], Also(("K8S_CONTEXT",))] = Field(
        default=(), description="contexts to look into; otherwise the current one"
    )
    namespace: Annotated[str, Also(("K8S_NAMESPACE",))] = Field(
        default="",
        max_length=253,
        pattern=r"^[a-z0-9.-]*$",
        description="namespace that commands look into where neither -n nor -A is given; empty: all of them",
    )

    @property
    def names_a_cluster(self) -> bool:
        """Whether these settings, a kubeconfig where kubectl looks for one, or the pod's own account name a cluster."""
        if not self.enabled:
            return False
        if self.kubeconfig or self.contexts or os.environ.get("KUBECONFIG"):
            return True
        return (Path.home() / ".kube" / "config").exists() or _SERVICE_ACCOUNT.exists()
