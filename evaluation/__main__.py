"""`python -m evaluation <set> <folder>`. A module here with `NAME` and `run(folder) -> exit status` is one data set."""

import argparse
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import evaluation


def main() -> int:
    modules = (import_module(f"evaluation.{m.name}") for m in iter_modules(evaluation.__path__) if m.name != "__main__")
    sets = {m.NAME: m for m in modules if hasattr(m, "NAME") and hasattr(m, "run")}
    parser = argparse.ArgumentParser(prog="python -m evaluation", description=evaluation.__doc__)
    commands = parser.add_subparsers(dest="set", required=True, metavar="set")
    for name in sorted(sets):
        about = (sets[name].__doc__ or "").strip().splitlines()
        commands.add_parser(name, help=about[0] if about else "").add_argument("folder", type=Path, help="where the data set lies")
    chosen = parser.parse_args()
    return sets[chosen.set].run(chosen.folder)


if __name__ == "__main__":
    sys.exit(main())
