"""The catalogue of finding codes: YAML files beside the rules that use them, read once."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.resources import files

from midwatch.analysis.commands import OPTIONAL
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import Code, Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.kit import fast_yaml

_PLACE = re.compile(r"(?<![%$])\{([a-z_]+)\}")  # curl's %{http_code} and the shell's ${name} are theirs
_ENTRY = re.compile(r"^([A-Z][A-Z0-9]*-\d+):$", re.MULTILINE)
_NONE = {"namespace": "", "container": ""}  # of a Node, of a whole Pod
_HOLE = "\0"  # place of an empty fact
# Punctuation beside a hole that belongs to the fact alone: its brackets or quotes, the slash of a path, the comma
# before it.
_AROUND = (
    (re.compile(r"""\((?=[\s,;:/]*+\0)[\0\s,;:/]*+\)|'\0+'|"\0+"|`\0+`"""), _HOLE),
    (re.compile(r"(?<![^\s(\0])\0/|/\0(?![^\s),.;\0])"), _HOLE),
    (re.compile(r"\0(?:\s*+\0)++"), _HOLE),
    (re.compile(r"(?<=\()\0\s*"), ""),
    (re.compile(r"(?:[,:;]\s*+|(?<!\s)\s++)?\0(?=\s*+(?:[.,;:)]|$))"), ""),
    (re.compile(r"(?:^|(?<!\s)\s++)\0(?=\s)"), ""),
    (re.compile(_HOLE), ""),
)


def fill(template: str, facts: Mapping[str, str], *, nouns: bool = True) -> str:
    """A message from a template. An empty fact leaves nothing behind; an unknown one is replaced by its noun ("the
    service"), or, without `nouns`, left out like an empty one. `[[ on node {node}]]` stays only where all its facts are
    known.

    Other braces (PromQL, jsonpath, curl's `%{…}`) stay as they are.
    """
    template = OPTIONAL.sub(lambda m: _segment(m[1], facts), template)
    filled = _PLACE.sub(lambda m: _word(m[1], facts, nouns=nouns), template)
    if _HOLE in filled:
        for pattern, left in _AROUND:
            filled = pattern.sub(left, filled)
        filled = filled.strip()
    return filled


def _word(name: str, facts: Mapping[str, str], *, nouns: bool) -> str:
    if nouns and name not in facts:
        return f"the {name.replace('_', ' ')}"
    return facts.get(name, "").replace(_HOLE, "") or _HOLE


def _segment(text: str, facts: Mapping[str, str]) -> str:
    return text if all(facts.get(name) for name in _PLACE.findall(text)) else ""


class Catalogue(Mapping[str, Code]):
    """The catalogue: code → Code. Rules use `finding()` with a code and the facts, never a sentence."""

    def __init__(self, entries: Mapping[str, Code | str], *, nouns: bool = True) -> None:
        """An entry may be the YAML that it is read from when it is first asked for. `nouns`: how messages treat a fact
        that is not known, see `fill`."""
        self._entries, self._nouns = dict(entries), nouns

    @classmethod
    def load(cls, package: str, *, at_once: bool = True, nouns: bool = True) -> "Catalogue":
        """Loads the catalogue. Raises ValueError for a code that is declared twice. `at_once`: errors in entries are
        raised now, too. Otherwise each is read on first use, since an investigation needs a few of hundreds; for
        packages whose tests read them all, and where every entry begins with its code alone on a line."""
        entries: dict[str, Code | str] = {}
        for file in sorted(files(package).iterdir(), key=lambda f: f.name):
            if file.name.endswith(".yaml"):
                for code, entry in (_whole if at_once else _parts)(file.read_text("utf-8")):
                    if code in entries:
                        raise ValueError(f"{file.name}: {code} is declared twice")
                    entries[code] = entry
        return cls(entries, nouns=nouns)

    def __getitem__(self, code: str) -> Code:
        entry = self._entries[code]
        if isinstance(entry, str):
            entry = self._entries[code] = Code(code=code, **fast_yaml.load(entry))
        return entry

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def finding(
        self,
        code: str,
        subject: Subject,
        *,
        owner: Subject | None = None,
        cites: tuple[Citation, ...],
        confidence: Confidence = Confidence.HIGH,
        onset: datetime | None = None,
        peers: tuple[Subject, ...] = (),
        **facts: str,
    ) -> Finding:
        """The finding `code` on `subject`; its message is the code's template filled with the facts and the subject's
        name."""
        entry = self[code]
        known = self.facts(subject, owner) | facts
        return Finding(
            code=code,
            subject=subject,
            owner=owner or subject.object,
            title=entry.title,
            message=fill(entry.message, _NONE | known, nouns=self._nouns),
            severity=entry.severity,
            role=entry.role,
            directness=entry.directness,
            confidence=confidence,
            facts=known,
            onset=onset,
            cites=cites,
            peers=peers,
        )

    @staticmethod
    def facts(subject: Subject, owner: Subject | None) -> dict[str, str]:
        top = owner or subject
        known = {
            "kind": subject.kind,
            "name": subject.name,
            "namespace": subject.namespace,
            "container": subject.container,
        }
        known |= {"owner": f"{top.kind.lower()}/{top.name}", "owner_name": top.name, "owner_kind": top.kind}
        known["at"] = location(top, subject.container)
        return {k: v for k, v in known.items() if v}


def location(owner: Subject, container: str = "", kind: str = "container") -> str:
    """Location of a subject, as messages begin: `shop/deployment/web`, `node/worker-1`, `shop/deployment/web (container
    proxy)`. A container with its workload's name is left out."""
    place = f"{owner.kind.lower()}/{owner.name}"
    place = f"{owner.namespace}/{place}" if owner.namespace else place
    return f"{place} ({kind} {container})" if container and (container != owner.name or kind != "container") else place


def _whole(text: str) -> Iterator[tuple[str, Code]]:
    for code, fields in fast_yaml.load(text).items():
        yield code, Code(code=code, **fields)


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Each code with the YAML of its fields."""
    _, *parts = _ENTRY.split(text)
    yield from zip(parts[::2], parts[1::2], strict=True)
