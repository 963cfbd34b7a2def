"""Small texts inside kubectl's output: labels, selectors, taints, amounts."""

import re

from midwatch.integrations.kubernetes.objects.selectors import requirements
from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty

_NOTHING = {"", "<none>", "<unset>", "<nil>", "<unknown>", "<default>", "<any>", "<auto-select>"}
_SET = re.compile(r"(\S+)\s+(in|notin)\s+\(([^)]*)\)")
_ACCESS = {"RWO": "ReadWriteOnce", "ROX": "ReadOnlyMany", "RWX": "ReadWriteMany", "RWOP": "ReadWriteOncePod"}
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_NOTE = re.compile(r"([A-Za-z0-9][\w./-]*)(?::\s|:$|=)\s*(.*)", re.ASCII | re.DOTALL)
_MODES = frozenset(_ACCESS.values())


def value_of(text: str) -> str | None:
    """The text, or None where kubectl prints a placeholder for nothing."""
    text = text.strip()
    return None if text in _NOTHING else text


def number(text: str | None) -> int | None:
    """The whole number at the beginning of a text ("5s", "3 (10s ago)")."""
    match = _WHOLE.match(text.strip()) if text else None
    return int(match[0]) if match else None


def int_or_text(text: str) -> int | str:
    whole = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if whole else text


def labels(pairs: list[str]) -> dict[str, str] | None:
    """`a=b` pairs, one a text or separated by commas; {} for a stated `<none>`, None when nothing is said."""
    if not pairs or pairs == [""]:
        return None
    found: dict[str, str] = {}
    for text in pairs:
        for pair in (value_of(text) or "").split(","):
            name, sep, value = pair.strip().partition("=")
            if sep:
                found[name] = value
    return found


def annotations(lines: list[str]) -> dict[str, str] | None:
    """`key: value` (or `key=value`) lines; a long value stands on the line after its key."""
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        match = _NOTE.match(line)
        if match:
            name = match[1]
            found[name] = match[2]
        elif name and value_of(line):
            found[name] = f"{found[name]}\n{line}".strip()
    return found or None


def selector(text: str) -> Json | None:
    """A LabelSelector as kubectl prints it: `app=x,tier in (a,b),!old`."""
    if value_of(text) is None:
        return None
    equal: dict[str, str] = {}
    expressions: list[Json] = []
    for part in (p.strip() for p in requirements(text)):
        if match := _SET.fullmatch(part):
            operator = "In" if match[2] == "in" else "NotIn"
            expressions.append(
                {"key": match[1], "operator": operator, "values": [v.strip() for v in match[3].split(",")]}
            )
        elif part.startswith("!"):
            expressions.append({"key": part[1:], "operator": "DoesNotExist"})
        elif "=" in part:
            name, _, value = part.partition("=")
            equal[name] = value
        elif part:
            expressions.append({"key": part, "operator": "Exists"})
    return without_empty(matchLabels=equal, matchExpressions=expressions) or None


def access_modes(text: str) -> list[str]:
    return [
        _ACCESS.get(mode.strip(), mode.strip())
        for mode in text.split(",")
        if mode.strip() in _ACCESS or mode.strip() in _MODES
    ]


def taint(text: str) -> Json | None:
    """`key=value:Effect` or `key:Effect`."""
    pair, sep, effect = text.strip().rpartition(":")
    if not sep or not pair:
        return None
    name, _, value = pair.partition("=")
    return without_empty(key=name, value=value, effect=effect)


def reference(text: str) -> tuple[str, str] | None:
    """`Kind/name`."""
    kind, sep, name = text.strip().partition("/")
    return (kind, name.split(" ")[0]) if sep and kind and name and " " not in kind else None


def quantities(pairs: list[tuple[str, str]]) -> dict[str, str] | None:
    return {name: value for name, value in pairs if name and value_of(value) not in (None, "-")} or None
