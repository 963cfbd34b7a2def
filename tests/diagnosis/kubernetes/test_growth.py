"""What one namespace holds may be as much as a whole cluster: nothing is compared with everything."""

import time

from midwatch.analysis.causality import chains
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import CODES
from midwatch.diagnosis.kubernetes.view.backing import backing_of
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.quantity import amount
from midwatch.integrations.kubernetes.objects.workload import Workload
from tests.integrations.kubernetes.network_world import Thing, thing
from tests.integrations.kubernetes.situation import evidence


def world(count: int) -> Cluster:
    objects: list[Thing] = []
    for n in range(count):
        labels = {"app": f"a{n}", "tier": "web"}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app"}]}}
        objects.append(thing("Deployment", f"a{n}", spec={"template": template}))
        objects.append(thing("Service", f"a{n}", spec={"selector": labels}))
    return Cluster(evidence(objects))


def spent(count: int) -> float:
    cluster, best = world(count), 1e9
    backing, found = backing_of(cluster), list[list[Workload]]()
    for _ in range(3):
        began = time.process_time()
        found = [backing.providers(service) for service in cluster.all(Service)]
        best = min(best, time.process_time() - began)
    assert [len(f) for f in found] == [1] * count
    return best


def test_services_find_their_workloads_by_label() -> None:
    assert spent(2000) <= max(25 * spent(200), 0.02)


def test_an_amount_is_parsed_once() -> None:
    amount.__globals__["_parsed"].cache_clear()
    assert [amount("250m") for _ in range(100)] == [0.25] * 100
    assert amount.__globals__["_parsed"].cache_info().misses == 1


def reasoned(count: int) -> float:
    """Seconds of the reasoning over as many broken workloads."""
    web = Subject(kind="Deployment", name="web", namespace="shop")
    first = CODES.finding("K8S-203", web, cites=(), restarts="7 restarts")
    names = [web.model_copy(update={"name": f"web-{n}"}) for n in range(count)]
    found = [first.model_copy(update={"subject": name, "owner": name}) for name in names]
    began = time.process_time()
    assert len(chains(found, ())) == count
    return time.process_time() - began


def test_causes_are_not_compared_with_all_others() -> None:
    assert reasoned(4000) <= max(25 * reasoned(400), 0.5)
