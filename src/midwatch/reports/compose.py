"""Composes a report from a diagnosis, in reading order: problem, cause, next steps, evidence, gaps."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from midwatch.domain.diagnosis import Cause, Claim, Diagnosis, Verdict
from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.finding import CausalRole, Finding, Table
from midwatch.domain.investigation import Answer, CaseFile, EvidenceSummary
from midwatch.domain.observation import Probe
from midwatch.domain.report import Block, Commands, Grid, Items, Report, ReportSection, Text
from midwatch.reports.ages import how_long, since
from midwatch.reports.factsheet import factsheet

_THESE = "these"  # stands for the subjects of several gaps with one reason
_SHOWN = 6  # effects of one cause that are listed; the others are counted


class _Layout(NamedTuple):
    """Layout decisions. `missing`: the first line reports that the object in question does not exist, and the causes
    are of `extent`. `place` is named in each line of a cause where answers about several places follow each other."""

    now: datetime | None
    missing: str
    place: str
    extent: str


def compose(run: CaseFile | Answer, *, verbose: bool = True, named: bool = False) -> Report:
    """Composes the report. Without `verbose` several causes are one line each, and checks without findings are left
    out. With `named` each line of a cause names the place."""
    diagnosis, now = run.diagnosis, _now(run)
    layout = _Layout(now, _missing_names(run), _place(run) if named else "", _extent(run))
    in_vain = bool(layout.missing) and not verbose
    several = in_vain or (len(diagnosis.causes) > 1 and not verbose)
    counted = not verbose and bool(run.request.question)
    sections = [
        *(_other_count(run, diagnosis.causes) if in_vain else _main(diagnosis, layout, verbose=verbose)),
        *_tables(diagnosis.tables),
        *(factsheet(run) if isinstance(run, CaseFile) else ()),
        *_later(diagnosis.later, layout),
        *(_other_count(run, diagnosis.elsewhere) if counted else _elsewhere(diagnosis.elsewhere, layout)),
    ]
    if not several:
        sections += [*_risks(diagnosis.risks), *_ruled_out(diagnosis.ruled_out)]
    sections += _gaps(diagnosis.gaps)
    if not several:
        sections.append(_evidence(run.evidence, _cited(diagnosis), diagnosis.unproved, verbose=verbose))
    first = diagnosis.causes[0] if diagnosis.causes and not layout.missing else None
    proof = diagnosis.answer or (first.claim if first else None)
    return Report(
        verdict=diagnosis.verdict,
        severity=diagnosis.severity,
        source=_place(run),
        headline=diagnosis.headline,
        since="" if diagnosis.answer or first is None else _since(first.finding, now),
        marks=proof.marks if proof else "",
        sections=tuple(section for section in sections if section.blocks),
    )


def _main(diagnosis: Diagnosis, layout: _Layout, *, verbose: bool) -> Iterator[ReportSection]:
    return _summary(diagnosis, layout) if len(diagnosis.causes) > 1 and not verbose else _causes(diagnosis, layout)


def _other_count(run: CaseFile | Answer, causes: Sequence[Cause]) -> Iterator[ReportSection]:
    """One line for all that the question is not about: how many, and the command that lists them."""
    if not causes:
        return
    spaces = {cause.finding.owner.namespace for cause in causes}
    namespace = run.request.namespace or (next(iter(spaces)) if len(spaces) == 1 else "")
    saved = " --dump PATH" if any(e.snapshot is not None for e in run.evidence) else ""
    where = f" -n {namespace}" if namespace else ""
    count = f"{len(causes)} other problem{'s' * (len(causes) > 1)} found"
    yield ReportSection(title=f"{count}: midwatch diagnose{saved}{where}", blocks=(Items(items=()),))


def _missing_names(run: CaseFile | Answer) -> str:
    """Names in the question without an object: the severity of other causes does not apply to them."""
    return run.diagnosis.missing if run.diagnosis.causes and not run.diagnosis.answer else ""


def _extent(run: CaseFile | Answer) -> str:
    return f"namespace {run.request.namespace}" if run.request.namespace else "the whole cluster"


def _place(run: CaseFile | Answer) -> str:
    """The system that was read, without its address and the explanation in brackets: those are in the evidence. No
    cluster where only websites were checked."""
    sites = isinstance(run, CaseFile) and run.evidence and all(isinstance(e.observation, Probe) for e in run.evidence)
    source = "" if sites else run.source
    name, opened, inside = source.partition(" at ")[0].partition(" (")
    return f"{name}{opened}{inside}" if inside and " " not in inside else name


def _now(run: CaseFile | Answer) -> datetime | None:
    """Time of the newest evidence; None beside a saved state, whose times lie before it was saved."""
    if any(e.snapshot for e in run.evidence):
        return None
    return max((e.taken_at for e in run.evidence), default=None)


def _since(finding: Finding, now: datetime | None) -> str:
    return since(finding.onset, now, finding.before_snapshot_s)


def _summary(diagnosis: Diagnosis, layout: _Layout) -> Iterator[ReportSection]:
    """Causes that the first line does not name."""
    others = diagnosis.causes if diagnosis.answer or layout.missing else diagnosis.causes[1:]
    items = tuple(_one_line(cause, layout) for cause in others)
    hint = Text(text="Details: -v for every cause, or name one: midwatch diagnose NAME")
    title = f"{len(others)} other independent cause{'s' * (len(others) != 1)}"
    if layout.missing:
        title = f"In {layout.extent}: {len(others)} independent causes"
    yield ReportSection(title=title, blocks=(Items(items=items), hint))


def _one_line(cause: Cause, layout: _Layout) -> Text:
    finding, now = cause.finding, layout.now
    parts = (f"{finding.severity.upper()} {cause.verdict.lower()}", layout.place, finding.message + _replicas(finding))
    ago = how_long(finding.onset, now, finding.before_snapshot_s)
    return Text(text=" · ".join(part for part in (*parts, ago) if part), marks=cause.claim.marks)


def _causes(diagnosis: Diagnosis, layout: _Layout) -> Iterator[ReportSection]:
    causes, named = diagnosis.causes, not (diagnosis.answer or layout.missing)  # the first line names the first cause
    log_errors = [c for c in causes if c.finding.role is CausalRole.COMPLAINT]
    if len(log_errors) == len(causes) > 1:
        items = tuple(_finding(c.finding) for c in causes[1:])
        yield ReportSection(title="Other log errors", blocks=(Items(items=items),))
        causes = causes[:1]
    for number, cause in enumerate(causes, 1):
        title = _title(cause) if len(causes) == 1 else f"Cause {number} of {len(causes)}"
        # With one cause the first line has just said it; only what comes after is worth a tired reader's time.
        blocks = list(_cause(cause, layout.now))[1 if named and len(causes) == 1 else 0 :]
        certainty = f"{cause.finding.severity.upper()} {cause.verdict.lower()}"
        parts = (f"In {layout.extent}" if layout.missing else "", title, layout.place, certainty)
        yield ReportSection(title=" · ".join(filter(None, parts)), blocks=tuple(blocks))


def _title(cause: Cause) -> str:
    if cause.finding.role is CausalRole.COMPLAINT:
        return "Log error"
    if cause.finding.role is CausalRole.INTENDED:
        return "Expected behavior"
    return "Symptom, cause unknown" if cause.verdict is Verdict.INCONCLUSIVE else "Root cause"


def _cause(cause: Cause, now: datetime | None) -> Iterator[Block]:
    finding = cause.finding
    yield Text(text=finding.message + _replicas(finding), marks=cause.claim.marks)
    began = _since(finding, now).replace("since", "Since", 1)
    began = f"{began}. " if began else ""
    yield Text(text=f"{began}{cause.meaning} ({finding.code})")
    if cause.explains:
        shown = [_finding(f) for f in cause.explains[:_SHOWN]]
        if len(cause.explains) > _SHOWN:
            shown.append(Text(text=f"and {len(cause.explains) - _SHOWN} more"))
        yield Text(text="Effects:")
        yield Items(items=tuple(shown))
    for words, commands in (("Check:", cause.check), ("Fix:", cause.fix)):
        if commands:
            yield Text(text=words)
            yield Commands(commands=commands)
    if cause.prevent:
        yield Text(text=f"Prevention: {cause.prevent}")
    if cause.monitor:
        yield Text(text="Monitor:")
        yield Commands(commands=(cause.monitor,))


def _replicas(finding: Finding) -> str:
    return f" (and {len(finding.also)} more pods)" if finding.also else ""


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


def _later(causes: Sequence[Cause], layout: _Layout) -> Iterator[ReportSection]:
    if causes:
        items = tuple(_one_line(c, layout) for c in causes)
        yield ReportSection(title="Began after the period asked about", blocks=(Items(items=items),))


def _elsewhere(causes: Sequence[Cause], layout: _Layout) -> Iterator[ReportSection]:
    if causes:
        items = tuple(_one_line(c, layout) for c in causes)
        yield ReportSection(title="Other problems found", blocks=(Items(items=items),))


def _risks(risks: Sequence[Finding]) -> Iterator[ReportSection]:
    if risks:
        yield ReportSection(title="Risks, not the cause", blocks=(Items(items=tuple(_finding(r) for r in risks)),))


def _ruled_out(claims: Sequence[Claim]) -> Iterator[ReportSection]:
    if claims:
        yield ReportSection(title="Ruled out", blocks=(Items(items=tuple(_claim(c) for c in claims)),))


def _gaps(gaps: Sequence[Gap]) -> Iterator[ReportSection]:
    """Gaps with the same reason are one line: a dump without ten kinds is one fact, not ten."""
    if not gaps:
        return
    by_reason: dict[str, list[Gap]] = {}
    for gap in gaps:
        by_reason.setdefault(_reason(gap), []).append(gap)
    items = tuple(Text(text=_missed(reason, same)) for reason, same in by_reason.items())
    yield ReportSection(title="Not checked", blocks=(Items(items=items),))


def _what(gap: Gap) -> str:
    return str(gap.arguments.get("resource") or gap.arguments.get("pod") or gap.tool.removeprefix("kubernetes_"))


def _reason(gap: Gap) -> str:
    """The reason of a gap, equal for all gaps of one missing permission: without the names of the unreadable kinds."""
    reason = gap.reason.replace(f"no {_what(gap)}", "none")
    verb, place = gap.permission.partition(" ")[0], gap.permission.partition(" in ")[2]
    these = f"{verb} {_THESE}{' in ' if place else ''}{place}"
    return reason.replace(gap.permission, these) if gap.permission else reason


def _missed(reason: str, gaps: Sequence[Gap]) -> str:
    what = ", ".join(dict.fromkeys(_what(gap) for gap in gaps))
    permissions = tuple(dict.fromkeys(gap.permission for gap in gaps if gap.permission))
    if len(permissions) == 1 and permissions[0] not in gaps[0].reason:
        return f"{what}: {gaps[0].reason} (required permission: {permissions[0]})"
    return f"{what}: {reason if len(permissions) > 1 else gaps[0].reason if permissions else reason}"


def _cited(diagnosis: Diagnosis) -> set[str]:
    causes = [f for c in (*diagnosis.causes, *diagnosis.later, *diagnosis.elsewhere) for f in (c.finding, *c.explains)]
    answer = (diagnosis.answer,) if diagnosis.answer else ()
    return {
        c.evidence
        for claim in (*causes, *diagnosis.risks, *diagnosis.ruled_out, *diagnosis.tables, *answer)
        for c in claim.cites
    }


def _evidence(
    evidence: Sequence[Evidence | EvidenceSummary], cited: set[str], unproved: int, *, verbose: bool
) -> ReportSection:
    rows = tuple((e.id, e.size, e.query) for e in evidence if e.id in cited)
    blocks: list[Block] = [Grid(columns=("", "size", "query"), rows=rows)] if rows else []
    others = [f"{e.size} ({e.id})" for e in evidence if e.id not in cited]
    if others and verbose:
        blocks.append(Text(text=f"Also checked, no findings: {', '.join(others)}."))
    if unproved:
        were = "statements were" if unproved > 1 else "statement was"
        blocks.append(Text(text=f"{unproved} {were} left out: not supported by the cited evidence."))
    return ReportSection(title="Evidence", blocks=tuple(blocks))
