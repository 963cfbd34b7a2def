"""The Secret behind the password or token of a container, and whether it is newer than the pod."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from midwatch.diagnosis.kubernetes.view.containers import ContainerView
from midwatch.integrations.kubernetes.objects.cluster import Secret

_CREDENTIAL = re.compile(r"pass|pwd|token|secret|credential|api_?key|dsn|database_url|db_url", re.IGNORECASE)


@dataclass(frozen=True)
class CredentialSource:
    """`key` is "" where the whole Secret is taken; `seen` is None where Secrets were not read, as of every live
    cluster."""

    secret: str
    key: str
    seen: Secret | None

    @property
    def text(self) -> str:
        return f"{self.secret} (key {self.key})" if self.key else self.secret


def credential_source(instance: ContainerView) -> CredentialSource | None:
    """The one Secret that the environment takes its credentials from; None when there are several, or none."""
    found = {source.secret: source for source in _sources(instance)}
    return next(iter(found.values())) if len(found) == 1 else None


def _sources(instance: ContainerView) -> Iterator[CredentialSource]:
    cluster, namespace = instance.cluster, instance.pod.namespace
    for env in instance.spec.env or ():
        chosen = env.value_from.secret_key_ref if env.value_from else None
        if chosen and _CREDENTIAL.search(f"{env.name} {chosen.key}"):
            yield CredentialSource(chosen.name, chosen.key, cluster.get(Secret, namespace, chosen.name))
    for source in instance.spec.env_from or ():
        if source.secret_ref and source.secret_ref.name:
            name = source.secret_ref.name
            yield CredentialSource(name, "", cluster.get(Secret, namespace, name))


def is_newer(source: CredentialSource, instance: ContainerView) -> bool:
    """Whether the Secret was made after the container took its environment."""
    made = source.seen.metadata.creation_timestamp if source.seen else None
    running = instance.status.state.running
    began = (running.started_at if running else None) or instance.pod.status.start_time
    return made is not None and began is not None and made > began
