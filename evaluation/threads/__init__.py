"""threads: problems from public threads. Checks the form of the log of truths and judgements, and prints its counts.

README.md beside this file tells what the fields of the log mean.
"""

import argparse
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from evaluation.accuracy import write_section
from evaluation.threads.judged import judgements, save

NAME = "threads"
FOLDER = Path(__file__).parent
JUDGEMENTS = ("right", "partly", "wrong", "silent")
CHOSEN = ("before", "after")
_NEEDED = 0.75  # of the judged answers are right or partly right
_ID = re.compile(r"[A-Z]\d{2}")
_ADDRESS = re.compile(r"https://[^\s/]+/\S+")
_TEXTS = ("truth", "knowable")
_OPTIONAL = {"notes"}
_FIELDS = {"id", "address", *_TEXTS, "chosen", "judgement", "why", "untrue"}

Entry = dict[str, Any]


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--judged", type=Path, help="take judgements over from this page (README.md shows its form)")
    parser.add_argument("--write", action="store_true", help="write the counts into docs/accuracy.md")


def run(folder: Path, chosen: argparse.Namespace) -> int:
    """1 for a log that is not well formed."""
    place = folder / "log.yaml"
    log = yaml.safe_load(place.read_text())
    if chosen.judged:
        taken = judgements(chosen.judged.read_text())
        log = [entry | taken.get(entry["id"], {}) for entry in log]
        save(log, place)
    inputs = {p.name: sorted(f.name for f in p.iterdir()) for p in (folder / "inputs").iterdir() if p.is_dir()}
    problems = list(faults(log, inputs))
    for problem in problems:
        print(problem)
    if problems:
        return 1
    lines = counts(log)
    print(*lines, sep="\n")
    if chosen.write:
        write_section(NAME, (__doc__ or "").strip().splitlines()[0], [f"- {line}" for line in lines])
    return 0


def faults(log: Any, inputs: dict[str, list[str]]) -> Iterator[str]:
    """What is wrong with the form of the log. `inputs`: folder → its files."""
    if not isinstance(log, list) or not all(isinstance(entry, dict) for entry in log):
        yield "log.yaml: not a list of entries"
        return
    ids = Counter(str(entry.get("id")) for entry in log)
    yield from (f"{name}: {n} entries" for name, n in ids.items() if n > 1)
    yield from (f"{name}: no entry in log.yaml" for name in sorted(inputs.keys() - ids.keys()))
    for entry in log:
        name = str(entry.get("id"))
        yield from (f"{name}: {what}" for what in (*_of_fields(entry), *_of_judgement(entry)))
        if not [file for file in inputs.get(name, ()) if file != "question.txt"]:
            yield f"{name}: nothing under inputs/{name}"


def _of_fields(entry: Entry) -> Iterator[str]:
    if missing := sorted(_FIELDS - entry.keys()):
        yield f"without {', '.join(missing)}"
    if unknown := sorted(entry.keys() - _FIELDS - _OPTIONAL):
        yield f"unknown field {', '.join(unknown)}"
    if not _ID.fullmatch(str(entry.get("id"))):
        yield "id is not a letter and two digits"
    addresses = entry.get("address")
    if not addresses or not isinstance(addresses, list) or not all(_ADDRESS.fullmatch(str(a)) for a in addresses):
        yield "address is not a list of https:// addresses"
    yield from (f"{field} is empty" for field in _TEXTS if not str(entry.get(field) or "").strip())


def _of_judgement(entry: Entry) -> Iterator[str]:
    judgement, untrue = entry.get("judgement"), entry.get("untrue")
    if judgement and judgement not in JUDGEMENTS:
        yield f"judgement is {judgement}, not one of {', '.join(JUDGEMENTS)}"
    if entry.get("chosen") and entry["chosen"] not in CHOSEN:
        yield f"chosen is {entry['chosen']}, not one of {', '.join(CHOSEN)}"
    if judgement and not entry.get("why"):
        yield "judged without a reason"
    if not isinstance(untrue, list) or not all(isinstance(said, str) and said for said in untrue):
        yield "untrue is not a list of sentences"
    elif untrue and not judgement:
        yield "untrue sentences without a judgement"


def counts(log: Sequence[Entry]) -> list[str]:
    """The log in figures; shares are of what was judged."""
    judged = [entry for entry in log if entry["judgement"]]
    found = Counter(entry["judgement"] for entry in judged)
    before = sum(entry["chosen"] == "before" for entry in log)
    lines = [f"{len(log)} threads, {before} chosen before any answer was seen, {len(judged)} judged"]
    if judged:
        good = found["right"] + found["partly"]
        lines.append(", ".join(f"{name}: {found[name]}" for name in JUDGEMENTS))
        lines.append(f"right or partly right: {good} of {len(judged)} ({good / len(judged):.0%}, wanted {_NEEDED:.0%})")
        lines.append(f"answers with an untrue sentence: {sum(bool(entry['untrue']) for entry in judged)}")
    return lines
