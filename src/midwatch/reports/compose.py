"""Diagnosis → Report: the order a tired person reads in. What is wrong, why, what to do, what proves it, what is not
known."""

from collections.abc import Iterator, Sequence

from midwatch.domain.diagnosis import Cause, Claim, Diagnosis, Verdict
from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.finding import CausalRole, Finding, Table
from midwatch.domain.investigation import CaseFile
from midwatch.domain.report import Block, Commands, Grid, Items, Report, ReportSection, Text
from midwatch.reports.factsheet import factsheet

_SHOWN = 6  # consequences of one cause that are spelled out; the others are counted


def compose(run: CaseFile) -> Report:
    diagnosis = run.diagnosis
    sections = [
        *_causes(diagnosis.causes, said=diagnosis.answer is None),
        *_tables(diagnosis.tables),
        *factsheet(run),
        *_elsewhere(diagnosis.elsewhere),
        *_risks(diagnosis.risks),
    ]
    if diagnosis.ruled_out:
        sections.append(
            ReportSection(title="Ruled out", blocks=(Items(items=tuple(_claim(c) for c in diagnosis.ruled_out)),))
        )
    sections += [*_gaps(diagnosis.gaps), _evidence(run.evidence, _cited(diagnosis), diagnosis.unproved)]
    first = diagnosis.answer or (diagnosis.causes[0].claim if diagnosis.causes else None)
    marks = first.marks if first else ""
    return Report(verdict=diagnosis.verdict, headline=diagnosis.headline, marks=marks, sections=tuple(sections))


def _causes(causes: Sequence[Cause], *, said: bool) -> Iterator[ReportSection]:
    """`said`: the headline is the first cause."""
    complaints = [c for c in causes if c.finding.role is CausalRole.COMPLAINT]
    if len(complaints) == len(causes) > 1:
        yield ReportSection(
            title="The logs also say", blocks=(Items(items=tuple(_finding(c.finding) for c in causes[1:])),)
        )
        causes = causes[:1]
    if len(causes) > 1:
        items = tuple(_finding(c.finding) for c in causes)
        yield ReportSection(title=f"{len(causes)} causes, independent of each other", blocks=(Items(items=items),))
    for number, cause in enumerate(causes, 1):
        title = "Root cause" if len(causes) == 1 else f"Cause {number} of {len(causes)}"
        title = "What a log says" if complaints and len(causes) == 1 else title
        if cause.finding.role is CausalRole.INTENDED:
            title = title.replace("Root cause", "What it was")
        if cause.verdict is Verdict.INCONCLUSIVE:
            title = title.replace("Root cause", "Symptom without a known cause")
        # With one cause the headline has just said it; only what comes after is worth a tired reader's time.
        blocks = list(_cause(cause))[1 if said and len(causes) == 1 else 0 :]
        yield ReportSection(title=f"{title} · {cause.verdict}", blocks=tuple(blocks))


def _cause(cause: Cause) -> Iterator[Block]:
    finding = cause.finding
    yield Text(text=finding.message + _replicas(finding), marks=cause.claim.marks)
    since = f"Since {finding.onset:%Y-%m-%d %H:%M} UTC. " if finding.onset else ""
    yield Text(text=f"{since}{cause.meaning} ({finding.code})")
    if cause.explains:
        shown = [_finding(f) for f in cause.explains[:_SHOWN]]
        if len(cause.explains) > _SHOWN:
            shown.append(Text(text=f"and {len(cause.explains) - _SHOWN} more"))
        yield Text(text="It explains:")
        yield Items(items=tuple(shown))
    for words, commands in (("Look:", cause.check), ("Mend:", cause.fix)):
        if commands:
            yield Text(text=words)
            yield Commands(commands=commands)
    if cause.prevent:
        yield Text(text=f"So that it does not come back: {cause.prevent}")
    if cause.monitor:
        yield Text(text=f"Watch: {cause.monitor}")


def _replicas(finding: Finding) -> str:
    return f" (the same on {len(finding.also)} more)" if finding.also else ""


def _finding(finding: Finding) -> Text:
    return _claim(Claim(text=finding.message + _replicas(finding), cites=finding.cites))


def _claim(claim: Claim) -> Text:
    return Text(text=claim.text, marks=claim.marks)


def _tables(tables: Sequence[Table]) -> Iterator[ReportSection]:
    for table in tables:
        grid = Grid(columns=table.columns, rows=table.rows)
        marks = Claim(text="", cites=table.cites).marks
        yield ReportSection(
            title=f"{table.title} {marks}".strip(), blocks=(grid, Text(text=table.note)) if table.note else (grid,)
        )


def _elsewhere(causes: Sequence[Cause]) -> Iterator[ReportSection]:
    if causes:
        items = tuple(Text(text=f"{c.finding.owner}: {c.finding.title}", marks=c.claim.marks) for c in causes)
        yield ReportSection(title="Elsewhere, not part of the question", blocks=(Items(items=items),))


def _risks(risks: Sequence[Finding]) -> Iterator[ReportSection]:
    if risks:
        yield ReportSection(
            title="Also noticed, not the cause", blocks=(Items(items=tuple(_finding(r) for r in risks)),)
        )


def _gaps(gaps: Sequence[Gap]) -> Iterator[ReportSection]:
    """Gaps with the same reason are one line: a dump without ten kinds is one fact, not ten."""
    if not gaps:
        return
    by_reason: dict[str, list[str]] = {}
    for gap in gaps:
        what = str(gap.arguments.get("resource") or gap.arguments.get("pod") or gap.tool.removeprefix("kubernetes_"))
        reason = gap.reason.replace(f"no {what}", "none")
        by_reason.setdefault(
            f"{reason} (needs the right to {gap.permission})" if gap.permission else reason, []
        ).append(what)
    items = tuple(Text(text=f"{', '.join(dict.fromkeys(what))}: {reason}") for reason, what in by_reason.items())
    yield ReportSection(title="Not checked", blocks=(Items(items=items),))


def _cited(diagnosis: Diagnosis) -> set[str]:
    causes = [f for c in (*diagnosis.causes, *diagnosis.elsewhere) for f in (c.finding, *c.explains)]
    told = (diagnosis.answer,) if diagnosis.answer else ()
    return {
        c.evidence
        for said in (*causes, *diagnosis.risks, *diagnosis.ruled_out, *diagnosis.tables, *told)
        for c in said.cites
    }


def _evidence(evidence: Sequence[Evidence], cited: set[str], unproved: int) -> ReportSection:
    rows = tuple((e.id, e.size, e.query) for e in evidence if e.id in cited)
    blocks: list[Block] = [Grid(columns=("", "seen", "query"), rows=rows)] if rows else []
    if others := [f"{e.size} ({e.id})" for e in evidence if e.id not in cited]:
        blocks.append(Text(text=f"Also read, and nothing there is cited: {', '.join(others)}."))
    if unproved:
        blocks.append(
            Text(
                text=f"{unproved} statement{'s' * (unproved > 1)} could not be proved against the evidence and was "
                "left out."
            )
        )
    return ReportSection(title="Evidence", blocks=tuple(blocks))
