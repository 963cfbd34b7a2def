"""Addresses that lead nowhere: in settings, in Secrets, in the routes of gateways; name servers and databases as
clients see them."""

from typing import Any

import pytest

from midwatch.analysis.causality import chains
from midwatch.diagnosis.kubernetes.analyse import analyse
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.finding import Confidence, Finding
from tests.integrations.kubernetes.network_world import Thing, deployment, pod, prove, service, stated, thing, told
from tests.integrations.kubernetes.situation import evidence, findings

CART = service("cart", "cart", port=7000, target=7000)
CART_POD = pod("cart-1", "cart", ports=[{"containerPort": 7000}])


def caller(value: str, name: str = "CART_ADDR", **more: Any) -> Thing:
    return pod("web-1", "web", owner="StatefulSet/web", container={"env": [{"name": name, "value": value}]}, **more)


@pytest.mark.parametrize(
    "value", ["cart:7001", "http://cart.shop.svc.cluster.local:7001/api", "redis://u@cart.shop:7001"]
)
def test_a_port_the_service_does_not_have(value: str):
    (found,) = stated(CART, CART_POD, caller(value))
    assert (found.code, found.owner.name, found.confidence) == ("K8S-518", "web", Confidence.MEDIUM)
    assert "7000" in found.message


def test_a_log_makes_it_certain():
    logs = {("shop", "web-1", "app"): "dial tcp: connect cart:7001: connection refused"}
    (found,) = stated(CART, CART_POD, caller("cart:7001"), logs=logs)
    assert found.confidence is Confidence.HIGH


@pytest.mark.parametrize(
    "value", ["cart:7000", "cart", "10.0.0.9:7001", "cart.example.com:7001", "mail.example.com:25"]
)
def test_addresses_that_are_right_or_outside_are_silent(value: str):
    assert told(CART, CART_POD, caller(value)) == []


def test_headless_services_and_aliases_leave_the_port_to_the_caller():
    headless = service("cart", "cart", port=7000, target=7000, clusterIP="None")
    assert told(headless, CART_POD, caller("cart:7001")) == []


def test_a_name_that_is_almost_a_service():
    (found,) = stated(CART, CART_POD, caller("cart-old:7000"))
    assert found.code == "K8S-519"
    assert "similar name: cart" in found.message


def test_a_neighbour_with_the_same_setting_tells_the_right_name():
    other = pod(
        "api-1", "api", owner="StatefulSet/api", container={"env": [{"name": "CART_ADDR", "value": "cart:7000"}]}
    )
    (found,) = stated(CART, CART_POD, other, caller("basket:7000"))
    assert (found.code, found.owner.name) == ("K8S-519", "web")
    assert "statefulset/api uses cart:7000" in found.message


def test_parts_that_are_not_installed_are_no_fault():
    assert told(CART, CART_POD, caller("assistant:80")) == []


def test_nothing_is_said_of_names_where_services_were_not_read():
    assert told(CART_POD, caller("cart-old:7000"), unknown=("services",)) == []


def service_quota(used: str) -> Thing:
    status = {"hard": {"services": "5"}, "used": {"services": used}}
    return thing("ResourceQuota", "team", spec={"hard": {"services": "5"}}, status=status)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (deployment("basket"), "K8S-709"),  # it runs, and its Service is missing
        (thing("UnappliedManifest", "Service/basket", objectKind="Service", objectName="basket"), "K8S-712"),
    ],
)
def test_a_service_that_a_quota_keeps_out_is_the_quotas_fault(wanted: Thing, code: str):
    logs = {("shop", "web-1", "app"): "dial tcp: lookup basket on 10.0.0.10:53: no such host"}
    analysis = analyse(evidence([CART, CART_POD, caller("basket:7000"), service_quota("5"), wanted], logs))
    told_of = {c.root.code: [f.code for f in c.explains] for c in chains(analysis.findings, analysis.links)}
    assert "K8S-519" not in told_of
    assert "K8S-519" in told_of[code]
    roomy = analyse(evidence([CART, CART_POD, caller("basket:7000"), service_quota("3"), wanted], logs))
    assert "K8S-519" in [c.root.code for c in chains(roomy.findings, roomy.links)]


def secret_user(*, ready: bool = False) -> Thing:
    return pod(
        "web-1", "web", ready=ready, owner="StatefulSet/web", container={"envFrom": [{"secretRef": {"name": "db"}}]}
    )


