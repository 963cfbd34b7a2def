"""What is configured, reachable and permitted: each question is really put, so that the answer is not a guess."""

import asyncio
from collections.abc import Sequence

from midwatch.analysis.question import Question
from midwatch.domain.evidence import Ask, Evidence, Gap
from midwatch.integrations.manifest import Health
from midwatch.services.context import Context

# A name no object has: the server checks the right to list and sends an empty list.
_NOBODY = "metadata.name=midwatch-doctor"


async def checks(ctx: Context, namespace: str = "") -> tuple[Health, ...]:
    """One Health for each kind of object an investigation reads."""
    everything = Question(namespace=namespace)
    asks = {a.key: a for i in ctx.integrations if i.opening for a in i.opening(everything)}
    probes = [_probe(a) for a in asks.values() if a.tool == "kubernetes_list"]
    answers = await asyncio.gather(*(ctx.door.call(p.tool, p.arguments) for p in probes))
    return tuple(_health(p, a) for p, a in zip(probes, answers, strict=True))


def _probe(ask: Ask) -> Ask:
    return ask.model_copy(update={"arguments": {**ask.arguments, "fields": _NOBODY}})


def _health(ask: Ask, answer: Evidence | Gap) -> Health:
    name = str(ask.arguments["resource"])
    if isinstance(answer, Evidence):
        return Health(name, "ok", "may be read")
    if answer.permission:
        hint = (
            "essential: nothing can be called healthy without it"
            if ask.essential
            else "its faults cannot be found without it"
        )
        return Health(name, "refused", f"needs the right to {answer.permission}", hint)
    return Health(name, "missing" if answer.absent else "failed", answer.reason)


def worst(found: Sequence[Health]) -> str:
    states = {h.state for h in found}
    return next((s for s in ("failed", "refused", "missing") if s in states), "ok")
