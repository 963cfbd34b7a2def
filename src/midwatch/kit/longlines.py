"""Shortens overlong lines: the message stands at the beginning of a line, and sometimes at its very end."""

# characters of a line that are kept: more than a stack trace on one line, or a logged request, needs
LONGEST = 4096
_TAIL = 1024  # of them at its end


def cut_lines(text: str) -> str:
    """The text with the middle of each longer line replaced by a mark with the removed length; line ends stay."""
    if len(text) <= LONGEST:
        return text
    lines = text.splitlines(keepends=True)
    if all(len(line) <= LONGEST for line in lines):
        return text
    return "".join(cut_line(line) if len(line) > LONGEST else line for line in lines)


def cut_line(line: str) -> str:
    """One line, with its end of line if it has one."""
    if len(line) <= LONGEST:
        return line
    head, tail = line[: LONGEST - _TAIL], line[-_TAIL:]
    return f"{head}[… {len(line) - LONGEST:,} characters cut …]{tail}"
