"""Judgements as a person writes them down: a table with a row for each answer, and numbered untrue sentences."""

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

_ROW = re.compile(r"^\|\s*([A-Z]\d{2})\s*\|\s*(\w+)[^|]*\|\s*(.*?)\s*\|\s*$", re.M)
_UNTRUE = re.compile(r"^\d+\.\s+([A-Z]\d{2}(?:, [A-Z]\d{2})*):?\s+(.+)$", re.M)
_HEAD = (
    "# One entry for each thread; README.md tells what the fields mean, `python -m evaluation threads` checks them.\n"
)
_LONG = 80  # characters; longer texts are folded


def judgements(page: str) -> dict[str, dict[str, Any]]:
    """Id → the fields `judgement`, `why` and `untrue` of its entry, for each id that the page judges."""
    untrue: defaultdict[str, list[str]] = defaultdict(list)
    for names, said in _UNTRUE.findall(page):
        for name in names.split(", "):
            untrue[name].append(said)
    return {
        name: {"judgement": word.lower(), "why": why, "untrue": untrue[name]} for name, word, why in _ROW.findall(page)
    }


def save(log: Sequence[dict[str, Any]], place: Path) -> None:
    text = yaml.dump(list(log), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118)
    place.write_text(_HEAD + text)


class _Dumper(yaml.SafeDumper):
    """Long texts are folded, so that a change of a word is a change of a line."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=">" if len(text) > _LONG else None)


_Dumper.add_representer(str, _text)
