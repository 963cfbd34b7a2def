"""How a dump keeps what it holds: the kinds of the API, and the formats that people save beside them."""

from midwatch.integrations.kubernetes.objects import custom
from midwatch.integrations.kubernetes.objects.kinds import ALL, ResourceKind
from midwatch.integrations.kubernetes.objects.saved_objects import SAVED

FORMATS: dict[str, ResourceKind] = {
    one.plural: ResourceKind(one.plural, "", one.type, namespaced=one.namespaced) for one in SAVED.values()
} | {custom.PLURAL: ResourceKind(custom.PLURAL, "", custom.CustomResource)}
# Of a served object without a namespace: its kind has none.
CLUSTER_WIDE = ResourceKind(custom.PLURAL, "", custom.CustomResource, namespaced=False)
BY_NAME: dict[str, ResourceKind] = {kind.name: kind for kind in (*ALL.values(), *FORMATS.values())}
PLURAL: dict[str, str] = {kind.name: plural for plural, kind in (ALL | FORMATS).items()}
