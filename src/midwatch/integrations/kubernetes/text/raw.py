"""The parts of a description that are not indented: key values of a ConfigMap, tables of quotas and limits."""

import re
from collections.abc import Sequence

Lines = Sequence[tuple[int, str]]
_KEY = re.compile(r"([\w.-]{1,253}):", re.ASCII)
_LIMITS = re.compile(r"(?:Resource\s+Used\s+Hard|Type\s+Resource\s+Min\s+Max\b.*)\s*")


def split_data(lines: Lines) -> tuple[Lines, dict[str, str]]:
    """The lines without a ConfigMap's values, and the values by key.

    A value may hold anything, also lines that look like the next key, so the last `Events:` at the edge ends the data
    and a key counts only with its dashes below.
    """
    start = next((i for i, (_, line) in enumerate(lines) if line == "====" and i and lines[i - 1][1] == "Data"), 0)
    if not start or any(line.startswith("Type:") for _, line in lines[:start]):
        return (_indented(lines, start) if start else lines), {}
    end = next((i for i in range(len(lines) - 1, start, -1) if lines[i][1].startswith("Events:")), len(lines))
    kept = [*lines[: start - 1], (lines[start - 1][0], "Data:"), *lines[end:]]
    return kept, _values([line for _, line in lines[start + 1 : end]])


def _indented(lines: Lines, start: int) -> Lines:
    """A Secret's `key: size` lines put below the heading."""
    return [*lines[: start - 1], (lines[start - 1][0], "Data:"), *((n, f"  {line}") for n, line in lines[start + 1 :])]


def _values(lines: Sequence[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for at, line in enumerate(lines):
        below = lines[at + 1] if at + 1 < len(lines) else ""
        match = _KEY.fullmatch(line)
        if match and below == "----":
            current = found.setdefault(match[1], [])
        elif line == "BinaryData" and below == "====":
            break
        elif line != "----" or current:
            current.append(line)
    return {key: "\n".join(value).strip("\n") for key, value in found.items()}


def split_limits(lines: Lines) -> Lines:
    """A quota's or limit range's table put below a heading, as the other tables are."""
    start = next(
        (i for i, (_, line) in enumerate(lines) if line.startswith(("Resource", "Type")) and _LIMITS.fullmatch(line)),
        -1,
    )
    if start < 0:
        return lines
    table = [(n, line if line.startswith("Events:") else f"  {line}") for n, line in lines[start:]]
    return [*lines[:start], (lines[start][0], "Limits:"), *table]