def address(**fields: Any) -> Thing:
    known: Thing = {
        "secret": "db",
        "hostKey": "DB_HOST",
        "portKey": "DB_PORT",
        "service": "mysql",
        "place": "shop",
        "fits": False,
    }
    return thing("SecretAddress", "db/DB_HOST", **known | fields)


MYSQL = service("mysql", "mysql", port=3306, target=3306)
MYSQL_POD = pod("mysql-0", "mysql", owner="StatefulSet/mysql", ports=[{"containerPort": 3306}])


def test_a_secret_whose_port_is_none_of_its_service():
    found = {f.code: f for f in stated(MYSQL, MYSQL_POD, secret_user(), address())}
    assert found["K8S-526"].owner.name == "web"
    assert "3306" in found["K8S-526"].message


@pytest.mark.parametrize("fits", [True, None])
def test_a_secret_that_fits_or_is_not_known_is_silent(fits: bool | None):
    assert "K8S-526" not in told(MYSQL, MYSQL_POD, secret_user(), address(fits=fits))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (
            "ERROR The MySQL server is running with the --read-only option so it cannot execute this statement",
            "K8S-940",
        ),
        ("ERROR SQLNonTransientConnectionException: Too many connections", "K8S-941"),
    ],
)
def test_clients_complaints_are_the_databases(line: str, code: str):
    logs = {("shop", "web-1", "app"): line}
    from_all = _all(MYSQL, MYSQL_POD, secret_user(ready=True), address(fits=True), logs=logs)
    assert [(f.code, f.owner.kind, f.owner.name) for f in from_all if f.code == code] == [
        (code, "StatefulSet", "mysql")
    ]


@pytest.mark.parametrize(
    ("count", "named"),
    [(2, "reported by statefulset/web-0, statefulset/web-1 (Service mysql)"), (6, "reported by 6 workloads (Service")],
)
def test_many_clients_are_a_number(count: int, named: str):
    env = [{"name": "DB", "value": "mysql:3306"}]
    clients = [
        pod(f"web-{n}-0", "web", owner=f"StatefulSet/web-{n}", container={"env": env}, ready=True) for n in range(count)
    ]
    logs = {("shop", f"web-{n}-0", "app"): "ERROR Too many connections" for n in range(count)}
    (found,) = [f for f in _all(MYSQL, MYSQL_POD, *clients, logs=logs) if f.code == "K8S-941"]
    assert named in found.message


def blamed(line: str, *, ready: bool = False, said: str = "", env: str = "mysql:3306"):
    """Findings about one client that logs the line, and its server."""
    client = pod("web-1", "web", container={"env": [{"name": "DB_HOST", "value": env}]}, ready=ready)
    state = {"running": {"startedAt": "2026-11-20T22:00:00Z"}}
    client["status"]["containerStatuses"] = [{"name": "app", "ready": ready, "restartCount": 0, "state": state}]
    logs = {("shop", "web-1", "app"): line} | ({("shop", "mysql-0", "app"): said} if said else {})
    found = {f.code: f for f in _all(MYSQL, MYSQL_POD, client, logs=logs)}
    return {code: found[code] for code in ("K8S-912", "K8S-941", "K8S-942") if code in found}


def test_a_client_that_the_server_rejects_is_a_symptom_of_the_server():
    found = blamed("ERROR Too many connections")
    assert sorted(found) == ["K8S-941", "K8S-942"]
    assert [p.name for p in found["K8S-942"].peers] == ["mysql"]
    assert found["K8S-941"].confidence == "medium"


def test_the_log_of_the_server_itself_makes_it_sure():
    assert blamed("ERROR Too many connections", said="WARN Too many connections")["K8S-941"].confidence == "high"


def test_a_pool_of_the_client_is_its_own():
    assert sorted(blamed("ERROR connection pool exhausted: 5 of 5 in use")) == ["K8S-912"]


def test_a_server_is_known_by_the_host_alone():
    assert sorted(blamed("ERROR Too many connections", env="mysql")) == ["K8S-941", "K8S-942"]


def test_the_server_that_the_line_names_is_meant():
    line = 'ERROR Too many connections, host "mysql.shop.svc:3306"'
    assert sorted(blamed(line, env="other")) == ["K8S-941", "K8S-942"]
    assert sorted(blamed("ERROR Too many connections", env="other")) == ["K8S-912"]


