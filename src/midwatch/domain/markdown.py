"""A Report as Markdown: for Slack, tickets, chat and files."""

from collections.abc import Iterator

from midwatch.domain.report import Block, Commands, Grid, Items, Report, Text


def markdown(report: Report) -> str:
    lines = [f"# {report.verdict}: {_plain(report.headline)} {report.marks}".rstrip(), ""]
    for section in report.sections:
        lines += [f"## {section.title}", ""]
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
            yield from ("```sh", *block.commands, "```")
        case Grid():
            yield "| " + " | ".join(block.columns) + " |"
            yield "|" + "---|" * len(block.columns)
            yield from ("| " + " | ".join(_plain(cell).replace("|", "\\|") for cell in row) + " |" for row in block.rows)


def _text(text: Text) -> str:
    return f"{_plain(text.text)} {text.marks}".rstrip()


def _plain(text: str) -> str:
    """Text from outside cannot start markup of its own: links, images and HTML stay visible as what they are."""
    for sign in ("<", ">", "](", "![", "`"):
        text = text.replace(sign, {"<": "&lt;", ">": "&gt;", "](": "]\\(", "![": "!\\[", "`": "'"}[sign])
    return " ".join(text.split())
