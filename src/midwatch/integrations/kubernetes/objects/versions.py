"""Which API versions are no longer served, and since when."""

from functools import cache
from importlib.resources import files

import yaml

from midwatch.domain.base import Model


class Dropped(Model, frozen=True):
    """`dropped` is the first release of Kubernetes without the version, as "1.25"."""

    dropped: str
    use: str


@cache
def _versions() -> dict[str, dict[str, Dropped]]:
    entries = yaml.load(files(__package__ or "").joinpath("versions.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return {kind: {version: Dropped(**one) for version, one in found.items()} for kind, found in entries.items()}


def removed_version(kind: str, version: str) -> Dropped | None:
    return _versions().get(kind, {}).get(version)
