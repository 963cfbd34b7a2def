"""What the path of a file says about its content: namespace, kind, pod, container. Only names; nothing is opened."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from midwatch.integrations.kubernetes.objects.kinds import ALL, ResourceKind
from midwatch.integrations.kubernetes.text.commands import Command, parse

# Beside a dump lie scripts, notes and pictures; they are no evidence and no fault either.
_IGNORED = frozenset(
    (
        *(
            ".html",
            ".htm",
            ".md",
            ".rst",
            ".css",
            ".pdf",
            ".png",
            ".jpg",
            ".jpeg",
            ".svg",
            ".gif",
            ".ico",
            ".map",
            ".lock",
        ),
        *(
            ".js",
            ".ts",
            ".py",
            ".pyc",
            ".rb",
            ".sh",
            ".bash",
            ".ps1",
            ".go",
            ".java",
            ".tf",
            ".hcl",
            ".tpl",
            ".toml",
            ".ini",
        ),
    )
)
_ARCHIVES = (".zip", ".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".7z", ".rar", ".zst", ".xz", ".bz2", ".jar", ".whl")
_OBJECTS = frozenset({".yaml", ".yml", ".json", ".jsonl", ".ndjson"})
# What `oc adm inspect` always lists whole, one object a file.
_LISTED = frozenset({"nodes", "persistentvolumes", "storageclasses"})
_GATHERED = re.compile(r"(?:^|/)namespaces/(?P<ns>[^/]+)/")
_CLUSTER_SCOPED = re.compile(
    r"(?:^|/)cluster-scoped-resources/(?P<group>[^/]+)/(?P<plural>[^/]+)/[^/]+\.(?:ya?ml|json)$"
)
_WORDS = re.compile(r"[\s._:,=/]+")
_ROTATED = re.compile(r"\.log\.\d+$")
_KINDS: dict[str, str] = {
    word: plural for plural, kind in ALL.items() for word in (plural, kind.name.lower(), *kind.short)
}
KIND_WORDS: dict[str, ResourceKind] = {word: ALL[plural] for word, plural in _KINDS.items()}


@dataclass(frozen=True)
class Path:
    """`stem` is the file's name without what only tells its format."""

    folders: tuple[str, ...]
    name: str

    @staticmethod
    def of(name: str) -> "Path":
        path = PurePosixPath(name)
        return Path(path.parts[:-1], path.name)

    @property
    def suffix(self) -> str:
        return self.name[len(self.stem) :].lower()

    @property
    def stem(self) -> str:
        dot = self.name.rfind(".")
        return self.name[:dot] if 0 < dot < len(self.name) - 1 else self.name

    @property
    def is_ignored(self) -> bool:
        return self.suffix in _IGNORED

    @property
    def is_archived(self) -> bool:
        return self.name.lower().endswith(_ARCHIVES)

    @property
    def of_objects(self) -> bool:
        return self.suffix in _OBJECTS

    @property
    def of_log(self) -> bool:
        return self.suffix == ".log" or self.name == "logs.txt" or _ROTATED.search(self.name) is not None


def namespace(name: str, known: Collection[str]) -> str:
    """The namespace a file's path speaks of; "" when it names none, or several."""
    if found := _GATHERED.search(name):
        return found["ns"]
    if said := command(name).namespace:
        return said
    path = Path.of(name)
    folder = next((f for f in reversed(path.folders) if f in known), "")
    if folder:
        return folder
    words = {w for w in _words(path.stem) if w in known}
    return words.pop() if len(words) == 1 else ""


def command(name: str) -> Command:
    """The command a file is named after, as in `kubectl get pods -n shop -o yaml.yaml`; an empty one when it is not."""
    stem = Path.of(name).stem
    return (parse(stem.removeprefix("kubectl ")) if stem.startswith("kubectl ") else None) or Command()


def kind(name: str) -> ResourceKind | None:
    """The kind a file's name speaks of, if of one only."""
    path = Path.of(name)
    plurals = {_KINDS[w] for w in _words(path.stem.lower()) if w in _KINDS}
    return ALL[plurals.pop()] if len(plurals) == 1 else None


def complete_kind(name: str) -> ResourceKind | None:
    """The kind that the folder of this file holds completely."""
    found = _CLUSTER_SCOPED.search(name)
    known = ALL.get(found["plural"]) if found else None
    if found is None or known is None or found["plural"] not in _LISTED:
        return None
    return known if found["group"] == (known.group or "core") else None


def _words(text: str) -> Iterator[str]:
    for word in _WORDS.split(text):
        yield word
        if "-" in word:
            yield from word.split("-")
