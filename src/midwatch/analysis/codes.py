"""The catalogue of finding codes: YAML files beside the rules that use them, read once."""

import re
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files

from midwatch.domain.evidence import Citation
from midwatch.domain.finding import Code, Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.kit import fast_yaml

_PLACE = re.compile(r"(?<![%$])\{([a-z_]+)\}")  # curl's %{http_code} and the shell's ${name} are theirs
_NONE = {"namespace": "", "container": ""}  # of a Node, of a whole Pod
_HOLE = "\0"  # where a fact said nothing
# What a hole leaves beside it that belongs to the fact alone: its brackets or quotes, the slash of a path, the comma
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


def fill(template: str, facts: Mapping[str, str]) -> str:
    """A sentence. An empty fact leaves nothing behind; one that is not known is called by its noun ("the service").

    Other braces (PromQL, jsonpath, curl's `%{…}`) stay as they are.
    """
    filled = _PLACE.sub(lambda m: _word(m[1], facts), template)
    if _HOLE in filled:
        for pattern, left in _AROUND:
            filled = pattern.sub(left, filled)
        filled = filled.strip()
    return filled


def _word(name: str, facts: Mapping[str, str]) -> str:
    return facts[name].replace(_HOLE, "") or _HOLE if name in facts else f"the {name.replace('_', ' ')}"


class Catalogue(dict[str, Code]):
    """code → Code. `finding()` is how a rule speaks: it names a code and the facts, never a sentence."""

    @classmethod
    def load(cls, package: str) -> "Catalogue":
        entries: dict[str, Code] = {}
        for file in sorted(files(package).iterdir(), key=lambda f: f.name):
            if file.name.endswith(".yaml"):
                for code, fields in fast_yaml.load(file.read_text()).items():
                    if code in entries:
                        raise ValueError(f"{file.name}: {code} is declared twice")
                    entries[code] = Code(code=code, **fields)
        return cls(entries)

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
            message=fill(entry.message, _NONE | known),
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
        return {k: v for k, v in known.items() if v}
