"""Makes outside text safe to display: terminal control sequences and characters that change the reading order are
removed."""

import re

# Escape sequences whole (with what an OSC or DCS says), then single control, direction and invisible characters.
_SEQUENCE = re.compile(
    r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]?|\x9b[0-?]{0,64}[ -/]{0,8}[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]{0,4096}(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]{0,8}[0-~]?"
)
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
)


def printable(text: str) -> str:
    """The text without control and invisible characters; tabs and line feeds stay. Linear in its length."""
    return text if text.isascii() and text.isprintable() else _INVISIBLE.sub("", _SEQUENCE.sub("", text))


def one_line(text: str) -> str:
    """`printable` text with tabs and line feeds as spaces."""
    return printable(text).replace("\t", " ").replace("\n", " ")
