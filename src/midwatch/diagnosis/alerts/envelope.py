"""Separates an alert from its envelope: user text chooses the playbook, never the fields that the source sends with
every alert."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import yaml

from midwatch.analysis.alertlines import AlertLines
from midwatch.domain.alert_source import Envelope
from midwatch.integrations.alert_sources.vocabulary import label, plain


@dataclass(frozen=True)
class EnvelopeNames:
    """Field names in lower case, letters and digits only: `always` carries no information, `named` only in its
    value."""

    always: frozenset[str]
    named: frozenset[str]

    def wraps(self, key: str) -> bool:
        return plain(key.partition(".")[0]) in self.always

    def names(self, key: str) -> bool:
        """Whether the field's name is the source's, or a standard label's, and not one that a user chose for this
        alert."""
        return plain(key.partition(".")[0]) in self.named or label(key) != "" or key.startswith(_GIVEN)


_GIVEN = ("value_", "metric_", "tag_")  # the letter of a query, the id of a metric, the key of a tag follow


@cache
def envelope_names(envelope: Envelope) -> EnvelopeNames:
    """Envelope names of the source, and those common to all sources."""
    common: dict[str, list[str]] = yaml.load(
        files(__package__ or "").joinpath("envelope.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader
    )
    always = frozenset(plain(name) for name in (*common["always"], *envelope.always))
    return EnvelopeNames(always, frozenset(plain(name) for name in (*common["named"], *envelope.named)))


def without_envelope(lines: AlertLines, envelope: Envelope) -> AlertLines:
    """The alert without the envelope of its source. Positions in `safe_text` stay."""
    wraps = envelope_names(envelope).wraps
    inner = {kind: {k: v for k, v in pairs.items() if not wraps(k)} for kind, pairs in _pairs(lines).items()}
    told = "\n".join(" " * len(line) if _wrapped(line, wraps) else line for line in lines.safe_text.split("\n"))
    return replace(lines, labels=inner["label"], details=inner["detail"], safe_text=told)


def wording(lines: AlertLines, envelope: Envelope) -> Iterator[str]:
    """User-written details and labels: the value alone where the field's name is not the user's."""
    names = envelope_names(envelope).names
    for key, value in (*lines.details.items(), *lines.labels.items()):
        yield value if names(key) else f"{key}: {value}"


def _pairs(lines: AlertLines) -> dict[str, Mapping[str, str]]:
    return {"label": lines.labels, "detail": lines.details}


def _wrapped(line: str, wraps: Callable[[str], bool]) -> bool:
    word, _, key = line.partition(": ")[0].partition(" ")
    return word in ("label", "detail") and wraps(key)
