"""The trail from a complaint to its cause, over HTTP: the first twelve lines name the cause, wherever it stands."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from midwatch.integrations.kubernetes.fake import FakeCluster, serve, write_kubeconfig
from midwatch.integrations.kubernetes.fake.apps import App
from midwatch.integrations.kubernetes.fake.naming import ago, stamp
from midwatch.integrations.kubernetes.fake.scene import Scene
from tests.flows import trail
from tests.flows.cluster import midwatch, site

EVERYWHERE, SHOP = ("-A",), ("-n", "shop")


@pytest.mark.parametrize(
    ("situation", "where", "told", "not_told"),
    [
        (trail.redis_out_of_memory, EVERYWHERE, ["cache/deployment/redis", "OOMKilled", "64Mi"], []),
        (trail.redis_out_of_memory, SHOP, ["cache/deployment/redis", "OOMKilled", "64Mi"], []),
        (trail.by_address, SHOP, ["cache/deployment/redis", "OOMKilled", "64Mi"], []),
        (trail.wrong_selector, EVERYWHERE, ["shop/service/web", "app=webb"], ["IngressClass", "traefik"]),
        (trail.wrong_selector, ("why 503 from ingress front", "-n", "shop"), ["shop/service/web", "app=webb"], []),
        (trail.pool_exhausted, SHOP, ["shop/deployment/orders", "pool exhausted", "5 of 5"], []),
        (
            trail.missing_key,
            SHOP,
            ["shop/deployment/api", "settings.yaml", "api-config", "config.yaml", "revision 8"],
            [],
        ),
        (trail.missing_key, EVERYWHERE, ["settings.yaml", "api-config", "config.yaml", "revision 8"], []),
        (trail.poisoned, EVERYWHERE, ["shop/deployment/calc", "OOMKilled", "96Mi"], ["worker-1", "ghost", "delete"]),
        (trail.init_waits, SHOP, ["data/deployment/db", "postgres:no-such-tag"], []),
        (trail.init_waits, EVERYWHERE, ["data/deployment/db", "postgres:no-such-tag"], []),
        (trail.last_message, SHOP, ["shop/deployment/calc", "licence file expired on 2025-12-31"], []),
        (trail.bootstrap_checks, EVERYWHERE, ["data/deployment/search", "vm.max_map_count", "262144"], []),
        (trail.too_many_clients, SHOP, ["data/deployment/postgres", "too many clients"], []),
        (trail.too_many_clients, EVERYWHERE, ["data/deployment/postgres", "too many clients"], []),
        (trail.dns_down, SHOP, ["kube-system/deployment/coredns", "forwrd"], []),
        (trail.dns_down, EVERYWHERE, ["kube-system/deployment/coredns", "forwrd"], []),
        (trail.rotated, SHOP, ["shop/deployment/orders", "password", "orders-db"], []),
        (trail.other_zone, EVERYWHERE, ["data/deployment/db", "zone-d"], []),
        (trail.silent_webhook, SHOP, ["policy/deployment/guard", "guard:no-such-tag"], []),
        (trail.wrong_architecture, SHOP, ["shop/deployment/calc", "exec format error"], []),
    ],
)
def test_the_first_lines_name_the_cause_wherever_it_stands(
    situation: Callable[[], Scene], where: tuple[str, ...], told: list[str], not_told: list[str], tmp_path: Path
) -> None:
    with site(situation().cluster, tmp_path) as here:
        shown = here.run("diagnose", *where)
    assert shown.code == 1, shown.out + shown.err
    for word in told:
        assert word in shown.head, shown.out
    for word in (*not_told, "Cause 2", "other independent cause"):
        assert word not in shown.head, shown.out


@pytest.mark.parametrize("where", [EVERYWHERE, SHOP, ("is cart up", "-n", "shop")])
def test_a_retry_that_succeeded_is_healthy(where: tuple[str, ...], tmp_path: Path) -> None:
    with site(trail.well().cluster, tmp_path) as here:
        shown = here.run("diagnose", *where)
    assert shown.code == 0 and shown.head.startswith("OK "), shown.out


@pytest.mark.parametrize("where", [EVERYWHERE, SHOP])
def test_a_log_that_counts_up_is_a_start_under_way(where: tuple[str, ...], tmp_path: Path) -> None:
    with site(trail.still_starting().cluster, tmp_path) as here:
        shown = here.run("diagnose", *where)
    assert shown.code == 0, shown.out
    assert "INFO expected" in shown.head and "still starting: INFO migrating schema: step 24 of 40" in shown.head


def test_the_secret_of_a_rejected_login_is_a_step_to_take_and_is_not_read(tmp_path: Path) -> None:
    with site(trail.rotated().cluster, tmp_path) as here:
        shown = here.run("diagnose", *SHOP)
    assert "read at pod start (" in shown.head
    assert "kubectl get secret orders-db -n shop" in shown.out
    assert not any("secrets" in request.path for request in here.cluster.requests)


@pytest.mark.parametrize("where", [(), SHOP])
def test_with_rights_in_one_namespace_each_missing_right_is_one_line(where: tuple[str, ...], tmp_path: Path) -> None:
    """The context's namespace is read; what could not be looked at, and which role would help, is said once."""
    with serve(trail.one_namespace().cluster) as url:
        kubeconfig = write_kubeconfig(tmp_path / "kubeconfig", url, namespace="shop")
        shown = midwatch("diagnose", *where, "--kubeconfig", str(kubeconfig))
    assert shown.code == 1
    assert (
        "shop/deployment/cart: cannot connect to redis.cache.svc:6379 (Service redis in namespace cache)" in shown.head
    )
    missed = " ".join(shown.out.partition("Not checked")[2].partition("Evidence")[0].split())
    assert missed.count("may not list these in namespace cache; grant it with a RoleBinding in that namespace") == 1
    assert "pods, deployments, replicasets, statefulsets, endpointslices: " in missed
    assert missed.count("may not list") == 2 and missed.count("ClusterRole midwatch-readonly") == 2
    assert ("only namespace shop was read; lists of all namespaces need a ClusterRole" in missed) is (where == ())


