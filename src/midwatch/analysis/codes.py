"""The catalogue of finding codes: YAML files beside the rules that use them, read once."""

import re
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files

from midwatch.domain.evidence import Citation
from midwatch.domain.finding import Code, Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.kit import trees

_PLACE = re.compile(r"\{([a-z_]+)\}")


def fill(template: str, facts: Mapping[str, str]) -> str:
    """A fact that is not known leaves its placeholder readable (`<name>`); other braces (PromQL, jsonpath) stay as they are."""
    return _PLACE.sub(lambda m: facts.get(m[1]) or f"<{m[1]}>", template)


class Catalogue(dict[str, Code]):
    """code → Code. `finding()` is how a rule speaks: it names a code and the facts, never a sentence."""

    @classmethod
    def load(cls, package: str) -> "Catalogue":
        entries: dict[str, Code] = {}
        for file in sorted(files(package).iterdir(), key=lambda f: f.name):
            if file.name.endswith(".yaml"):
                for code, fields in trees.load(file.read_text()).items():
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
        """The finding `code` on `subject`; its message is the code's template filled with the facts and the subject's name."""
        entry = self[code]
        known = self.facts(subject, owner) | facts
        return Finding(
            code=code,
            subject=subject,
            owner=owner or subject.whole,
            title=entry.title,
            message=fill(entry.message, known),
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
        known = {"kind": subject.kind, "name": subject.name, "namespace": subject.namespace, "container": subject.container}
        known |= {"owner": f"{top.kind.lower()}/{top.name}", "owner_name": top.name, "owner_kind": top.kind}
        return {k: v for k, v in known.items() if v}
