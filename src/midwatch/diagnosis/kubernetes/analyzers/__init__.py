"""One file for each kind of resource; every module here with an ANALYZER is run, in order of its name."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from midwatch.analysis.series import Series
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.evidence import ToolRequest
from midwatch.domain.finding import Finding
from midwatch.domain.observation import LogLines
from midwatch.integrations.kubernetes.objects.meta import Object

Readable = type[Object] | type[LogLines] | type[Series]


@dataclass(frozen=True)
class Analyzer:
    """`find` states what is wrong; `asks` says what it would still like to see (logs of a crashed container, another
    namespace). `reads` are the kinds that both look at, from which the opening requests follow; not the clock's, nor
    those on the way from a pod to its workload, which every analyzer has."""

    find: Callable[[Cluster], Iterable[Finding]]
    asks: Callable[[Cluster], Iterable[ToolRequest]] = lambda _: ()
    reads: tuple[Readable, ...] = ()


@cache
def analyzers() -> tuple[Analyzer, ...]:
    modules = (import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__))
    return tuple(m.ANALYZER for m in modules if hasattr(m, "ANALYZER"))
