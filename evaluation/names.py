"""names: whether the product knows the data it is measured with. Reads the names of a set's faulty objects out of
truth.json.

With --write their hashes go to tests/foreign_names.txt, where a test holds the product to them without having the data.
"""

import argparse
import json
from pathlib import Path

from tests.test_foreign_names import HASHES, digest, known

NAME = "names"
ORDINARY = frozenset(("frontend", "master"))  # words that any product of this field uses


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--write", action="store_true", help="keep the hashes for the test")


def run(folder: Path, chosen: argparse.Namespace) -> int:
    truth = json.loads((folder / "truth.json").read_text())
    systems = {case.split("/")[0] for case in truth}
    objects = {entry["fault_object"].split("/")[-1] for entry in truth.values()}
    names = sorted((systems | objects) - ORDINARY)
    if chosen.write:
        HASHES.write_text("\n".join(sorted({digest(name) for name in names})) + "\n")
    found = known({digest(name) for name in names})
    for place, name in found:
        print(f"{place}: {name}")
    print(f"{len(names)} names, {len(found)} of them in the product")
    return 1 if found else 0
