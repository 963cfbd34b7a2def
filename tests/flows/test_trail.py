"""The trail from a complaint to its cause, over HTTP: the first twelve lines name the cause, wherever it stands."""

from collections.abc import Callable
from pathlib import Path

import pytest

from midwatch.integrations.kubernetes.fake.scene import Scene
from tests.flows import trail
from tests.flows.cluster import site

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
