"""A Report as plain text: for places that show no markup (a PagerDuty note, an e-mail)."""

from collections.abc import Iterator

from midwatch.domain.report import Block, Commands, Grid, Items, Report, Text
from midwatch.kit.printable import one_line


def plain(report: Report, sections: int | None = None) -> str:
    """The first line and the first `sections` sections (all of them by default)."""
    lines = [f"{one_line(report.first_line)} {report.marks}".rstrip()]
    for section in report.sections[:sections]:
        lines += ["", one_line(section.title)]
        lines += [line for block in section.blocks for line in _block(block)]
    return "\n".join(lines)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Text():
            yield _line(block)
        case Items():
            yield from (f"- {_line(item)}" for item in block.items)
        case Commands():
            yield from (f"    {one_line(command)}" for command in block.commands)
        case Grid():
            yield from ("  ".join(map(one_line, row)) for row in block.rows)


def _line(text: Text) -> str:
    return f"{' '.join(one_line(text.text).split())} {text.marks}".rstrip()