def test_a_warning_of_a_client_is_not_enough():
    logs = {("shop", "web-1", "app"): "WARN READONLY You can't write against a read only replica."}
    assert not [
        f for f in _all(MYSQL, MYSQL_POD, secret_user(ready=True), address(fits=True), logs=logs) if f.code == "K8S-940"
    ]


ROUTES = """
routes:
  - id: cart
    uri: lb://{cart}
    predicates:
      - Path=/api/cartservice/**
  - id: order
    uri: http://${{ORDER_HOST:shop-order-service}}:80
    predicates:
      - Path=/api/orderservice/**
"""


def routed(cart: str) -> list[str]:
    services = [service(f"shop-{n}-service", n) for n in ("cart", "order", "pay")]
    pods = [pod(f"{n}-1", n) for n in ("cart", "order", "pay")]
    return told(*services, *pods, thing("ConfigMap", "gateway", data={"application.yml": ROUTES.format(cart=cart)}))


def test_a_route_that_leads_to_another_service_than_its_path_says():
    assert routed("shop-order-service") == ["K8S-525"]


@pytest.mark.parametrize("target", ["shop-cart-service", "elsewhere"])
def test_routes_that_fit_or_lead_outside_are_silent(target: str):
    assert routed(target) == []


def test_nginx_locations_are_routes_too():
    text = "location /cart/ { proxy_pass http://order:80; }\nlocation /order/ { proxy_pass http://order:80; }"
    services = [service("basket-cart", "cart"), service("order", "order")]
    found = stated(
        *services, pod("cart-1", "cart"), pod("o-1", "order"), thing("ConfigMap", "nginx", data={"nginx.conf": text})
    )
    assert [f.code for f in found] == []  # "cart" is too short a word to accuse a route
    text = text.replace("/cart/", "/checkout/")
    services[0] = service("checkout", "cart")
    found = stated(
        *services, pod("cart-1", "cart"), pod("o-1", "order"), thing("ConfigMap", "nginx", data={"nginx.conf": text})
    )
    assert [f.code for f in found] == ["K8S-525"]


def resolving(*, ready: bool, where: str) -> list[Thing]:
    dns = {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["192.0.2.53"]}}
    one = pod("web-1", "web", ready=ready, owner="Deployment/web", **(dns if where == "pod" else {}))
    owner = deployment("web")
    if where == "template":
        owner["spec"]["template"]["spec"] |= dns
    return [one, owner]


@pytest.mark.parametrize("where", ["pod", "template"])
def test_a_name_server_of_ones_own_that_does_not_answer(where: str):
    logs = {("shop", "web-1", "app"): "lookup cart.shop.svc on 192.0.2.53:53: read udp: i/o timeout"}
    found = [f for f in stated(*resolving(ready=True, where=where), logs=logs) if f.code == "K8S-527"]
    assert [f.confidence for f in found] == [Confidence.HIGH]


def test_a_name_server_of_ones_own_is_a_choice_while_all_is_well():
    assert "K8S-527" not in told(*resolving(ready=True, where="pod"))
    assert "K8S-527" in told(*resolving(ready=False, where="pod"))


def test_a_service_somebody_calls_is_worth_an_alarm():
    assert "K8S-502" in told(service("payments", "nobody", port=80), caller("payments:80", "PAYMENTS_ADDR"))
    assert "K8S-509" in told(service("payments", "nobody", port=80), caller("cart", "OTHER"))


def test_a_named_port_that_has_resolved_needs_no_name_in_the_pod():
    listed = thing(
        "EndpointSlice",
        "web-x",
        meta={"labels": {"kubernetes.io/service-name": "web"}},
        endpoints=[{"addresses": ["10.1.0.7"]}],
        ports=[{"name": "", "port": 8080}],
    )
    unnamed = pod("web-1", "web", ports=[{"containerPort": 8080}])
    assert told(service("web", "web", target="http"), unnamed, listed) == []
    assert told(service("web", "web", target="http"), unnamed) == ["K8S-515"]


def _all(*objects: Thing, logs: dict[tuple[str, str, str], str]) -> list[Finding]:
    from_evidence = evidence(objects, logs)
    found = findings(Cluster(from_evidence))
    for one in found:
        prove(from_evidence, one)
    return found
