"""`python -m evaluation <set> <folder>`. A module here with `NAME` and `run(folder) -> exit status` is one data set.

With `options(parser)` it declares flags of its own, and `run(folder, chosen)` gets them. With `FOLDER` it lies there
where no folder is given.
"""

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
        one = commands.add_parser(name, help=about[0] if about else "")
        place = getattr(sets[name], "FOLDER", None)
        one.add_argument("folder", type=Path, nargs="?" if place else None, default=place, help="where the data lies")
        if hasattr(sets[name], "options"):
            sets[name].options(one)
    chosen = parser.parse_args()
    module = sets[chosen.set]
    return module.run(chosen.folder, chosen) if hasattr(module, "options") else module.run(chosen.folder)


if __name__ == "__main__":
    sys.exit(main())
