"""An alert is a claim. Where it says how an object is at the moment, the object itself decides."""

from collections.abc import Sequence

from midwatch.analysis.codes import location
from midwatch.domain.diagnosis import Cause, Claim
from midwatch.domain.finding import OF_STATE, Analysis, Finding, ObjectState


def refutation(causes: Sequence[Cause], analysis: Analysis) -> Claim | None:
    """The sentence that says so when all that was found are claims of the alert about objects that are in order; None
    when anything else was found, or an object was not read."""
    claims = [c.finding for c in causes]
    if not claims or any(OF_STATE not in f.facts for f in claims):
        return None
    states = [_state(f, analysis.states) for f in claims]
    first = states[0]
    if first is None or any(state is None for state in states):
        return None
    cites = (*first.cites, *claims[0].cites[:1])
    return Claim(text=_sentence(claims[0], first, _is_gone(claims[0], analysis)), cites=cites)


def _state(claim: Finding, states: Sequence[ObjectState]) -> ObjectState | None:
    """That of the object, or of the workload that its name begins with."""
    name, place = claim.subject.name, claim.subject.namespace
    near = [s for s in states if not place or s.subject.namespace in ("", place)]
    same = [s for s in near if s.subject.name == name]
    made = [s for s in near if claim.subject.kind == "Pod" and name.startswith(f"{s.subject.name}-")]
    return next(iter(same), max(made, key=lambda s: len(s.subject.name), default=None))


def _is_gone(claim: Finding, analysis: Analysis) -> bool:
    """Whether the alert's pod was replaced: its workload's pods are known, and it is not among them."""
    return claim.subject.kind == "Pod" and all(s.name != claim.subject.name for s in analysis.subjects)


def _sentence(claim: Finding, state: ObjectState, gone: bool) -> str:
    recovered = state.since and claim.onset and state.since >= claim.onset
    since = f", recovered at {state.since:%Y-%m-%d %H:%M} UTC" if recovered else ""
    pod = f"; pod {claim.subject.name} no longer exists" if gone else ""
    when = f" at {claim.onset:%Y-%m-%d %H:%M} UTC" if claim.onset else ""
    return f"{location(state.subject)}: healthy now ({state.text}{since}{pod}); the alert{when}: {claim.message}"
