from midwatch.integrations import alerttext, kubernetes
from midwatch.integrations.kubernetes.reader import Nobody
from midwatch.services.bundles import Bundle
from midwatch.services.context import Context
from midwatch.settings import Settings
from midwatch.toolbox.tape import Tape


def replay(bundle: Bundle, settings: Settings) -> Context:
    """The same investigation from its bundle: the tape answers, nothing else can."""
    told = (alerttext.integration(),) if bundle.manifest.request.alert else ()
    looked = bundle.manifest.gaps or any(e.tool != "alert" for e in bundle.evidence)
    integrations = (*told, kubernetes.integration(Nobody())) if looked or not told else told
    tape = Tape([*bundle.evidence, *bundle.manifest.gaps])
    return Context(integrations, tape, bundle.manifest.source, settings.budget)
