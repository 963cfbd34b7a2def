"""Cloud-OpsBench: fault snapshots of two shops; the object, the cause and the kind of fault must all be right. A@1: in
the first cause of the answer; A@3: in one of the first three."""

import argparse
import asyncio
import gzip
import json
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from evaluation.accuracy import write_section
from evaluation.cloudopsbench_dump import PARTS, save
from evaluation.cloudopsbench_labels import Label, labels
from midwatch.domain.diagnosis import Cause, Diagnosis
from midwatch.domain.investigation import Request
from midwatch.engine.investigations import investigate
from midwatch.services.errors import Refusal
from midwatch.wiring import connections
from midwatch.wiring.registry import registry

NAME = "cloudopsbench"
_ANSWERS = 3
_SURE = ("CONFIRMED", "LIKELY")
# The authors write these two labels in one way in the task and in another in the truth.
_SAME = {"db_readonly_mode": "db_read_only", "gateway_misrouted": "gateway_misroute"}


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, help="write the predictions here, as JSON")
    parser.add_argument("--only", default="", help="only cases whose name or true cause contains this")
    parser.add_argument(
        "--missed", action="store_true", help="print what was said of each case that is not right at first"
    )
    parser.add_argument(
        "--others", action="store_true", help="print each CONFIRMED or LIKELY cause that is not the true one"
    )
    parser.add_argument(
        "--without", type=_parts, default=(), metavar="PART,…", help=f"leave out of each case: {', '.join(PARTS)}"
    )
    parser.add_argument("--write", action="store_true", help="write the figures into docs/accuracy.md")


def _parts(text: str) -> tuple[str, ...]:
    parts = tuple(text.split(","))
    if unknown := [p for p in parts if p not in PARTS]:
        raise argparse.ArgumentTypeError(f"no part is called {unknown[0]}; there are {', '.join(PARTS)}")
    return parts


def run(folder: Path, chosen: argparse.Namespace) -> int:
    truth = json.loads((folder / "truth.json").read_text())
    cases = [c for c, t in truth.items() if chosen.only in c or chosen.only in t["root_cause"]]
    with Pool(2) as pool:
        answers = pool.starmap(_answer, [(folder, case, chosen.without) for case in cases], chunksize=4)
    results = dict(zip(cases, answers, strict=True))
    if chosen.out:
        chosen.out.write_text(json.dumps({c: a["predictions"] for c, a in results.items()}, indent=1))
    console = Console(width=200)
    if chosen.missed:
        _missed(console, truth, results)
    if chosen.others:
        _others(console, truth, results)
    rows = _rows(truth, results)
    table = Table("class", "cases", "A@1", "A@3")
    for name, hits in rows.items():
        table.add_row(name, *_figures(hits))
    console.print(table)
    sure, cpu = _calibration(truth, results), _median_cpu(results)
    console.print(*sure, f"median CPU of a case: {cpu:.2f} s", sep="\n")
    if chosen.write:
        lines = ["| class | cases | A@1 | A@3 |", "|---|---|---|---|"]
        lines += [f"| {name} | {' | '.join(_figures(hits))} |" for name, hits in rows.items()]
        lines += ["", *(f"- {line}" for line in sure), f"- median CPU of a case: {cpu:.2f} s"]
        write_section(NAME, (__doc__ or "").strip(), lines)
    return 0


def _answer(folder: Path, case: str, without: Sequence[str]) -> dict[str, Any]:
    recorded = json.loads(gzip.decompress((folder / "cases" / f"{case}.json.gz").read_bytes()))
    with tempfile.TemporaryDirectory() as place:
        save(recorded, Path(place), without)
        started = time.process_time()
        found: list[
            Diagnosis
        ] = []  # not returned: at its end asyncio.run spells out what its task returned, at some length
        try:
            asyncio.run(_diagnose(place, recorded, found))
        except Refusal as refusal:
            return {
                "predictions": [],
                "verdict": "REFUSED",
                "said": [str(refusal)],
                "cpu": time.process_time() - started,
                "causes": [],
            }
        cpu = time.process_time() - started
    diagnosis = found[0]
    predictions = _predictions(diagnosis, recorded["namespace"])
    said = [f"{c.verdict} {c.finding.code} {c.finding.message}" for c in diagnosis.causes]
    causes = [(c.verdict.value, _labels(c, recorded["namespace"])) for c in diagnosis.causes]
    verdict = diagnosis.verdict.value
    return {"predictions": predictions, "verdict": verdict, "said": said, "cpu": cpu, "causes": causes}


