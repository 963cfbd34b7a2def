"""A situation in a YAML file: API objects as documents, and one document that is none, for what objects cannot say."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import yaml

from midwatch.integrations.kubernetes.fake.world import FakeCluster

Thing = dict[str, Any]


def load_situation(path: Path) -> FakeCluster:
    """The document without a kind may hold `now`, `logs` (namespace, pod, container, text, previous), `forbidden`
    (resource, verb, namespace), `allowed` (the same), `tokens` (token: user) and `troubles` (path, status, delay,
    retry_after, times)."""
    documents = [cast("Thing", d) for d in yaml.load_all(path.read_text("utf-8"), Loader=_Loader) if d]
    settings: Thing = {}
    for document in documents:
        settings |= {} if "kind" in document else document
    now = settings.get("now")
    cluster = FakeCluster(now=datetime.fromisoformat(str(now)) if now else None)
    cluster.add(*(d for d in documents if "kind" in d))
    _settle(cluster, settings)
    return cluster


class _Loader(yaml.SafeLoader):
    """Leaves times as the text they are: the API writes them as strings."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _settle(cluster: FakeCluster, settings: Mapping[str, Any]) -> None:
    for log in settings.get("logs") or ():
        cluster.log(log["namespace"], log["pod"], log["container"], log["text"], previous=bool(log.get("previous")))
    for rule in settings.get("forbidden") or ():
        cluster.forbid(rule.get("resource", "*"), verb=rule.get("verb", "*"), namespace=rule.get("namespace", "*"))
    for rule in settings.get("allowed") or ():
        cluster.allow(rule.get("resource", "*"), verb=rule.get("verb", "*"), namespace=rule.get("namespace", "*"))
    cluster.tokens.update(settings.get("tokens") or {})
    for trouble in settings.get("troubles") or ():
        cluster.trouble(**trouble)
