"""HolmesGPT's tests: recorded kubectl outputs and logs, a question or an alert; the first 12 lines must name the
cause."""

import argparse
import asyncio
import io
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from rich.console import Console

from evaluation.accuracy import write_section
from evaluation.holmesgpt_dump import alert, save
from midwatch.domain.investigation import Request
from midwatch.engine.investigations import investigate
from midwatch.reports.compose import compose
from midwatch.reports.terminal import WIDEST, show
from midwatch.services.errors import Refusal
from midwatch.wiring import connections
from midwatch.wiring.registry import registry

NAME = "holmesgpt"
_JUDGED = 12  # lines of an answer
_ALERT_LABELS = (
    "namespace",
    "pod",
    "deployment",
    "statefulset",
    "daemonset",
    "job_name",
    "node",
    "service",
    "persistentvolumeclaim",
)


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, help="write the answers here, one file for each case")
    parser.add_argument("--only", default="", help="only cases whose name contains this")
    parser.add_argument("--show", action="store_true", help="print every answer")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/accuracy.md")


def run(folder: Path, chosen: argparse.Namespace) -> int:
    truth = json.loads((folder / "truth.json").read_text())
    wanted = json.loads((folder / "keywords.json").read_text())
    cases = [case for case in truth if case in wanted and chosen.only in case]
    with Pool(2) as pool:
        given = pool.starmap(_answer, [(folder, case, truth[case]) for case in cases], chunksize=1)
    answers = dict(zip(cases, given, strict=True))
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
        for case, text in answers.items():
            (chosen.out / f"{case.replace('/', '__')}.txt").write_text(text)
    results = {case: _passes(text, wanted[case]) for case, text in answers.items()}
    console = Console(width=WIDEST, highlight=False)
    for case, good in results.items():
        console.print(f"{'passed' if good else '[bold]failed[/]'}  {case}")
        if chosen.show:
            console.print("\n".join(answers[case].splitlines()[:_JUDGED]) + "\n", markup=False)
    console.print(f"{sum(results.values())} of {len(results)}")
    if chosen.write:
        write_section(NAME, (__doc__ or "").strip(), _lines(results))
    return 0


def question(told: Any, case: Path) -> str:
    """What was asked; of an alert its title, its description and what its labels name."""
    if isinstance(told, list):
        return str(told[0])
    if told:
        return str(told)
    if (case / "workload_health_request.json").exists():
        return json.loads((case / "workload_health_request.json").read_text())["ask"]
    asked, sent = json.loads((case / "investigate_request.json").read_text()), alert(case)
    raw = sent.get("raw") or {}
    notes = raw.get("annotations") or sent.get("annotations") or {}
    labels = raw.get("labels") or sent.get("labels") or {}
    about = asked.get("subject") or {}
    named = [about.get(k) for k in ("namespace", "kind", "name", "node")] or [labels.get(k) for k in _ALERT_LABELS]
    named = named if any(named) else [labels.get(k) for k in _ALERT_LABELS]
    said = (asked.get("title"), asked.get("description"), sent.get("description"), notes.get("description"), *named)
    return " ".join(dict.fromkeys(str(s) for s in said if s))


def _answer(folder: Path, case: str, told: Mapping[str, Any]) -> str:
    recorded = folder / "cases" / case
    with tempfile.TemporaryDirectory() as place:
        save(recorded, Path(place))
        return asyncio.run(_said(place, question(told["prompt"], recorded)))


async def _said(place: str, asked: str) -> str:
    """What `midwatch ask` prints."""
    out = io.StringIO()
    try:
        async with connections.open_investigation(registry().settings(), dump=place) as ctx:
            show(
                Console(file=out, width=WIDEST, highlight=False),
                compose(await investigate(ctx, Request(question=asked))),
            )
    except Refusal as refusal:
        out.write(f"midwatch: {refusal.reason}\n" + (f"  {refusal.hint}\n" if refusal.hint else ""))
    return out.getvalue()


def _passes(text: str, groups: Sequence[Sequence[str]]) -> bool:
    judged = "\n".join(text.splitlines()[:_JUDGED])
    return all(any(re.search(word, judged, re.IGNORECASE) for word in group) for group in groups)


def _lines(results: Mapping[str, bool]) -> list[str]:
    suites = dict.fromkeys(case.split("/")[0] for case in results)
    lines = ["| suite | cases | passed |", "|---|---|---|"]
    for suite in suites:
        hits = [good for case, good in results.items() if case.startswith(suite + "/")]
        lines.append(f"| {suite} | {len(hits)} | {sum(hits)} |")
    return [*lines, "", f"- {sum(results.values())} of {len(results)} passed"]
