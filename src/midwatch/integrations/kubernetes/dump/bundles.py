"""What the folders of well-known collectors say that their files do not: the kind of an object, whose log a file is,
and what the collector itself was refused.

Layouts: troubleshoot.sh (`cluster-resources/`), must-gather and `oc adm inspect` (`namespaces/`), Insights (`config/`,
`conditional/`), sosreport (`sos_commands/`, `var/log/`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from midwatch.integrations.kubernetes.dump.layout import KIND_WORDS, Path

Json = dict[str, Any]

_TROUBLESHOOT = "cluster-resources"
_ROOTS = frozenset({_TROUBLESHOOT, "config", "conditional"})
# Kinds that are read as custom resources: folder of an Insights archive → kind and group with version.
_CUSTOM = {"clusteroperator": ("ClusterOperator", "config.openshift.io/v1")}
_SINGLE = {"version": ("ClusterVersion", "config.openshift.io/v1")}
_NAME = r"[a-z0-9][a-z0-9.-]*"
_LOGS = tuple(
    re.compile(rf"(?:^|/){pattern}$")
    for pattern in (
        # troubleshoot.sh
        rf"cluster-resources/pods/logs/(?P<ns>{_NAME})/(?P<pod>{_NAME})/(?P<box>{_NAME}?)(?P<previous>-previous)?\.log",
        # Insights: of pods that crash, of pods of the control plane, and what a rule asked for
        rf"config/pod/(?P<ns>{_NAME})/logs/(?P<pod>{_NAME})/(?P<box>{_NAME}?)_(?:current|(?P<previous>previous))\.log",
        rf"config/pod/(?P<ns>{_NAME})/(?:logs/)?(?P<pod>{_NAME})/(?:errors|messages)\.log",
        rf"namespaces/(?P<ns>{_NAME})/pods/(?P<pod>{_NAME})/containers/(?P<box>{_NAME})/logs/"
        r"last-\d+-lines(?P<previous>-previous)?\.log",
        # sosreport: kubectl's own, and the files of a node
        rf"(?P<ns>{_NAME})/podlogs/(?P<pod>{_NAME})/[^/]*_logs_[^/]*_-c_(?P<box>{_NAME})",
        rf"var/log/containers/(?P<pod>{_NAME})_(?P<ns>{_NAME})_(?P<box>{_NAME})-[0-9a-f]{{64}}\.log",
        rf"var/log/pods/(?P<ns>{_NAME})_(?P<pod>{_NAME})_[0-9a-f-]+/(?P<box>{_NAME})/\d+\.log",
    )
)
_REFUSED = re.compile(rf"(?:^|/){_TROUBLESHOOT}/.*-errors\.(?:json|log)$")
# Beside the data of a must-gather: its own version, and the minutes it took.
_NOTES = re.compile(r"(?:^|/)(?:version|timestamp)$")
_NAMED = 3  # files of a folder that are named; of more, how many there are
_FOLDERS = 20  # of more folders, as a sosreport has, those at the top are told
_UNKNOWN = "neither kubectl output nor the log of a known pod; name logs NAMESPACE/POD/CONTAINER.log"


def with_kind(raw: Json, file: str) -> Json:
    """An object that does not say its kind, with that of its folder; the same value where nothing tells it."""
    meta = raw.get("metadata")
    name = cast(Json, meta).get("name") if isinstance(meta, dict) else None
    if raw.get("kind") or not isinstance(name, str) or not name:
        return raw
    found = _kind(Path.of(file), name)
    if found is None:
        return raw
    kind, api = found
    return {"kind": kind} | ({"apiVersion": api} if api else {}) | raw


def _kind(path: Path, name: str) -> tuple[str, str] | None:
    at = max((i for i, folder in enumerate(path.folders) if folder in _ROOTS), default=-1)
    if at < 0:
        return None
    below = path.folders[at + 1 :]
    if below[:1] == ("namespaces",) and len(below) > 2:
        below = below[2:]
    # A file of `config/` is one object, called as it is; what only lies there (`config/ingress.json`, keys of a
    # ConfigMap) is another group's, or no object.
    if path.folders[at] != _TROUBLESHOOT and (path.stem != name or not below):
        return _SINGLE.get(name) if path.stem == name else None
    word = (below or (path.stem,))[0].replace("-", "").lower()
    if word in _CUSTOM:
        return _CUSTOM[word] if len(below) == 1 else None
    known = KIND_WORDS.get(word) or KIND_WORDS.get(word.removesuffix("s"))
    return (known.name, "") if known else None


def log_place(file: str) -> tuple[str, str, str, bool] | None:
    """Namespace, pod, container ("" where it is not said) and whether of the run before, of a log in a known layout."""
    for pattern in _LOGS:
        if found := pattern.search(file):
            said = found.groupdict()
            return said["ns"], said["pod"], said.get("box") or "", bool(said.get("previous"))
    return None


def is_note(file: str) -> bool:
    """Whether the file tells of the collector, and not of the cluster."""
    return _NOTES.search(file) is not None


def is_refusal(file: str) -> bool:
    """Whether a collector wrote there what it could not read."""
    return _REFUSED.search(file) is not None


def refusals(value: Any) -> list[str]:
    """The sentences of such a file: a list, or by namespace."""
    if isinstance(value, dict):
        value = list(cast(Json, value).values())
    if not isinstance(value, list):
        return [str(value)]
    return [one for one in cast("list[Any]", value) if isinstance(one, str)]


def by_folder(unknown: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """(place, reason), one for each folder with values that are no object of a kind that anything tells."""
    for place, names in _grouped(unknown):
        count = sum(unknown[name] for name in names)
        within = f" in {len(names)} files ({_some(names)})" if len(names) > 1 else ""
        yield place, f"{count:,} {'value' if count == 1 else 'values'}{within} of no kind that is known: not read"


def unnamed_file_gaps(files: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(place, reason) for texts that nothing tells the meaning of."""
    for place, names in _grouped(files):
        if len(names) <= _NAMED:
            yield from ((name, _UNKNOWN) for name in names)
        else:
            yield place, f"{len(names):,} files ({_some(names)}): {_UNKNOWN}"


def _grouped(files: Iterable[str]) -> list[tuple[str, list[str]]]:
    names = list(files)
    folders = {name.rpartition("/")[0] for name in names}
    depth = 2 if len(folders) > _FOLDERS else None
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault("/".join(name.split("/")[:-1][:depth]), []).append(name)
    return [(group[0] if len(group) == 1 else f"{folder}/", group) for folder, group in groups.items()]


def _some(files: list[str]) -> str:
    names = [file.rpartition("/")[2] for file in files[:_NAMED]]
    return ", ".join(names) + (", …" if len(files) > _NAMED else "")
