"""How a bundle file is recognised, in a module that loads nothing of what reads it."""

import gzip
import zlib
from pathlib import Path

FOLDER = "midwatch-bundle/"  # of every member


def is_bundle(path: Path) -> bool:
    """Whether a file is a bundle, by its first bytes; it may still be damaged."""
    try:
        with gzip.open(path) as unzipped:
            return unzipped.read(len(FOLDER)) == FOLDER.encode()
    except (OSError, EOFError, ValueError, zlib.error):
        return False
