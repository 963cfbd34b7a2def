"""A Report as Markdown: for Slack, tickets, chat and files."""

import re
from collections.abc import Iterator

from midwatch.domain.report import Block, Commands, Grid, Items, Report, Text
from midwatch.kit.printable import one_line, printable


def markdown(report: Report, heading: str = "") -> str:
    """The report as Markdown, below `heading` where one document has several reports."""
    lines = [f"# {_plain(heading)}", ""] if heading else []
    depth = "##" if heading else "#"
    lines += [f"{depth} {_plain(report.first_line)} {report.marks}".rstrip(), ""]
    for section in report.sections:
        lines += [f"{depth}# {_plain(section.title)}", ""]
        for block in section.blocks:
            lines += [*_block(block), ""]
    return "\n".join(lines)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Text():
            yield _text(block)
        case Items():
            yield from (f"- {_text(item)}" for item in block.items)
        case Commands():
            commands = [one_line(command) for command in block.commands]
            # A fence ends at the first one that is as long, for chat programs even within a line.
            fence = "`" * max(3, *(len(run) + 1 for command in commands for run in re.findall("`+", command)), 3)
            yield from (f"{fence}sh", *commands, fence)
        case Grid():
            yield "| " + " | ".join(_cell(column) for column in block.columns) + " |"
            yield "|" + "---|" * len(block.columns)
            yield from ("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in block.rows)


def _text(text: Text) -> str:
    return f"{_plain(text.text)} {text.marks}".rstrip()


def _cell(text: str) -> str:
    return _plain(text.replace("\\", "\\\\")).replace("|", "\\|")


def _plain(text: str) -> str:
    """Escaped outside text: links, images and HTML stay visible as text and start no markup."""
    text = printable(text)
    for sign in ("<", ">", "](", "![", "`"):
        text = text.replace(sign, {"<": "&lt;", ">": "&gt;", "](": "]\\(", "![": "!\\[", "`": "'"}[sign])
    return " ".join(text.split())
