"""popeye-objects: each lint code of Popeye that concerns a fault must be found at the object that shows it, and every
file must load."""

import argparse
import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml
from rich.console import Console
from rich.table import Table

from evaluation.accuracy import write_section
from evaluation.kubernetes_objects import listed
from evaluation.popeye_states import STATES
from midwatch.diagnosis.kubernetes.analyse import analyse
from midwatch.diagnosis.kubernetes.codes import CODES
from midwatch.domain.diagnosis import Diagnosis
from midwatch.domain.finding import Finding
from midwatch.domain.investigation import Request
from midwatch.engine.investigations import investigate
from midwatch.integrations.kubernetes.dump.decode import clean, convert, kind_of
from midwatch.integrations.kubernetes.dump.files import folder as files_of
from midwatch.integrations.kubernetes.dump.files import single_file
from midwatch.integrations.kubernetes.dump.load import load
from midwatch.integrations.kubernetes.objects.kinds import BY_NAME
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.reasoning.rules import diagnose
from midwatch.services.errors import Refusal
from midwatch.wiring import connections
from midwatch.wiring.registry import registry

NAME = "popeye-objects"
_BUILT = "built"
_TABLE = Path(__file__).with_name("popeye_codes.yaml")


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--write", action="store_true", help="write the figures into docs/accuracy.md")


def run(folder: Path, chosen: argparse.Namespace) -> int:
    """0 when every file loads, every code is decided on, and each that concerns a fault is found at each of its
    objects."""
    table = yaml.safe_load(_TABLE.read_text())
    documented = set(yaml.safe_load((folder / "codes.yaml").read_text())["codes"])
    codes: Mapping[int, Mapping[str, Any]] = table["codes"]
    diagnoses = {name: _diagnosed(_read(folder, paths)) for name, paths in table["scenes"].items()}
    console, shown = Console(width=200), Table("code", "scene", "object", "ours", "found", "as")
    found = [_shown(shown, code, entry, diagnoses) for code, entry in codes.items() if "ours" in entry]
    console.print(shown)
    places = [folder, *sorted((folder / "lint").rglob("*.yaml")), *sorted((folder / "cache").rglob("*.yaml"))]
    troubles = [(place, why) for place in places if (why := _trouble(place))]
    for place, why in troubles:
        console.print(f"[red]{place.relative_to(folder)}: {why}")
    undecided = sorted(documented ^ set(codes))
    unproved = sum(d.unproved for d in diagnoses.values())
    lines = [
        f"{sum(found)} of {len(found)} codes that concern a fault are found at every object that shows them",
        f"{len(codes) - len(found)} codes are no fault, each with its reason; {len(undecided)} undecided",
        f"{len(places) - 1 - len(troubles)} of {len(places) - 1} files load; {unproved} findings without proof",
    ]
    console.print(*lines, sep="\n")
    if chosen.write:
        write_section(NAME, (__doc__ or "").strip(), [f"- {line}" for line in lines])
    return 0 if all(found) and not troubles and not undecided and not unproved else 1


def _read(folder: Path, paths: Sequence[str]) -> Iterator[Object]:
    """The objects of some files, as if a cluster had listed them."""
    for path in paths:
        for document in yaml.load_all((folder / path).read_text(), yaml.CSafeLoader):
            for raw in document["items"] if document else ():
                if kind := kind_of(raw):
                    obj, _ = convert(clean(raw, kind), kind.type)
                    yield from (obj,) if obj else ()


def _diagnosed(objects: Iterator[Object]) -> Diagnosis:
    seen = listed(list(objects))
    return diagnose(analyse(seen), seen, (), dict(CODES))


def _built(code: int) -> Iterator[Object]:
    return (msgspec.convert(raw, BY_NAME[raw["kind"]].type, strict=False) for raw in STATES[code]())


def _shown(shown: Table, code: int, entry: Mapping[str, Any], diagnoses: Mapping[str, Diagnosis]) -> bool:
    good = True
    for scene, subjects in entry["at"].items():
        diagnosis = _diagnosed(_built(code)) if scene == _BUILT else diagnoses[scene]
        for subject in subjects:
            told = [(f, role) for f, role in _told(diagnosis) if f.code in entry["ours"] and subject in _about(f)]
            good = good and bool(told)
            roles = ", ".join(dict.fromkeys(role for _, role in told))
            names = ", ".join(dict.fromkeys(f.code for f, _ in told)) or "[red]none"
            shown.add_row(str(code), scene, subject, ", ".join(entry["ours"]), names, roles)
    return good


def _told(diagnosis: Diagnosis) -> Iterator[tuple[Finding, str]]:
    for cause in diagnosis.causes:
        yield cause.finding, "cause" if cause.finding.role == "cause" else "symptom"
        yield from ((f, "explained") for f in cause.explains)
    yield from ((f, "risk") for f in diagnosis.risks)


def _about(finding: Finding) -> set[str]:
    return {str(s) for s in (finding.subject.object, finding.owner, *finding.also)}


def _trouble(place: Path) -> str:
    """Why a file, or the folder, does not load; "" when all of it is read and the investigation ends in an answer or
    one clear sentence."""
    contents, _ = load(files_of(place) if place.is_dir() else single_file(place))
    try:
        asyncio.run(_investigated(place))
    except Refusal as refusal:
        if contents.count and contents.pods():
            return str(refusal)
    return "; ".join(f"line {u.line}: {u.reason}" for u in contents.unreadable)


async def _investigated(place: Path) -> Diagnosis:
    async with connections.open_investigation(registry().settings(), dump=str(place)) as ctx:
        return (await investigate(ctx, Request())).diagnosis
