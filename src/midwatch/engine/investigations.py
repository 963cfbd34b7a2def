from midwatch.domain.evidence import Gap
from midwatch.domain.investigation import CaseFile, Request
from midwatch.domain.limits import short_enough
from midwatch.domain.observation import Resources
from midwatch.domain.refusal import NothingFound, Refusal
from midwatch.engine.gather import Watch
from midwatch.engine.investigate import investigate as run_investigation
from midwatch.engine.investigate import no_progress
from midwatch.engine.investigation_context import InvestigationContext
from midwatch.reasoning.scope import Scope


async def investigate(ctx: InvestigationContext, request: Request, watch: Watch = no_progress) -> CaseFile:
    """Investigates a request; raises Refusal when nothing could be read, or when the question names an object that does
    not exist."""
    short_enough(request.question)
    run, scope = await run_investigation(
        request, ctx.door, ctx.areas, ctx.source, ctx.budget, watch, ctx.analysts, ctx.reasoning, ctx.unread
    )
    if not run.evidence:
        _nothing_read(run)
    if request.alert is None:  # an alert may name a deleted object; that is no typing error
        _namespace_exists(run)
        _names_exist(scope)
    return run


def _nothing_read(run: CaseFile) -> None:
    essential: Gap | None = next((g for g in run.gaps if g.essential), run.gaps[0] if run.gaps else None)
    raise Refusal(
        f"Nothing could be read from {run.source}: {essential.reason if essential else 'no question was put'}",
        "midwatch doctor says what is missing",
    )


def _namespace_exists(run: CaseFile) -> None:
    """Raises Refusal for a namespace that does not exist: an empty and a misspelt one look alike in every list except
    that of namespaces."""
    wanted = run.request.namespace
    if not wanted:
        return
    seen = [e.observation for e in run.evidence if isinstance(e.observation, Resources)]
    if any(r.count and r.scope == wanted for r in seen):
        return
    known = next((r for r in seen if r.resource == "namespaces" and not r.partial), None)
    quoted = f'"name":"{wanted}"'.encode()
    if known is not None and quoted not in known.body:
        raise NothingFound(
            f"There is no namespace {wanted!r} in {run.source}.", "midwatch diagnose -A checks all namespaces"
        )


def _names_exist(scope: Scope) -> None:
    if scope.named:
        return
    for name, near in scope.unknown:
        if near:
            raise Refusal(f"{name} not found.", f"Did you mean {', '.join(near)}?")