def _labels(cause: Cause, namespace: str) -> list[dict[str, str]]:
    """What the cause alone says, without what it explains."""
    return [_as_json(label) for label in labels(cause.finding, namespace)]


async def _diagnose(place: str, case: Mapping[str, Any], found: list[Diagnosis]) -> None:
    settings = registry().settings()
    async with connections.open_investigation(settings, dump=place) as ctx:
        found.append((await investigate(ctx, Request(question=case["query"]))).diagnosis)


def _predictions(diagnosis: Diagnosis, namespace: str) -> list[dict[str, str]]:
    """The causes in the order of the diagnosis, then what they explain: a reader of three lines reads on there."""
    found = [label for cause in diagnosis.causes for label in labels(cause.finding, namespace)]
    found += [label for cause in diagnosis.causes for f in cause.explains for label in labels(f, namespace)]
    return [_as_json(label) for label in list(dict.fromkeys(found))[:_ANSWERS]]


def _as_json(label: Label) -> dict[str, str]:
    return {"fault_object": label.object, "root_cause": label.cause, "fault_taxonomy": label.taxonomy}


def _right(answer: Mapping[str, str], true: Mapping[str, str]) -> bool:
    return all(_SAME.get(answer[field], answer[field]) == _SAME.get(true[field], true[field]) for field in true)


def _hits(answers: Sequence[Mapping[str, str]], true: Mapping[str, str]) -> tuple[bool, bool]:
    right = [_right(answer, true) for answer in answers]
    return bool(right[:1] and right[0]), any(right)


def _rows(truth: Mapping[str, Any], results: Mapping[str, Any]) -> dict[str, list[tuple[bool, bool]]]:
    rows: dict[str, list[tuple[bool, bool]]] = {}
    for case, result in results.items():
        system, true = case.split("/")[0], truth[case]
        for name in (
            system,
            f"{system} / {true['fault_taxonomy']}",
            f"{system} / {true['fault_taxonomy']} / {true['root_cause']}",
        ):
            rows.setdefault(name, []).append(_hits(result["predictions"], true))
    return dict(sorted(rows.items()))


def _figures(hits: Sequence[tuple[bool, bool]]) -> tuple[str, str, str]:
    first, any_ = (f"{sum(h[at] for h in hits) / len(hits):.3f}" for at in (0, 1))
    return str(len(hits)), first, any_


def _calibration(truth: Mapping[str, Any], results: Mapping[str, Any]) -> list[str]:
    """Of every cause that is marked CONFIRMED or LIKELY, whether it is the true one; each case has one that is."""
    counts: Counter[tuple[str, bool]] = Counter()
    second = 0
    for case, result in results.items():
        judged = [(v, any(_right(label, truth[case]) for label in found)) for v, found in result["causes"]]
        counts.update(judged)
        second += any(v == _SURE[0] and not right for v, right in judged[1:])
    totals = {v: counts[v, True] + counts[v, False] for v in _SURE}
    lines = [f"{v}: {counts[v, True]} of {totals[v]} causes right, counting every cause of an answer" for v in _SURE]
    share = second / len(results) if results else 0.0
    return [*lines, f"answers with a second {_SURE[0]} cause that the truth does not name: {second} ({share:.1%})"]


def _median_cpu(results: Mapping[str, Any]) -> float:
    times = sorted(r["cpu"] for r in results.values())
    return times[len(times) // 2] if times else 0.0


def _missed(console: Console, truth: Mapping[str, Any], results: Mapping[str, Any]) -> None:
    for case, result in results.items():
        first, any_ = _hits(result["predictions"], truth[case])
        if not first:
            console.print(
                f"[bold]{case}[/] {'(third)' if any_ else ''} {' '.join(truth[case].values())}", highlight=False
            )
            for line in result["said"][:4]:
                console.print("   ", line, markup=False, highlight=False)
            console.print("    =>", result["predictions"], markup=False, highlight=False)


def _others(console: Console, truth: Mapping[str, Any], results: Mapping[str, Any]) -> None:
    for case, result in results.items():
        for (verdict, found), said in zip(result["causes"], result["said"], strict=False):
            if verdict in _SURE and not any(_right(label, truth[case]) for label in found):
                console.print(f"[bold]{case}[/] {' '.join(truth[case].values())}", highlight=False)
                console.print("   ", said, markup=False, highlight=False)
