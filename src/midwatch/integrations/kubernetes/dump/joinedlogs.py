"""The same log saved several times, at different times or with different filters, as one: nothing twice, in the order
of time."""

from collections.abc import Sequence
from datetime import UTC, datetime

from midwatch.analysis.log_timestamps import moment

_NEVER = datetime.min.replace(tzinfo=UTC)
_Block = tuple[datetime, str]


def join_logs(texts: Sequence[str]) -> str:
    """All that the texts say. A line without a time belongs to the one above it that has one."""
    whole = [
        t for n, t in enumerate(texts) if not any(_within(t, n, other, m) for m, other in enumerate(texts) if m != n)
    ]
    if len(whole) == 1:
        return whole[0]
    blocks = dict.fromkeys(block for text in whole for block in _blocks(text))
    return "\n".join(block for _, block in sorted(blocks, key=lambda b: b[0]))


def _within(text: str, at: int, other: str, other_at: int) -> bool:
    return text in other and (text != other or other_at < at)


def _blocks(text: str) -> list[_Block]:
    found: list[tuple[datetime, list[str]]] = [(_NEVER, [])]
    for line in text.splitlines():
        when = None if line[:1].isspace() else moment(line)
        if when is None:
            found[-1][1].append(line)
        else:
            found.append((when, [line]))
    return [(when, "\n".join(lines)) for when, lines in found if lines]
