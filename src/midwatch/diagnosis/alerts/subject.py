"""Subject of an alert: the Kubernetes object in its labels, or else the first name that fits the category."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from midwatch.analysis.classify import name_kinds
from midwatch.analysis.facts import Facts
from midwatch.domain.subject import Subject

UNNAMED = "(no host or service in the alert)"
_EXPORTER = "kube-state-metrics"
_RESOURCES = ("resource", "resource_id", "instance_id", "host")


@cache
def _data() -> dict[str, Any]:
    return yaml.load(files(__package__ or "").joinpath("subjects.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)


def namespace(labels: Mapping[str, str]) -> str:
    return next((labels[key] for key in _data()["namespaces"] if labels.get(key)), "")


def kubernetes_subject(labels: Mapping[str, str]) -> Subject | None:
    """The object in the labels; the namespace itself when they contain nothing else."""
    space = namespace(labels)
    for key, kind in _data()["kubernetes"].items():
        if (name := labels.get(key)) and _EXPORTER not in name:
            wide = kind in _data()["cluster_wide"]
            if wide or space:
                return Subject(kind=kind, name=name, namespace="" if wide else space)
    return Subject(kind="Namespace", name=space) if space else None


def labelled_resource(labels: Mapping[str, str]) -> str:
    """Subject according to the labels alone: `Pod shop/web-1`, the id of a resource, a host; or ""."""
    found = kubernetes_subject(labels)
    return str(found) if found else next((labels[name] for name in _RESOURCES if labels.get(name)), "")


def subject(labels: Mapping[str, str], facts: Facts, category: str) -> tuple[Subject, str]:
    """The subject and its quotation ("" without one)."""
    found = kubernetes_subject(labels)
    if found and (found.kind != "Namespace" or category in ("kubernetes", "service", "website")):
        return found, found.name
    for kind in (*name_kinds(category), "service", "host", "database", "url", "system"):
        if kind in facts.first and _EXPORTER not in facts.first[kind].value:
            name = facts.first[kind]
            return Subject(kind=_data()["kinds"].get(kind, kind.capitalize()), name=name.value), name.quote
    return (found, found.name) if found else (Subject(kind="Alert", name=UNNAMED), "")
