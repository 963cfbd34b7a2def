"""The same investigation from its bundle."""

from midwatch.services.bundles import Bundle
from midwatch.services.context import Context
from midwatch.settings import Settings
from midwatch.toolbox.tape import Tape
from midwatch.wiring.connections import Connections


def replay(bundle: Bundle, settings: Settings) -> Context:
    """The tape answers, nothing else can. An area whose system could not be reached then did not take part."""
    tape = Tape([*bundle.evidence, *bundle.manifest.gaps])
    request = bundle.manifest.request
    asked = {e.tool.partition("_")[0] for e in bundle.evidence} | {
        g.tool.partition("_")[0] for g in bundle.manifest.gaps if g not in request.unread
    }
    areas = tuple(a for a in Connections(settings).taking_part(request) if asked.issuperset(a.essential))
    return Context(areas, tape, bundle.manifest.source, settings.budget)