@pytest.mark.parametrize(("where", "code"), [((), 2), (SHOP, 0)])
def test_only_what_was_read_is_called_well(where: tuple[str, ...], code: int, tmp_path: Path) -> None:
    with serve(trail.one_namespace(shop=False).cluster) as url:
        kubeconfig = write_kubeconfig(tmp_path / "kubeconfig", url, namespace="shop")
        shown = midwatch("diagnose", *where, "--kubeconfig", str(kubeconfig))
    assert shown.code == code, shown.out
    assert ("only namespace shop was read" in shown.head) is (code == 2)


def namespaces(cluster: FakeCluster) -> Counter[str]:
    """The requests by the namespace in their path; "" for the cluster's."""
    return Counter(r.path.partition("/namespaces/")[2].partition("/")[0] for r in cluster.requests)


def test_without_a_lead_nothing_else_is_read(tmp_path: Path) -> None:
    with site(trail.well().cluster, tmp_path) as here:
        here.run("diagnose", *SHOP)
    assert set(namespaces(here.cluster)) == {"", "shop"}


@pytest.mark.parametrize(
    ("situation", "place", "most"),
    [
        (trail.redis_out_of_memory, "cache", 9),
        (trail.by_address, "cache", 9),
        (trail.init_waits, "data", 9),
        (trail.too_many_clients, "data", 9),
        (trail.dns_down, "kube-system", 9),
        (trail.silent_webhook, "policy", 9),
    ],
)
def test_a_lead_costs_few_requests(situation: Callable[[], Scene], place: str, most: int, tmp_path: Path) -> None:
    """Six lists and the events of the one namespace, and the logs of what is broken there."""
    with site(situation().cluster, tmp_path) as here:
        here.run("diagnose", *SHOP)
    asked = namespaces(here.cluster)
    assert 0 < asked[place] <= most
    assert asked.total() <= 49, "36 of the namespace and its logs; 48 for a lead by address"


def test_a_rollout_of_today_is_told_beside_any_cause(tmp_path: Path) -> None:
    """What was changed is asked first; it need not be the workload that is broken."""
    scene = trail.redis_out_of_memory()
    web = App("web", "shop", "web:1", 2, 8080)
    trail.earlier(scene, web, lambda spec: spec["containers"][0].update(image="web:0"))
    with site(scene.cluster, tmp_path) as here:
        old = here.run("diagnose", *SHOP)
        for name in [s.name for s in scene.cluster.select("replicasets", "shop") if s.name.startswith("web-")]:
            made = stamp(ago(scene.now, 2 * trail.HOUR))
            trail.change(
                scene, "replicasets", "shop", name, lambda t, m=made: t["metadata"].update(creationTimestamp=m)
            )
        new = here.run("diagnose", *SHOP)
    told = "shop/deployment/web: revision 8 ("
    assert told not in old.out and told in new.out
    assert "image of web: web:0 → web:1" in " ".join(new.out.split())
