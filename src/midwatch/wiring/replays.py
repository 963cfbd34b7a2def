"""The same investigation from its bundle."""

from midwatch.domain.evidence import Evidence, Gap
from midwatch.engine.investigation_context import InvestigationContext
from midwatch.services.bundles import Bundle
from midwatch.settings import Settings
from midwatch.toolbox.replay import ReplayToolbox
from midwatch.wiring.connections import Connections
from midwatch.wiring.selection import CONTEXTS


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


def _migrated(connections: Connections, item: Evidence | Gap) -> Evidence | Gap:
    for integration in connections.plugged.integrations.values():
        item = integration.migrate(item)
    return item
