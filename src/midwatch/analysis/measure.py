"""The measured value of an alert, and its reference: a limit, or the usual value."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from midwatch.analysis.quantities import Number

# points from which a number counts as the measured one: its key names the quantity, or its unit and its surroundings
# fit
_FITS = 2
_SHARED = frozenset(
    {"count", "rate", "size", "current", "value", "total", "time", "max", "limit", "threshold", "used", "percent"}
)
_ANY = frozenset({"", "threshold", "limit", "max", "maximum", "slo", "target", "quota"})


@dataclass(frozen=True)
class Measure:
    """The measured number, its limit and its usual value, as far as the text gives them."""

    value: Number
    limit: Number | None = None
    usual: Number | None = None

    @property
    def factor(self) -> float | None:
        """Multiple of the limit, or else of the usual value."""
        other = self.limit or self.usual
        return self.value.amount / other.amount if other and other.amount > 0 else None

    @property
    def text(self) -> str:
        """Text for messages: "150 of 150 connections", "97%, limit 80%", "45k req/s, baseline 4000 req/s (11.2×)"."""
        value = self.value.text
        named = _spaced(self.value.name)
        if self.value.of is not None:
            rest = self.value.of.text
            return (
                f"{value} of {rest}"
                if not named or " " in rest or named in value.lower()
                else f"{value} of {rest} {named}"
            )
        if self.value.role == "limit":
            return f"threshold {value}"
        said = value if not named or named in value.lower() else f"{named} {value}"
        if self.limit:
            said += f", limit {self.limit.text}{self._times}"
        elif self.usual:
            said += f", baseline {self.usual.text}{self._times}"
        return said

    @property
    def _times(self) -> str:
        return f" ({self.factor:.3g}×)" if self.factor and self.factor >= 1.5 else ""


def measure(found: Sequence[Number], words: Sequence[str], dimensions: Sequence[str]) -> Measure | None:
    """The number with the best fitting key, unit and surroundings, the earliest of several; None when none fits well
    enough."""
    value = _best([n for n in found if n.role == "value"], words, dimensions)
    if value is None:  # "above 90%": the alert has only the threshold
        crossed = _best([n for n in found if n.role == "limit" and not n.name], words, dimensions)
        return Measure(crossed) if crossed else None
    if value.of is not None:
        return Measure(value, limit=value.of)
    return Measure(value, _other(value, found, "limit"), _other(value, found, "baseline"))


def _best(found: Sequence[Number], words: Sequence[str], dimensions: Sequence[str]) -> Number | None:
    alone = Counter(n.dimension for n in found)
    points = [
        (_points(n, words, dimensions) + (bool(n.dimension in dimensions) and alone[n.dimension] == 1), n)
        for n in found
    ]
    best = max(points, key=lambda p: (p[0], -p[1].start), default=None)
    return best[1] if best and best[0] >= _FITS else None


def _points(number: Number, words: Sequence[str], dimensions: Sequence[str]) -> int:
    name = _spaced(number.name)
    unit = number.dimension in dimensions if number.dimension else "count" in dimensions
    if (number.dimension and not unit) or _is_label(number):
        return 0
    named = any(w in name for w in words) if name else False
    near = any(w in number.near for w in words)
    return 3 * named + near + unit + (number.of is not None and (named or near))


def _is_label(number: Number) -> bool:
    """Whether the number is a name or status: a bare number under ten is more often a name (broker 3), one from 400 to
    599 an HTTP status."""
    bare = not number.dimension and not number.name and number.of is None
    return bare and (number.amount < 10 or 400 <= number.amount < 600)


def _other(value: Number, found: Sequence[Number], role: str) -> Number | None:
    fitting = [
        n for n in found if n.role == role and n.dimension == value.dimension and n is not value and _same(value, n)
    ]
    return min(fitting, key=lambda n: abs(n.start - value.start), default=None)


def _same(value: Number, other: Number) -> bool:
    """Whether a limit belongs to a value: its key shares a word with the value's, or is nothing but a word for
    limit."""
    ours, theirs = set(_spaced(value.name).split()) - _SHARED, set(_spaced(other.name).split())
    if theirs <= _ANY:
        return True
    stems = {w.rstrip("s") for w in ours}
    return bool(stems & {w.rstrip("s") for w in theirs}) or (not value.name and bool(other.dimension))


def _spaced(name: str) -> str:
    out = ""
    for i, c in enumerate(name):
        out += " " + c if c.isupper() and i and name[i - 1].islower() else c
    return " ".join(out.lower().replace("_", " ").replace(".", " ").replace("-", " ").split())
