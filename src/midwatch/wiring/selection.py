"""Which connection of a system an investigation asks: the one of the command line, of the alert's labels, or the
default."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from midwatch.domain.alert import Alert
from midwatch.domain.capabilities import Area, Selection
from midwatch.domain.evidence import Gap

CLUSTER = "cluster"  # the label that every alert source gives the name of a cluster
CONTEXTS = "contexts"  # the `tool` of the gap about contexts that were not checked
# What stands before the name in a context: ARNs (`cluster/NAME`), `user@NAME`, `gke_PROJECT_ZONE_NAME`.
_SEPARATORS = re.compile(r"[/:@_]")


@dataclass(frozen=True)
class Choice:
    """The connection of one system. `reason` says why it is asked; with `explicit` it was named on the command line and
    has to be reached.

    `unchecked` are the configured contexts that may be meant as well; `named` is the name in the alert that fits none,
    or several.
    """

    selection: Selection
    reason: str
    explicit: bool = False
    unchecked: tuple[str, ...] = ()
    named: str = ""

    def gaps(self, system: str) -> tuple[Gap, ...]:
        """What was not checked. Where the alert names a cluster, nothing is healthy before that one was read."""
        if not self.unchecked:
            return ()
        others = f"{', '.join(self.unchecked)} not checked; {self.selection.context} was: {self.reason}"
        return (Gap(tool=CONTEXTS, arguments={"system": system}, query="", reason=others, essential=bool(self.named)),)


def choose(contexts: Sequence[str], selection: Selection, alert: Alert | None, labels: Iterable[str]) -> Choice:
    """`contexts` are the configured ones, ("",) for a system with a default connection only. `labels` are those of an
    alert that may name one, the first that is set counts."""
    if selection.is_explicit:
        named = "--dump" if selection.dump else "--context"
        return Choice(selection, f"named by {named}", explicit=True)
    default = Selection(next(iter(contexts), ""))
    if not default.context:
        return Choice(default, "its default connection")
    told = alert.labels if alert else {}
    given = [(label, name) for label in labels if (name := told.get(label, "").strip())]
    for label, name in given:
        found = fitting(name, contexts)
        if len(found) == 1:
            return Choice(Selection(found[0]), f"the alert's label {label} is {name}")
    rest = tuple(dict.fromkeys(c for c in contexts if c != default.context))
    if not rest:
        return Choice(default, "the only configured context")
    first = f"the first of {len(rest) + 1} configured contexts"
    if not given:
        return Choice(default, f"{first}; {'the alert names' if alert else 'the question names'} none", unchecked=rest)
    label, name = given[0]
    fits = "several of them" if fitting(name, contexts) else "none of them"
    return Choice(default, f"{first}; the alert's label {label} is {name}, which fits {fits}", False, rest, name)


def fitting(name: str, contexts: Iterable[str]) -> tuple[str, ...]:
    """The context of exactly this name; otherwise those of which it is the last part."""
    known = tuple(dict.fromkeys(contexts))
    if name in known:
        return (name,)
    return tuple(context for context in known if name and _SEPARATORS.split(context)[-1] == name)


def naming_labels(areas: Iterable[Area]) -> tuple[str, ...]:
    """The labels of an alert that may name a connection: of a cluster, and those that areas declare."""
    return tuple(dict.fromkeys((CLUSTER, *(label for area in areas for label in area.connection_labels))))
