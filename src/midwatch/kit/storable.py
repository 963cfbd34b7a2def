"""Replaces characters that some database, file or response cannot hold."""

import re
from typing import Any, cast

MARK = "\ufffd"  # replaces a character that cannot be stored, so that the loss is visible
_NUL = "\0"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with a mark in place of NUL, which PostgreSQL cannot store, and of lone surrogates, which are no
    characters."""
    return _UNSTORABLE.sub(MARK, text) if _NUL in text or not _encodable(text) else text


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def storable_tree(value: Any) -> Any:
    """A plain value (as JSON has them) with storable texts only."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable_tree(key): storable_tree(held) for key, held in cast(dict[Any, Any], value).items()}
    if isinstance(value, list | tuple):
        return [storable_tree(held) for held in cast(list[Any], value)]
    return value
