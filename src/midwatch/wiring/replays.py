"""The same investigation from its bundle."""

from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.refusal import Refusal
from midwatch.engine.investigation_context import InvestigationContext
from midwatch.services.bundles import Bundle
from midwatch.settings import Settings
from midwatch.toolbox.replay import NOT_RECORDED, ReplayToolbox
from midwatch.wiring.connections import Connections
from midwatch.wiring.registry import section
from midwatch.wiring.selection import CONTEXTS

_SHOWN = 3  # requests that a sentence can name


def replay(bundle: Bundle, settings: Settings) -> InvestigationContext:
    """The tape answers, nothing else can. An area whose system could not be reached then did not take part.

    What an earlier version recorded is found under the names that are asked for today."""
    connections = Connections(settings)
    tape = ReplayToolbox(_migrated(connections, item) for item in (*bundle.evidence, *bundle.manifest.gaps))
    request = bundle.manifest.request
    asked = {e.tool.partition("_")[0] for e in bundle.evidence} | {
        g.tool.partition("_")[0] for g in bundle.manifest.gaps if g not in request.unread
    }
    areas = tuple(a for a in connections.taking_part(request) if asked.issuperset(a.essential))
    unread = tuple(g for g in bundle.manifest.gaps if g.tool == CONTEXTS)
    return InvestigationContext(areas, tape, bundle.manifest.source, settings.budget, unread=unread)


def replay_refused(refusal: Refusal, file: str, bundle: Bundle, settings: Settings) -> Refusal:
    """What is missing, where nothing that is asked now is in the bundle: which requests follow from the settings, and
    those are in no bundle."""
    if NOT_RECORDED not in refusal.reason:
        return refusal
    held = dict.fromkeys(f"{e.tool} {next(iter(e.arguments.values()), '')}".strip() for e in bundle.evidence)
    some, more = tuple(held)[:_SHOWN], len(held) - _SHOWN
    shown = ", ".join(some) + (f" and {more} more" if more > 0 else "")
    return Refusal(
        f"Nothing that is asked now is in {file}. It holds {shown or 'no evidence'}.",
        f"A bundle holds no settings: put {_sections(Connections(settings), bundle) or 'them'} into midwatch.yaml "
        "as it was then, and replay it again",
    )


def _sections(connections: Connections, bundle: Bundle) -> str:
    """Of the areas that take part, by name."""
    areas = connections.taking_part(bundle.manifest.request)
    owners = [connections.plugged.integrations[a.configured_by] if a.configured_by else a for a in areas]
    return ", ".join(dict.fromkeys(section(owner) for owner in owners if owner.settings))


def _migrated(connections: Connections, item: Evidence | Gap) -> Evidence | Gap:
    for integration in connections.plugged.integrations.values():
        item = integration.migrate(item)
    return item
