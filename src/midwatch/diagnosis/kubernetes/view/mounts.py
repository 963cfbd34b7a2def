"""The ConfigMap or Secret behind a path in a container."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.integrations.kubernetes.objects.cluster import ConfigMap, Secret
from midwatch.integrations.kubernetes.objects.pod import (
    ConfigMapVolume,
    Container,
    KeyToPath,
    PodSpec,
    SecretVolume,
    Volume,
)


@dataclass(frozen=True)
class MountedFile:
    """The object that is mounted at `mount`, and the key that a file there would be of; `paths` are the only keys that
    the mount shows, none for all."""

    kind: str
    name: str
    mount: str
    key: str
    seen: ConfigMap | Secret | None
    paths: tuple[str, ...] = ()

    @property
    def keys(self) -> Sequence[str]:
        """The keys that are there, sorted; none when they were not read."""
        if self.seen is None:
            return ()
        binary = self.seen.binary_data if isinstance(self.seen, ConfigMap) else None
        return sorted({*(self.seen.data or ()), *(binary or ())})

    @property
    def has_key(self) -> bool | None:
        """None when the keys are not known."""
        if self.paths and self.key not in self.paths:
            return False
        return self.key in self.keys if self.keys else None


def mounted_file(
    cluster: Cluster, namespace: str, spec: PodSpec, container: Container, path: str
) -> MountedFile | None:
    """None when neither a ConfigMap nor a Secret is mounted there; the longest mount path decides."""
    volumes = {v.name: v for v in spec.volumes or ()}
    mounts = [m for m in container.volume_mounts or () if _below(path, m.mount_path)]
    mount = max(mounts, key=lambda m: len(m.mount_path), default=None)
    volume = volumes.get(mount.name) if mount else None
    if mount is None or volume is None:
        return None
    inside = path[len(mount.mount_path.rstrip("/")) :].lstrip("/")
    inside = f"{mount.sub_path}/{inside}".strip("/") if mount.sub_path else inside
    for kind, name, items in _sources(volume):
        shown = {i.path: i.key for i in items or ()}
        seen = cluster.get(ConfigMap if kind == "ConfigMap" else Secret, namespace, name)
        at = mount.mount_path.rstrip("/") or "/"
        if inside:
            return MountedFile(kind, name, at, shown.get(inside, inside), seen, tuple(shown.values()))
    return None


def _below(path: str, mount: str) -> bool:
    return path == mount or path.startswith(mount.rstrip("/") + "/")


def _sources(volume: Volume) -> Iterator[tuple[str, str, list[KeyToPath] | None]]:
    """Of a projected volume only when it has a single source: any of several could hold the file."""
    sources = (volume.projected.sources if volume.projected else None) or ()
    yield from _source(volume.config_map, volume.secret)
    if len(sources) == 1:
        yield from _source(sources[0].config_map, sources[0].secret)


def _source(
    config_map: ConfigMapVolume | None, secret: SecretVolume | None
) -> Iterator[tuple[str, str, list[KeyToPath] | None]]:
    if config_map and config_map.name:
        yield "ConfigMap", config_map.name, config_map.items
    if secret and (name := secret.secret_name or secret.name):
        yield "Secret", name, secret.items
