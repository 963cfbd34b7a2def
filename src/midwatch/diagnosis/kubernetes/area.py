"""Kubernetes: what is wrong in a cluster."""

from collections.abc import Mapping
from functools import partial
from importlib.resources import files

from midwatch.domain.capabilities import Area, AreaRun
from midwatch.domain.evidence import ToolRequest
from midwatch.domain.finding import Code
from midwatch.domain.question import Question
from midwatch.domain.topics import EntityKind, Topic

NAME = "kubernetes"
NAMESPACE, SERVICE = "namespace", "service"
CLUSTER = "cluster"

TOPICS = (Topic(CLUSTER, "Cluster", NAME, takes=(NAMESPACE, SERVICE), open=True),)

# A word like `api` is an object's name only in front of one of these.
_MARKER = r"(?=(?:'?s)? (?:service|deployment|pods?|namespace)\b)"
_NAMESPACES = EntityKind(
    name=NAMESPACE,
    title="namespace",
    rank=40,
    label="namespace {names}",
    sole=True,
    marker=_MARKER,
    shared_with=SERVICE,
    marks=("{name} namespace", "in {name}", "namespace {name}"),
)
_SERVICES = EntityKind(
    name=SERVICE,
    title="service",
    rank=50,
    label="service {names}",
    labels="services {names}",
    marker=_MARKER,
    places=(
        r"\b(?P<a>[a-z][\w-]{2,60}) (?:service|deployment|pods?)\b|\b(?:service|deployment|pods? of|namespace) "
        r"(?P<b>[a-z][\w-]{2,60})\b"
    ),
    topic=CLUSTER,
)


def _opening(question: Question) -> tuple[ToolRequest, ...]:
    """Everything that may be wrong, where nothing in particular was asked."""
    from midwatch.diagnosis.kubernetes.analyzers.opening_requests import opening

    return opening(question)


def _open_namespace(name: str) -> tuple[ToolRequest, ...]:
    return _opening(Question(namespace=name))


def _run() -> AreaRun:
    from midwatch.diagnosis.kubernetes.analyse import KubernetesRun

    return KubernetesRun()


def _codes() -> Mapping[str, Code]:
    from midwatch.diagnosis.kubernetes.codes import CODES

    return CODES


AREA = Area(
    name=NAME,
    title="Kubernetes",
    topics=TOPICS,
    entities=(_NAMESPACES, _SERVICES),
    grammar=partial(files(__package__ or "").joinpath("grammar.yaml").read_text, "utf-8"),
    questions=partial(files(__package__ or "").joinpath("questions.yaml").read_text, "utf-8"),
    abilities=("the cluster (what is wrong, pods, services, errors)",),
    examples=("What is wrong with the cluster?",),
    joins=("website", "websites"),
    systems=("kubernetes",),
    essential=("kubernetes",),
    opening=_opening,
    run=_run,
    codes=_codes,
    opens=((NAMESPACE, _open_namespace),),
)
