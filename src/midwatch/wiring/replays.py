from midwatch.integrations import alerttext, kubernetes
from midwatch.integrations.aws.client import Aws
from midwatch.integrations.kubernetes.reader import Nobody
from midwatch.integrations.traffic.config import Traffic
from midwatch.services.bundles import Bundle
from midwatch.services.context import Context
from midwatch.settings import Settings
from midwatch.toolbox.tape import Tape
from midwatch.wiring import about_cluster
from midwatch.wiring.questions import taking_part


def replay(bundle: Bundle, settings: Settings) -> Context:
    """The same investigation from its bundle: the tape answers, nothing else can."""
    tape = Tape([*bundle.evidence, *bundle.manifest.gaps])
    request = bundle.manifest.request
    if not about_cluster(request):
        taken = taking_part(request, settings, Traffic(), Aws(settings.aws), Nobody())
        return Context(taken, tape, bundle.manifest.source, settings.budget)
    told = (alerttext.integration(),) if request.alert else ()
    looked = any(g not in request.unread for g in bundle.manifest.gaps) or any(
        e.tool != "alert" for e in bundle.evidence
    )
    integrations = (*told, kubernetes.integration(Nobody())) if looked or not told else told
    return Context(integrations, tape, bundle.manifest.source, settings.budget)
