"""Signature line of our notes: it prevents duplicates, and tells them apart from a person's."""

_SIGNED = "-- midwatch "


def signature(key: str) -> str:
    return f"{_SIGNED}{key}"


def is_ours(note: str) -> bool:
    return note.rstrip().rpartition("\n")[2].startswith(_SIGNED)
